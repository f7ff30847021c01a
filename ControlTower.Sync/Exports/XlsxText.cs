using System.Buffers;
using System.Globalization;
using System.Text;

namespace ControlTower.Sync.Exports;

/// <summary>
/// Rows of a sheet as XML in UTF-8, cells by the kind of their value, gathered until they are taken. Every text comes back as it was, whatever stands in it; only half characters are replaced, and what
/// is longer than a cell is cut.
/// </summary>
internal sealed class XlsxText(int columns)
{
    /// <summary>What a cell holds.</summary>
    public const int LongestText = 32_767;

    private const int LongestNumber = 64;

    private static readonly SearchValues<char> Digits = SearchValues.Create("0123456789ABCDEFabcdef");

    // Everything but what may need another spelling.
    private static readonly SearchValues<char> Plain = SearchValues.Create(
        [.. Enumerable.Range(' ', 0xD800 - ' ').Concat(Enumerable.Range(0xE000, 0xFFFE - 0xE000)).Select(c => (char)c).Except("&<>_"), '\t', '\n']);

    private static readonly DateTime Epoch = new(1899, 12, 30, 0, 0, 0, DateTimeKind.Utc);

    private readonly byte[][] letters = [.. Enumerable.Range(0, columns).Select(column => Encoding.ASCII.GetBytes(Column(column)))];
    private readonly ArrayBufferWriter<byte> xml = new(64 * 1024);

    /// <summary>What has been put since <see cref="Clear"/>.</summary>
    public ReadOnlyMemory<byte> Xml => xml.WrittenMemory;

    public void Clear() => xml.ResetWrittenCount();

    /// <summary>A, B … Z, AA …</summary>
    public static string Column(int index) => index < 26 ? ((char)('A' + index)).ToString() : Column((index / 26) - 1) + (char)('A' + (index % 26));

    public void Put(string text) => xml.Advance(Encoding.UTF8.GetBytes(text, xml.GetSpan(Encoding.UTF8.GetMaxByteCount(text.Length))));

    public void Row(int number, object?[] cells, bool isHead)
    {
        Span<byte> digits = stackalloc byte[LongestNumber];
        number.TryFormat(digits, out var length, default, CultureInfo.InvariantCulture);
        digits = digits[..length];
        xml.Write("<row r=\""u8);
        xml.Write(digits);
        xml.Write("\">"u8);
        for (var column = 0; column < cells.Length; column++)
        {
            if (cells[column] is { } cell)
            {
                xml.Write("<c r=\""u8);
                xml.Write(letters[column]);
                xml.Write(digits);
                Cell(cell, isHead);
            }
        }

        xml.Write("</row>"u8);
    }

    // Styles: 1 head, 2 time, 3 amount, 4 text.
    private void Cell(object cell, bool isHead)
    {
        switch (cell)
        {
            case decimal amount:
                Number("\" s=\"3\"><v>"u8, amount);
                break;
            case int count:
                Number("\"><v>"u8, count);
                break;
            case long count:
                Number("\"><v>"u8, count);
                break;
            case DateTimeOffset at:
                Number("\" s=\"2\"><v>"u8, (at.UtcDateTime - Epoch).TotalDays, "0.##########");
                break;
            default:
                xml.Write(isHead ? "\" s=\"1\" t=\"inlineStr\"><is><t xml:space=\"preserve\">"u8 : "\" s=\"4\" t=\"inlineStr\"><is><t xml:space=\"preserve\">"u8);
                Words(cell.ToString() ?? "");
                xml.Write("</t></is></c>"u8);
                break;
        }
    }

    private void Number<T>(ReadOnlySpan<byte> before, T value, string? format = null)
        where T : IUtf8SpanFormattable
    {
        xml.Write(before);
        value.TryFormat(xml.GetSpan(LongestNumber), out var length, format, CultureInfo.InvariantCulture);
        xml.Advance(length);
        xml.Write("</v></c>"u8);
    }

    private void Words(string text) => Put(text.Length <= LongestText && !text.AsSpan().ContainsAnyExcept(Plain) ? text : Escaped(text));

    private static string Escaped(string text)
    {
        var to = new StringBuilder();
        var whole = text.Length <= LongestText ? text : text[..(LongestText - 1)] + "…";
        for (var i = 0; i < whole.Length; i++)
        {
            var c = whole[i];
            switch (c)
            {
                case '&': to.Append("&amp;"); break;
                case '<': to.Append("&lt;"); break;
                case '>': to.Append("&gt;"); break;
                // What XML cannot hold is written as _x0000_; what happens to look like that gets its underscore written so.
                case '\t' or '\n': to.Append(c); break;
                case < ' ': to.Append(CultureInfo.InvariantCulture, $"_x{(int)c:X4}_"); break;
                case '_' when IsCode(whole.AsSpan(i)): to.Append("_x005F_"); break;
                case '\uFFFE' or '\uFFFF': to.Append('\uFFFD'); break;
                case >= '\uD800' and <= '\uDFFF' when i + 1 < whole.Length && char.IsSurrogatePair(c, whole[i + 1]): to.Append(c).Append(whole[++i]); break;
                case >= '\uD800' and <= '\uDFFF': to.Append('\uFFFD'); break;
                default: to.Append(c); break;
            }
        }

        return to.ToString();
    }

    private static bool IsCode(ReadOnlySpan<char> text) =>
        text.Length >= 7 && text[1] == 'x' && text[6] == '_' && !text[2..6].ContainsAnyExcept(Digits);
}
