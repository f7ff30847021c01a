using System.Globalization;
using System.Text;

namespace ControlTower.Sync.Exports;

/// <summary>Cells of a sheet as XML, by the kind of their value. Every text comes back as it was, whatever stands in it; only half characters are replaced, and what is longer than a cell is cut.</summary>
internal static class XlsxText
{
    /// <summary>What a cell holds.</summary>
    public const int LongestText = 32_767;

    private const int Head = 1, Time = 2, Amount = 3, Words = 4;

    private static readonly System.Buffers.SearchValues<char> Digits = System.Buffers.SearchValues.Create("0123456789ABCDEFabcdef");

    private static readonly DateTime Epoch = new(1899, 12, 30, 0, 0, 0, DateTimeKind.Utc);

    /// <summary>A, B … Z, AA …</summary>
    public static string Column(int index) => index < 26 ? ((char)('A' + index)).ToString() : Column((index / 26) - 1) + (char)('A' + (index % 26));

    public static void Row(StringBuilder to, string[] letters, int number, object?[] cells, bool isHead)
    {
        to.Append(CultureInfo.InvariantCulture, $"""<row r="{number}">""");
        for (var column = 0; column < cells.Length; column++)
        {
            if (cells[column] is { } cell)
            {
                to.Append(CultureInfo.InvariantCulture, $"""<c r="{letters[column]}{number}" """);
                Cell(to, cell, isHead ? Head : Words);
            }
        }

        to.Append("</row>");
    }

    private static void Cell(StringBuilder to, object cell, int style)
    {
        switch (cell)
        {
            case decimal amount:
                to.Append(CultureInfo.InvariantCulture, $"""s="{Amount}"><v>{amount}</v></c>""");
                break;
            case int or long:
                to.Append(CultureInfo.InvariantCulture, $"><v>{cell}</v></c>");
                break;
            case DateTimeOffset at:
                to.Append(CultureInfo.InvariantCulture, $"""s="{Time}"><v>{(at.UtcDateTime - Epoch).TotalDays:0.##########}</v></c>""");
                break;
            default:
                to.Append(CultureInfo.InvariantCulture, $"""s="{style}" t="inlineStr"><is><t xml:space="preserve">""");
                Escape(to, cell.ToString() ?? "");
                to.Append("</t></is></c>");
                break;
        }
    }

    private static void Escape(StringBuilder to, string text)
    {
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
    }

    private static bool IsCode(ReadOnlySpan<char> text) =>
        text.Length >= 7 && text[1] == 'x' && text[6] == '_' && !text[2..6].ContainsAnyExcept(Digits);
}
