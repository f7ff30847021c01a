using ControlTower.Data.PosImports;
using ControlTower.Sync.Exports;

namespace ControlTower.Sync.PosImports;

/// <summary>What a person should know about a file, row by row, as CSV. Written page by page.</summary>
public sealed class PosImportReport(PosFileStore files)
{
    private const int Slice = 1_000;

    private static readonly string[] Columns = ["Line", "Column", "Transaction", "What", "What to do"];

    public async Task WriteAsync(PosFile file, TextWriter to, CancellationToken cancel)
    {
        await to.WriteAsync(CsvText.Line(Columns).AsMemory(), cancel);
        for (var skip = 0; ; skip += Slice)
        {
            var rows = await files.FindingsAsync(file.Id, skip, Slice, cancel);
            foreach (var row in rows)
            {
                await to.WriteAsync(CsvText.Line([row.Line, row.Column, row.Transaction, row.Code, row.Message]).AsMemory(), cancel);
            }

            if (rows.Count < Slice)
            {
                return;
            }
        }
    }
}
