using System.Globalization;
using System.Runtime.CompilerServices;
using ControlTower.Data.Audit;
using ControlTower.Data.Exports;
using ControlTower.Data.Kpis;
using ControlTower.Sync.Exports;

namespace ControlTower.Sync.Kpis;

/// <summary>Figures as a file: a row for each with its meaning, its numbers, its target and what it was asked about. The caller has checked the permission; each export stands in the audit trail.</summary>
public sealed class KpiExport(KpiQueries queries, AuditLog audit)
{
    /// <summary>The act in the audit trail.</summary>
    public const string Act = "kpis:figure:export";

    /// <summary>How the file's name begins.</summary>
    public const string File = "kpis";

    private const int Piece = 32 * 1024;

    public static IReadOnlyList<ExportColumn> Columns { get; } =
    [
        new("Figure", 28), new("Id", 26), new("Measured", 40), new("Statistic", 14), new("n", 12), new("Still lasting", 12), new("Hits", 12), new("Value", 14), new("Unit", 12), new("p50", 12), new("p90", 12), new("p95", 12), new("p99", 12), new("Mean", 12),
        new("Target", 12), new("Owner", 20), new("Complete to", 20), new("From", 20), new("Until", 20), new("Brand", 16), new("Channel", 16), new("Store", 16), new("System", 16), new("Formula", 60), new("Reference", 60),
    ];

    /// <summary>Writes the file into the stream. Spans are in seconds, shares in percent, money has a row for each currency.</summary>
    /// <param name="what">The address of the screen, for the trail.</param>
    public async Task WriteAsync(IReadOnlyList<KpiDefinition> kpis, KpiScope scope, ExportFormat format, string what, Actor actor, Stream to, CancellationToken cancel)
    {
        var figures = await queries.FiguresAsync(kpis, scope, cancel);
        var detail = new Dictionary<string, string>(StringComparer.Ordinal) { ["filter"] = what, ["format"] = format.Word() };
        await audit.AppendAsync(new AuditEntry(actor, Act, $"{figures.Count.ToString(CultureInfo.InvariantCulture)} figures", AuditOutcome.Done, null, detail), cancel);
        await ExportFile.WriteAsync(format, Columns, RowsAsync(figures, scope, cancel), Piece, async (bytes, stop) => await to.WriteAsync(bytes, stop), cancel);
    }

    private static async IAsyncEnumerable<object?[]> RowsAsync(IReadOnlyList<KpiFigure> figures, KpiScope scope, [EnumeratorCancellation] CancellationToken cancel)
    {
        await Task.CompletedTask;
        foreach (var figure in figures)
        {
            cancel.ThrowIfCancellationRequested();
            var kpi = KpiCatalogue.Find(figure.Kpi)!;
            IEnumerable<(decimal? Value, string Unit)> values = kpi.Unit == KpiUnit.Money && figure.Amounts.Count > 0
                ? figure.Amounts.Select(a => ((decimal?)a.Amount, a.Currency)) : [(Number(kpi, figure.Value), Unit(kpi))];
            foreach (var (value, unit) in values)
            {
                yield return
                [
                    kpi.Title, kpi.Id, kpi.Measure, kpi.Statistic.ToString().ToLowerInvariant(), figure.N, figure.Open, figure.Hits, value, unit, Number(kpi, figure.P50), Number(kpi, figure.P90), Number(kpi, figure.P95), Number(kpi, figure.P99),
                    Number(kpi, figure.Mean), Number(kpi, figure.Target?.Value), figure.Target?.Owner ?? kpi.Owner, figure.CompleteTo, scope.From, scope.Until, scope.Brand, scope.Channel, scope.Store, scope.System, kpi.Formula, kpi.Reference,
                ];
            }
        }
    }

    private static string Unit(KpiDefinition kpi) => kpi.Unit switch { KpiUnit.Seconds => "s", KpiUnit.Share => "%", KpiUnit.Count => kpi.Basis, _ => "" };

    private static decimal? Number(KpiDefinition kpi, double? value) => value is { } v && double.IsFinite(v) ? decimal.Round((decimal)(kpi.Unit == KpiUnit.Share ? v * 100 : v), 4) : null;
}
