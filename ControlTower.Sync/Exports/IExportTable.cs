namespace ControlTower.Sync.Exports;

/// <param name="Title">The head of the column. Times are UTC, and their heads should not have to say so.</param>
/// <param name="Width">In characters, where the format has widths.</param>
public sealed record ExportColumn(string Title, int Width);

/// <summary>Rows under one head. Cells are null, text, whole or decimal numbers, or times.</summary>
/// <param name="Name">At most 28 letters, digits and blanks: it is the name of the sheet, and of those that go on with it by a number behind it.</param>
public sealed record ExportSheet(string Name, IReadOnlyList<ExportColumn> Columns, IAsyncEnumerable<object?[]> Rows);

/// <summary>Something that people may take along as a file. A filter is text that only it itself reads; it is complete, so that it means the same on another node and later.</summary>
public interface IExport
{
    /// <summary>As stored.</summary>
    string Kind { get; }

    /// <summary>The act in the audit trail, which is a permission's name.</summary>
    string Act { get; }

    /// <summary>What the rows are, such as <c>cases</c>.</summary>
    string Rows { get; }

    /// <summary>How the file's name begins.</summary>
    string File { get; }

    /// <summary>Rows of one file.</summary>
    long Most => ExportDesk.Most;

    Task<long> CountAsync(string filter, CancellationToken cancel);
}

/// <summary>
/// A list, in an order that one statement decides with what belongs to it; its rows are read in slices, so that a million need no more memory than a thousand.
/// </summary>
public interface IExportTable : IExport
{
    IReadOnlyList<ExportColumn> Columns { get; }

    /// <summary>The keys of the whole list in its order, at most so many.</summary>
    Task<IReadOnlyList<long>> KeysAsync(string filter, int most, CancellationToken cancel);

    /// <summary>The rows of these keys in the same order, as they are now; one that is gone is left out.</summary>
    Task<IReadOnlyList<object?[]>> RowsAsync(IReadOnlyList<long> keys, CancellationToken cancel);
}

/// <summary>Sheets of any length, read from beginning to end in pages: not even their keys are gathered. As text it is its only sheet.</summary>
public interface IExportBook : IExport
{
    long IExport.Most => long.MaxValue;

    IReadOnlyList<ExportSheet> Sheets(string filter, CancellationToken cancel);
}
