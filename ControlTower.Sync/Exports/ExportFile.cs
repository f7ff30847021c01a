using System.Runtime.CompilerServices;
using System.Text;
using ControlTower.Data.Exports;

namespace ControlTower.Sync.Exports;

/// <summary>Writes a table as a file, whatever its format, row by row: neither rows nor bytes are gathered. The one place that knows the formats.</summary>
public static class ExportFile
{
    /// <summary>Rows read at once.</summary>
    public const int Slice = 1_000;

    /// <summary>One list as a file.</summary>
    public static Task WriteAsync(
        ExportFormat format, IReadOnlyList<ExportColumn> columns, IAsyncEnumerable<object?[]> rows, int piece, Func<ReadOnlyMemory<byte>, CancellationToken, Task> put, CancellationToken cancel) =>
        WriteAsync(format, [new ExportSheet("Export", columns, rows)], piece, put, cancel);

    /// <summary>Hands the file on in pieces of this size, the last one shorter. Ends early only with an exception; what was handed on until then is no file.</summary>
    public static async Task WriteAsync(ExportFormat format, IReadOnlyList<ExportSheet> sheets, int piece, Func<ReadOnlyMemory<byte>, CancellationToken, Task> put, CancellationToken cancel)
    {
        await using var file = new PartStream(piece, put);
        await (format is ExportFormat.Xlsx ? XlsxFile.WriteAsync(file, sheets, cancel) : CsvAsync(file, sheets.Single(), cancel));
        await file.EndAsync(cancel);
    }

    /// <summary>What an export holds, to be read once, and how many rows that is; of a list at most so many.</summary>
    /// <param name="onSlice">Told now and then how many rows went before.</param>
    public static async Task<(long Total, IReadOnlyList<ExportSheet> Sheets)> OpenAsync(IExport export, string filter, int most, Func<long, Task> onSlice, CancellationToken cancel)
    {
        if (export is IExportTable table)
        {
            var keys = await table.KeysAsync(filter, most, cancel);
            return (keys.Count, [new ExportSheet("Export", table.Columns, ReadAsync(table, keys, onSlice, cancel))]);
        }

        var (book, done) = ((IExportBook)export, 0L);
        return (await book.CountAsync(filter, cancel), [.. book.Sheets(filter, cancel).Select(sheet => sheet with { Rows = CountedAsync(sheet.Rows) })]);

        async IAsyncEnumerable<object?[]> CountedAsync(IAsyncEnumerable<object?[]> rows)
        {
            await foreach (var row in rows.WithCancellation(cancel))
            {
                yield return row;
                if (++done % Slice == 0)
                {
                    await onSlice(done);
                }
            }

            await onSlice(done);
        }
    }

    private static async IAsyncEnumerable<object?[]> ReadAsync(
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

    private static async Task CsvAsync(Stream to, ExportSheet sheet, CancellationToken cancel)
    {
        // Spreadsheets take a file without the mark for their own old code page.
        await using var writer = new StreamWriter(to, new UTF8Encoding(encoderShouldEmitUTF8Identifier: true), 32 * 1024, leaveOpen: true);
        await writer.WriteAsync(CsvText.Line(sheet.Columns.Select(column => column.Title)).AsMemory(), cancel);
        await foreach (var row in sheet.Rows.WithCancellation(cancel))
        {
            await writer.WriteAsync(CsvText.Line(row).AsMemory(), cancel);
        }
    }
}
