using System.Globalization;

namespace ControlTower.Sync.Statements;

/// <summary>What is wrong with a file, in words of a finance person.</summary>
/// <param name="Row">As a spreadsheet counts, from 1; of a camt file the number of the entry; 0: the file as a whole.</param>
/// <param name="Column">The column's header, or the element; null for the whole row.</param>
/// <param name="Found">What stands there; at most 60 characters.</param>
/// <param name="Wrong">What is wrong with it and what to do.</param>
public sealed record StatementProblem(int Row, string? Column, string? Found, string Wrong);

/// <summary>Collects the problems of a file: all are counted, the first hundred are kept.</summary>
public sealed class StatementReport
{
    public const int Most = 100;

    private readonly List<StatementProblem> problems = [];

    public IReadOnlyList<StatementProblem> Problems => problems;

    /// <summary>How many there are.</summary>
    public int Count { get; private set; }

    /// <summary>Rows that were read, the header not among them.</summary>
    public int Rows { get; set; }

    public void Add(int row, string? column, string? found, string wrong)
    {
        Count++;
        if (problems.Count < Most)
        {
            problems.Add(new StatementProblem(row, column, Connectors.VendorText.Plain(found, 60), wrong));
        }
    }

    public static string Number(decimal value) => value.ToString(CultureInfo.InvariantCulture);
}
