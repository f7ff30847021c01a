using System.Globalization;
using MiniExcelLibs;

namespace ControlTower.Bench;

/// <summary>
/// Goal G9: a list as a workbook and as CSV, by the product's own writers, against ClosedXML and MiniExcel on the same rows, each time in a process of its own; then ten times the rows by the product
/// alone, whose memory must not know the difference. Every file is read back by MiniExcel: its rows are counted and one column is added up.
/// </summary>
internal sealed class ExportBench(TextWriter log)
{
    private const int Longer = 10;
    private const double MostAboveIdleMb = 100;
    private static readonly string[] Writers = [ExportChild.Xlsx, ExportChild.Closed, ExportChild.Mini, ExportChild.Csv];
    private readonly string folder = Directory.CreateTempSubdirectory("ct-bench-export-").FullName;
    private bool sound = true;

    public async Task<BenchResult> RunAsync(int rows, int rounds)
    {
        try
        {
            var results = Writers.ToDictionary(writer => writer, _ => new List<ExportCost>(), StringComparer.Ordinal);
            for (var i = 1; i <= rounds; i++)
            {
                foreach (var writer in Writers)
                {
                    results[writer].Add(await WriteAsync(writer, rows, check: i == 1));
                }
            }

            var (xlsx, csv) = (await WriteAsync(ExportChild.Xlsx, rows * Longer, check: true), await WriteAsync(ExportChild.Csv, rows * Longer, check: true));
            var own = results[ExportChild.Xlsx];
            double Times(string peer) => Math.Round(Benches.Median(results[peer].Zip(own, (theirs, ours) => theirs.Seconds / ours.Seconds)), 1);
            double Flat(ExportCost longer, string writer) => Math.Round(longer.PeakMb / Benches.Median(results[writer].Select(r => r.PeakMb)), 2);
            var figures = new
            {
                bench = "export", goal = "G9: >= 30 x ClosedXML, >= 3 x MiniExcel, peak flat and < 100 MB above idle, first byte < 0.3 s", rows, columns = ExportRow.Columns.Count, rounds,
                writers = Writers.Select(writer => Said(writer, results[writer])),
                timesFasterThanClosedXml = Times(ExportChild.Closed), timesFasterThanMiniExcel = Times(ExportChild.Mini),
                longerRows = rows * Longer, longer = new[] { Said(ExportChild.Xlsx, [xlsx]), Said(ExportChild.Csv, [csv]) },
                peakOfLongerByPeak = new { xlsx = Flat(xlsx, ExportChild.Xlsx), csv = Flat(csv, ExportChild.Csv) },
                aboveIdleMet = own.Append(xlsx).All(r => r.PeakMb - r.IdleMb < MostAboveIdleMb),
                readBack = sound ? "every file had all rows and the right sum" : "a file was not what it should be; see above",
            };
            return new BenchResult(figures, Sound: sound);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static object Said(string writer, IReadOnlyCollection<ExportCost> costs) => new
    {
        writer, seconds = Math.Round(Benches.Median(costs.Select(c => c.Seconds)), 2), firstByteSeconds = Math.Round(Benches.Median(costs.Select(c => c.FirstByte)), 3),
        peakMb = Math.Round(Benches.Median(costs.Select(c => c.PeakMb))), aboveIdleMb = Math.Round(Benches.Median(costs.Select(c => c.PeakMb - c.IdleMb))), megabytes = Math.Round(costs.First().Bytes / 1e6, 1),
    };

    private async Task<ExportCost> WriteAsync(string writer, int rows, bool check)
    {
        var path = Path.Combine(folder, writer + (writer == ExportChild.Csv ? ".csv" : ".xlsx"));
        await using var child = BenchChild.Start(ExportChild.Word, [writer, rows.ToString(CultureInfo.InvariantCulture), path]);
        var cost = await child.ReadAsync<ExportCost>();
        await log.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{writer}, {rows} rows: {cost.Seconds:0.00} s, first byte {cost.FirstByte:0.000} s, peak {cost.PeakMb:0} MB, idle {cost.IdleMb:0} MB"));
        if (check)
        {
            await CheckAsync(path, rows);
        }

        return cost;
    }

    private async Task CheckAsync(string path, int rows)
    {
        var (count, sum) = (0, 0m);
        foreach (IDictionary<string, object?> row in MiniExcel.Query(path, useHeaderRow: true))
        {
            count++;
            sum += Convert.ToDecimal(row[nameof(ExportRow.Gross)], CultureInfo.InvariantCulture);
        }

        if (count != rows || Math.Round(sum, 2) != ExportRow.GrossOf(rows))
        {
            sound = false;
            await log.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{Path.GetFileName(path)} has {count} rows and {sum}, not {rows} and {ExportRow.GrossOf(rows)}"));
        }
    }
}
