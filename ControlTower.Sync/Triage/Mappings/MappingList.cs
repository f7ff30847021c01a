using System.Globalization;
using ControlTower.Sync.Exports;
using ControlTower.Sync.Tables;

namespace ControlTower.Sync.Triage.Mappings;

/// <summary>A mapping as somebody says it.</summary>
/// <param name="Line">Of the file; 0: said by hand.</param>
public sealed record MappingSaid(string ConnectionId, string Kind, string From, string To, int Line = 0);

/// <param name="Where">A field, or a line of the file and its column.</param>
public sealed record MappingProblem(string Where, string Words);

/// <summary>Mappings as a list that people keep in a spreadsheet: one a line, columns by their name, others are passed over. All of it is taken or nothing. Pure.</summary>
public static class MappingList
{
    public const int MostLines = 10_000;
    public const int MostProblems = 200;
    public const long MostBytes = 10L * 1024 * 1024;

    /// <summary>As the export of the list names them, too.</summary>
    public static IReadOnlyList<string> Columns { get; } = ["Connection", "Kind", "From", "To"];

    /// <param name="connection">The id of the connection that a person calls so; null: there is none.</param>
    /// <returns>Either mappings, or problems, at most <see cref="MostProblems"/> of <c>Wrong</c>.</returns>
    /// <exception cref="FormatException">It is no such list at all.</exception>
    public static (IReadOnlyList<MappingSaid> Said, IReadOnlyList<MappingProblem> Problems, int Wrong) Read(IEnumerable<TableLine> lines, Func<string, string?> connection)
    {
        using var rows = lines.Where(line => line.Cells.Any(cell => cell is not { Length: 0 })).GetEnumerator();
        var head = rows.MoveNext() ? rows.Current.Cells.Select(cell => cell?.Trim() ?? "").ToList() : throw new FormatException("The file is empty.");
        int[] places = [.. Columns.Select(column => head.FindIndex(cell => cell.Equals(column, StringComparison.OrdinalIgnoreCase)))];
        if (Array.IndexOf(places, -1) is >= 0 and var missing)
        {
            throw new FormatException($"The first line names the columns {string.Join(", ", Columns)}; {Columns[missing]} is missing.");
        }

        var (said, problems, first) = (new List<MappingSaid>(), new List<MappingProblem>(), new Dictionary<(string, string, string), int>());
        while (rows.MoveNext())
        {
            var line = rows.Current;
            if (said.Count + problems.Count == MostLines)
            {
                throw new FormatException($"The file has more than {MostLines.ToString("N0", CultureInfo.InvariantCulture)} mappings. Split it.");
            }

            if (Read(line, places, connection, first, out var problem) is { } mapping)
            {
                said.Add(mapping);
            }
            else
            {
                problems.Add(problem! with { Where = string.Create(CultureInfo.InvariantCulture, $"line {line.Line}, {problem.Where}") });
            }
        }

        return problems.Count > 0 ? ([], [.. problems.Take(MostProblems)], problems.Count) : said.Count > 0 ? (said, [], 0) : throw new FormatException("No line gives a mapping.");
    }

    private static MappingSaid? Read(TableLine line, int[] places, Func<string, string?> connection, Dictionary<(string, string, string), int> first, out MappingProblem? problem)
    {
        string?[] cells = [.. places.Select(place => place < line.Cells.Count ? Plain(line.Cells[place]) : "")];
        if (Array.IndexOf(cells, null) is >= 0 and var formula)
        {
            problem = new MappingProblem(Columns[formula], "A formula stands here. Paste its value.");
            return null;
        }

        var (kind, from, to) = (cells[1]!.ToLowerInvariant(), cells[2]!, cells[3]!);
        problem = connection(cells[0]!) is not { } id ? new MappingProblem("Connection", cells[0]!.Length == 0 ? "Name the connection." : "There is no connection of this name.")
            : MappingRules.Problem(kind, from, to) is var (field, words) ? new MappingProblem(Columns.First(c => c.Equals(field, StringComparison.OrdinalIgnoreCase)), words)
            : !first.TryAdd((id, kind, from), line.Line) ? new MappingProblem("From", string.Create(CultureInfo.InvariantCulture, $"This word stands in line {first[(id, kind, from)]} already."))
            : null;
        return problem is null ? new MappingSaid(connection(cells[0]!)!, kind, from, to, line.Line) : null;
    }

    // Our own lists put the mark before what a spreadsheet would calculate.
    private static string? Plain(string? cell) => cell?.Trim() is ['\'', .. var text] && CsvText.IsCalculated(text) ? text : cell?.Trim();
}
