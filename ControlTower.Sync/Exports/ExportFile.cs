using System.Runtime.CompilerServices;
using System.Text;
using ControlTower.Data.Exports;

namespace ControlTower.Sync.Exports;

/// <summary>Writes a table as a file, whatever its format, row by row: neither rows nor bytes are gathered. The one place that knows the formats.</summary>
public static class ExportFile
{
    /// <summary>Rows read at once.</summary>
    public const int Slice = 1_000;

    /// <summary>Hands the file on in pieces of this size, the last one shorter. Ends early only with an exception; what was handed on until then is no file.</summary>
    public static async Task WriteAsync(
        ExportFormat format, IReadOnlyList<ExportColumn> columns, IAsyncEnumerable<object?[]> rows, int piece, Func<ReadOnlyMemory<byte>, CancellationToken, Task> put, CancellationToken cancel)
    {
        await using var file = new PartStream(piece, put);
        await (format is ExportFormat.Xlsx ? XlsxFile.WriteAsync(file, columns, rows, cancel) : CsvAsync(file, columns, rows, cancel));
        await file.EndAsync(cancel);
    }

    /// <summary>The rows of these keys, slice by slice.</summary>
    /// <param name="onSlice">Told before each slice how many rows went before it.</param>
    public static async IAsyncEnumerable<object?[]> ReadAsync(
        IExportTable table, IReadOnlyList<long> keys, Func<long, Task> onSlice, [EnumeratorCancellation] CancellationToken cancel = default)
    {
        var done = 0L;
        foreach (var slice in keys.Chunk(Slice))
        {
            await onSlice(done);
            foreach (var row in await table.RowsAsync(slice, cancel))
            {
                yield return row;
                done++;
            }
        }

        await onSlice(done);
    }

    private static async Task CsvAsync(Stream to, IReadOnlyList<ExportColumn> columns, IAsyncEnumerable<object?[]> rows, CancellationToken cancel)
    {
        // Spreadsheets take a file without the mark for their own old code page.
        await using var writer = new StreamWriter(to, new UTF8Encoding(encoderShouldEmitUTF8Identifier: true), 32 * 1024, leaveOpen: true);
        await writer.WriteAsync(CsvText.Line(columns.Select(column => column.Title)).AsMemory(), cancel);
        await foreach (var row in rows.WithCancellation(cancel))
        {
            await writer.WriteAsync(CsvText.Line(row).AsMemory(), cancel);
        }
    }
}
