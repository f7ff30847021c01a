using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json;
using ControlTower.Data.Exports;
using ControlTower.Data.Promotions;
using ControlTower.Sync.Promotions;

namespace ControlTower.Sync.Exports;

/// <summary>Every price of a plan as its check reckoned it and its dry run read it: what is charged now, what would be charged then, and what would come of it.</summary>
public sealed class PlanPricesExport(PromotionQueries promotions) : IExportBook
{
    public const string Name = "plan-prices";

    private static readonly ExportColumn[] Head =
    [
        new("SKU", 22), new("Title", 32), new("Channel", 22), new("Place", 20), new("What", 12), new("Currency", 9), new("Stage", 7), new("Planned from", 14), new("Read now", 14), new("Read at", 20), new("Then", 14),
        new("Compare-at then", 16), new("Cost", 12), new("Cost stated in", 14), new("Margin, %", 10), new("Stock lasts, days", 16), new("Outcome", 60), new("Findings", 40),
    ];

    public string Kind => Name;

    public string Act => "promotions:plan:export";

    public string Rows => "prices";

    public string File => "plan-prices";

    /// <param name="what">The address of the plan, for people and the trail.</param>
    public static ExportAsked Ask(long promotion, int revision, ExportFormat format, string what) => new(Name, format, string.Create(CultureInfo.InvariantCulture, $"{promotion}/{revision}"), what);

    public async Task<long> CountAsync(string filter, CancellationToken cancel)
    {
        var (id, revision) = Read(filter);
        return await promotions.CellCountAsync(id, revision, cancel);
    }

    public IReadOnlyList<ExportSheet> Sheets(string filter, CancellationToken cancel)
    {
        var (id, revision) = Read(filter);
        return [new("Prices", Head, RowsAsync(id, revision, cancel))];
    }

    private async IAsyncEnumerable<object?[]> RowsAsync(long id, int revision, [EnumeratorCancellation] CancellationToken cancel)
    {
        for (var page = await promotions.CellsAsync(id, revision, null, null, 0, ExportFile.Slice, cancel); page.Count > 0; page = await promotions.CellsAsync(id, revision, null, null, page[^1].Id, ExportFile.Slice, cancel))
        {
            foreach (var cell in page)
            {
                yield return
                [
                    cell.Sku, cell.Title, cell.ConnectionName, cell.Place, cell.Kind switch { "checkout" => "reduction", "effect" => "left by it", _ => "price" }, cell.Currency, (long?)cell.Stage, cell.Base, cell.Seen, cell.SeenAt, cell.Price,
                    cell.Compare, cell.Cost, cell.CostIn, cell.Margin, cell.Cover, PlanOutcome.Of(cell)?.Words, string.Join(", ", cell.Flags),
                ];
            }
        }
    }

    /// <exception cref="JsonException">It is no filter of this export.</exception>
    private static (long Id, int Revision) Read(string filter) =>
        filter.Split('/') is [var id, var revision] && long.TryParse(id, NumberStyles.None, CultureInfo.InvariantCulture, out var promotion) && int.TryParse(revision, NumberStyles.None, CultureInfo.InvariantCulture, out var at)
            ? (promotion, at) : throw new JsonException("The number of a promotion and its revision are missing.");
}
