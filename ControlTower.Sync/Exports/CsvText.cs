using System.Globalization;
using System.Text;

namespace ControlTower.Sync.Exports;

/// <summary>
/// Lines of RFC 4180 that are safe to open in a spreadsheet: text that a spreadsheet would calculate (it begins with =, +, -, @, a tab or their wide forms) gets an apostrophe in front,
/// as OWASP advises. Numbers and times are written by us, invariant, and never need it.
/// </summary>
public static class CsvText
{
    private static readonly System.Buffers.SearchValues<char> Quoted = System.Buffers.SearchValues.Create(",\"\r\n;");

    public static string Line(IEnumerable<object?> cells)
    {
        var line = new StringBuilder();
        foreach (var cell in cells)
        {
            if (line.Length > 0)
            {
                line.Append(',');
            }

            line.Append(Cell(cell));
        }

        return line.Append("\r\n").ToString();
    }

    private static string Cell(object? cell) => cell switch
    {
        null => "\"\"",
        decimal number => number.ToString("0.####", CultureInfo.InvariantCulture),
        int or long => Convert.ToString(cell, CultureInfo.InvariantCulture)!,
        DateTimeOffset at => at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture),
        _ => Quote(Safe(cell.ToString() ?? "")),
    };

    /// <summary>Whether a spreadsheet would take it for something to calculate.</summary>
    public static bool IsCalculated(string text) => text.TrimStart() is ['=' or '+' or '-' or '@' or '\uFF1D' or '\uFF0B' or '\uFF0D' or '\uFF20', ..] || text is ['\t' or '\r' or '\n', ..];

    private static string Safe(string text) => IsCalculated(text) ? "'" + text : text;

    private static string Quote(string text) => text.Length == 0 || text.AsSpan().ContainsAny(Quoted) ? $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : text;
}
