namespace ControlTower.Sync.Exports;

/// <param name="Title">The head of the column. Times are UTC, and their heads should not have to say so.</param>
/// <param name="Width">In characters, where the format has widths.</param>
public sealed record ExportColumn(string Title, int Width);

/// <summary>
/// A list that people may take along as a file. A filter is text that only the table itself reads; it is complete, so that it means the same on another node and later. What belongs to the list
/// is decided in one statement; the rows are read in slices, so that a million need no more memory than a thousand. Cells are null, text, whole or decimal numbers, or times.
/// </summary>
public interface IExportTable
{
    /// <summary>As stored.</summary>
    string Kind { get; }

    /// <summary>The act in the audit trail, which is a permission's name.</summary>
    string Act { get; }

    /// <summary>What the rows are, such as <c>cases</c>.</summary>
    string Rows { get; }

    /// <summary>How the file's name begins.</summary>
    string File { get; }

    IReadOnlyList<ExportColumn> Columns { get; }

    Task<long> CountAsync(string filter, CancellationToken cancel);

    /// <summary>The keys of the whole list in its order, at most so many.</summary>
    Task<IReadOnlyList<long>> KeysAsync(string filter, int most, CancellationToken cancel);

    /// <summary>The rows of these keys in the same order, as they are now; one that is gone is left out.</summary>
    Task<IReadOnlyList<object?[]>> RowsAsync(IReadOnlyList<long> keys, CancellationToken cancel);
}
