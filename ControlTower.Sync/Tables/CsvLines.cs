using System.Text;

namespace ControlTower.Sync.Tables;

/// <summary>Lines of a text file as spreadsheets write it (RFC 4180): parted by comma, semicolon or tab, whichever the first line uses. What a spreadsheet would calculate counts as a formula. Pure.</summary>
public static class CsvLines
{
    private const int LongestCell = 1_000;

    /// <exception cref="FormatException">A quotation is not closed, or a cell is longer than any word of a list.</exception>
    public static IEnumerable<TableLine> Read(TextReader text)
    {
        var first = text.ReadLine();
        if (first is null)
        {
            yield break;
        }

        var parts = ((char[])[',', ';', '\t']).MaxBy(sign => first.Count(c => c == sign));
        var number = 0;
        for (var line = first; line is not null; line = text.ReadLine())
        {
            number++;
            var starts = number;
            // A quoted cell may run over lines.
            while (line.Count(c => c == '"') % 2 == 1)
            {
                number++;
                line = text.ReadLine() is { } more && line.Length + more.Length < LongestCell * 10 ? $"{line}\n{more}" : throw new FormatException($"A quotation that begins in line {starts} does not end.");
            }

            yield return new TableLine(starts, Cells(line, parts, starts));
        }
    }

    private static List<string?> Cells(string line, char parts, int number)
    {
        var cells = new List<string?>();
        var cell = new StringBuilder();
        var quoted = false;
        for (var i = 0; i < line.Length; i++)
        {
            var sign = line[i];
            if (quoted && sign == '"' && i + 1 < line.Length && line[i + 1] == '"')
            {
                cell.Append(sign);
                i++;
            }
            else if (sign == '"')
            {
                quoted = !quoted;
            }
            else if (sign == parts && !quoted)
            {
                cells.Add(Value(cell, number));
            }
            else
            {
                cell.Append(sign);
            }
        }

        cells.Add(Value(cell, number));
        return cells;
    }

    private static string? Value(StringBuilder cell, int number)
    {
        var text = cell.Length <= LongestCell ? cell.ToString().Trim().TrimStart('\uFEFF') : throw new FormatException($"A cell of line {number} has more than {LongestCell} characters.");
        cell.Clear();
        return text is ['=' or '@', ..] || text is ['+' or '-', _, ..] && !char.IsAsciiDigit(text[1]) && text[1] != '.' ? null : text;
    }
}
