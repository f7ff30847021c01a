using System.Globalization;
using System.Runtime.CompilerServices;
using ControlTower.Data.Canonical;
using ControlTower.Data.Exports;
using ControlTower.Data.Promotions;
using ControlTower.Sync.Promotions;

namespace ControlTower.Sync.Exports;

/// <summary>A release as one workbook: the plan that was agreed to, every price, what was not written and why, and what happened. Rows are of now.</summary>
public sealed class ReleaseBook(ReleaseExports rows, PromotionQueries promotions, ReleaseQueries releases) : IExportBook
{
    public const string Name = "release";

    private const int MostLogged = 100_000;

    private static readonly ExportColumn[] Plan = [new("What", 26), new("Value", 80)];

    private static readonly ExportColumn[] Skipped = [new("SKU", 22), new("Channel", 22), new("Store", 20), new("Currency", 9), new("Planned from", 14), new("Reckoned", 14), new("Reason", 60)];

    private static readonly ExportColumn[] Log = [new("At", 20), new("What", 80), new("Who", 24)];

    public string Kind => Name;

    public string Act => "promotions:release:export";

    public string Rows => "prices";

    public string File => "release";

    public static ExportAsked Ask(long promotion, string what) => new(Name, ExportFormat.Xlsx, ReleaseExports.Write(promotion), what);

    public Task<long> CountAsync(string filter, CancellationToken cancel) => rows.CountAsync(ReleaseExports.Read(filter), cancel);

    public IReadOnlyList<ExportSheet> Sheets(string filter, CancellationToken cancel)
    {
        var id = ReleaseExports.Read(filter);
        return
        [
            new("Plan", Plan, PlanAsync(id, cancel)), new("Prices", ReleasePricesExport.Head, PricesAsync(id, cancel)), new("Not written", Skipped, SkippedAsync(id, cancel)), new("Log", Log, LogAsync(id, cancel)),
        ];
    }

    private async IAsyncEnumerable<object?[]> PlanAsync(long id, [EnumeratorCancellation] CancellationToken cancel)
    {
        var newest = await promotions.FindAsync(id, null, cancel);
        var view = newest?.Released is { } released ? await promotions.FindAsync(id, released, cancel) : newest;
        if (view is null)
        {
            yield break;
        }

        var (plan, revision) = (view.Revision.Plan, view.Revision);
        foreach (var (what, value) in Lines(view, plan, revision))
        {
            yield return [what, value];
        }

        foreach (var (stage, at) in (await releases.StagesAsync(id, cancel)).Select((s, i) => (s, i + 1)))
        {
            yield return
            [
                string.Create(CultureInfo.InvariantCulture, $"Stage {at}"),
                string.Join(", ", new[] { stage.Name, stage.Team is { } team ? $"asks {team}" : "", stage.StartedAt is { } began ? $"began {Utc(began)} by {stage.StartedBy}" : "not begun", stage.ProvenAt is { } proven ? $"proven {Utc(proven)}" : "" }
                    .Where(w => w.Length > 0)),
            ];
        }
    }

    private static IEnumerable<(string What, object? Value)> Lines(PromotionView view, PromotionPlan plan, RevisionView revision) =>
    [
        ("Release", view.Number), ("Name", plan.Name), ("State", PromotionText.Of(view.State).Replace('-', ' ')), ("Revision", (long)revision.Revision), ("Written by", revision.MadeBy), ("Sent by", revision.SentBy),
        ("Approved by", revision.DecidedBy), ("Approved at", revision.DecidedAt), ("Starts, each store's own time", Wall(plan.Starts)), ("Ends, each store's own time", Wall(plan.Ends)), ("Offer", plan.Offer.Kind.ToString()),
        ("Percent", plan.Offer.Percent), ("Amounts", string.Join(", ", (plan.Offer.Amounts ?? new Dictionary<string, decimal>(StringComparer.Ordinal)).Select(a => string.Create(CultureInfo.InvariantCulture, $"{a.Value} {a.Key}")))),
        ("Channels", string.Join(", ", plan.Connections)), ("Stores", string.Join(", ", plan.Stores)), ("Price lists", string.Join(", ", (plan.PriceLists ?? []).Select(l => $"{l.Connection}/{l.List}"))), ("Share to be read back, %", plan.Rules.Parity), ("When it falls short", plan.Rules.OnBreach.ToString()),
        ("Margin floor, %", plan.Rules.MarginFloor), ("Budget", plan.Rules.Budget is { } budget ? string.Create(CultureInfo.InvariantCulture, $"{budget} {plan.Rules.BudgetCurrency}") : null), ("Back by", view.BackBy), ("Back because", view.BackWhy),
        ("Way back begun", view.BackAt), ("Way back proven", view.BackTook is null ? null : view.StateAt), ("Way back took, s", view.BackTook is { } took ? (long)Math.Ceiling(took.TotalSeconds) : null),
    ];

    private async IAsyncEnumerable<object?[]> PricesAsync(long id, [EnumeratorCancellation] CancellationToken cancel)
    {
        for (var page = await rows.KeysAsync(id, 0, ExportFile.Slice, cancel); page.Count > 0; page = await rows.KeysAsync(id, page[^1], ExportFile.Slice, cancel))
        {
            foreach (var price in await rows.PricesAsync([.. page], cancel))
            {
                yield return ReleasePricesExport.Cells(price);
            }
        }
    }

    private async IAsyncEnumerable<object?[]> SkippedAsync(long id, [EnumeratorCancellation] CancellationToken cancel)
    {
        for (var page = await rows.SkippedAsync(id, 0, ExportFile.Slice, cancel); page.Count > 0; page = await rows.SkippedAsync(id, page[^1].Id, ExportFile.Slice, cancel))
        {
            foreach (var row in page)
            {
                yield return [row.Sku, row.Channel, row.Store, row.Currency, row.Base, row.Price, string.Join("; ", row.Flags.Select(PlanOutcome.Reason))];
            }
        }
    }

    private async IAsyncEnumerable<object?[]> LogAsync(long id, [EnumeratorCancellation] CancellationToken cancel)
    {
        foreach (var entry in (await releases.LogAsync(id, MostLogged, cancel)).AsEnumerable().Reverse())
        {
            yield return [entry.At, entry.Words, entry.Who ?? "the tower"];
        }
    }

    private static string Wall(DateTime at) => at.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);

    private static string Utc(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss 'UTC'", CultureInfo.InvariantCulture);
}
