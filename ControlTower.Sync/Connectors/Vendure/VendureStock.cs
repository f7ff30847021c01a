using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using ControlTower.Data.Canonical;
using ControlTower.Sync.Connectors.Http;

namespace ControlTower.Sync.Connectors.Vendure;

/// <summary>
/// What the shop may sell at its stock locations: on hand less what orders of its own have allocated. Vendure sets absolute figures and compares nothing, so levels are read just before: where one
/// is not what the change was decided on, nothing is written. An order that is placed between reading and writing does no harm, because it only allocates; goods that leave in that moment are counted
/// back in, until drift finds them. A repetition finds its own figure and writes nothing, unless a sale or an arrival brought the level back to what it was before: so it is not
/// repeatable.
/// </summary>
internal sealed class VendureStock(ConnectionProfile profile, VendureApi api)
{
    public const string LocationPrefix = "location:";

    /// <summary>A SKU that two variants have comes twice.</summary>
    private const int MostVariants = 500;

    /// <summary>Far above any stock, far below where sums of numbers overflow.</summary>
    private const int MostPieces = 500_000_000;

    public async Task<LevelsAnswer> LevelsAsync(IReadOnlyList<StockCell> cells, CancellationToken cancel)
    {
        var (found, failure) = await FindAsync(cells, cancel).ConfigureAwait(false);
        return failure is not null
            ? new LevelsAnswer.Failed(failure)
            : new LevelsAnswer.Levels([.. cells.Select(c => new StockLevel(c.Sku, c.Location, found.GetValueOrDefault(c)?.Level, found.GetValueOrDefault(c)?.Variant))]);
    }

    public async Task<Outcome> SendAsync(ChangeStock command, CancellationToken cancel)
    {
        var (found, failure) = await FindAsync([.. command.Changes.Select(Cell)], cancel).ConfigureAwait(false);
        if (failure is not null)
        {
            return failure;
        }

        var rows = new List<(VariantLevel Item, int OnHand)>();
        foreach (var (change, at) in command.Changes.Select((c, i) => (c, i)))
        {
            var field = string.Create(CultureInfo.InvariantCulture, $"changes.{at}");
            if (found.GetValueOrDefault(Cell(change)) is not { } item)
            {
                return new Outcome.Refused(FailureKind.Missing, "unknown-item", $"The shop does not keep the SKU {VendorText.Cut(change.Sku, 60)} at this location, or has it twice.", field);
            }

            var wanted = Wanted(change, item);
            if (item.Level == wanted)
            {
                continue;
            }

            if (change.From is { } from && item.Level != from)
            {
                return new Outcome.Refused(FailureKind.Refused, ChangeStock.Stale, $"The shop shows {item.Level} of {VendorText.Cut(change.Sku, 60)}, no longer {from}.", field);
            }

            rows.Add((item, item.OnHand + wanted - item.Level));
        }

        return rows.Count == 0 ? new Outcome.Accepted(command.Key.Value) : await WriteAsync(command, rows, cancel).ConfigureAwait(false);
    }

    public async Task<LookUp> LookUpAsync(ChangeStock command, CancellationToken cancel)
    {
        var (found, failure) = await FindAsync([.. command.Changes.Select(Cell)], cancel).ConfigureAwait(false);
        return failure is not null ? HttpOutcome.Undecided(failure)
            : command.Changes.All(c => found.GetValueOrDefault(Cell(c)) is { } item && item.Level == Wanted(c, item)) ? new LookUp.Found(new Outcome.Accepted(command.Key.Value))
            : new LookUp.Absent();
    }

    /// <summary>The shop's id of a place; null if none of its locations is that place.</summary>
    public static string? Location(ConnectionProfile profile, string place)
        => profile.Settings.FirstOrDefault(s => s.Key.StartsWith(LocationPrefix, StringComparison.Ordinal) && s.Value == place).Key?[LocationPrefix.Length..];

    private async Task<Outcome> WriteAsync(ChangeStock command, List<(VariantLevel Item, int OnHand)> rows, CancellationToken cancel)
    {
        var input = new JsonArray([.. rows.GroupBy(r => r.Item.Variant, StringComparer.Ordinal).Select(g => (JsonNode)new JsonObject
        {
            ["id"] = g.Key,
            ["stockLevels"] = new JsonArray([.. g.Select(r => (JsonNode)new JsonObject { ["stockLocationId"] = r.Item.Location, ["stockOnHand"] = r.OnHand })]),
        })]);
        var (data, failure) = await api.QueryAsync(VendureQueries.SetStock, new JsonObject { ["input"] = input }, write: true, cancel).ConfigureAwait(false);
        return failure ?? (data.At("updateProductVariants") is { ValueKind: JsonValueKind.Array }
            ? new Outcome.Accepted(command.Key.Value)
            : HttpOutcome.Garbled(write: true, "it does not tell what became of the stock"));
    }

    private async Task<(IReadOnlyDictionary<StockCell, VariantLevel> Found, Outcome? Failure)> FindAsync(IReadOnlyList<StockCell> cells, CancellationToken cancel)
    {
        var found = new Dictionary<StockCell, VariantLevel>();
        var skus = cells.Where(c => Location(profile, c.Location) is not null).Select(c => c.Sku).Distinct(StringComparer.Ordinal).ToList();
        if (skus.Count == 0)
        {
            return (found, null);
        }

        var options = new JsonObject { ["take"] = MostVariants, ["filter"] = new JsonObject { ["sku"] = new JsonObject { ["in"] = new JsonArray([.. skus.Select(s => (JsonNode)s)]) } } };
        var (data, failure) = await api.QueryAsync(VendureQueries.StockLevels, new JsonObject { ["options"] = options }, write: false, cancel).ConfigureAwait(false);
        if (failure is not null)
        {
            return (found, failure);
        }

        if (data.At("productVariants", "items") is not { ValueKind: JsonValueKind.Array })
        {
            return (found, HttpOutcome.Garbled(write: false, "it lists no variants"));
        }

        // What a database that minds no case finds beside the SKU does not count.
        var variants = data.Items("productVariants", "items").ToLookup(v => v.Text("sku") ?? string.Empty, StringComparer.Ordinal);
        foreach (var cell in cells)
        {
            if (Location(profile, cell.Location) is { } location && variants[cell.Sku].ToList() is [var variant]
                && variant.Items("stockLevels").FirstOrDefault(l => l.Text("stockLocationId") == location) is { ValueKind: JsonValueKind.Object } level
                && Number(level, "stockOnHand") is { } onHand && Number(level, "stockAllocated") is { } allocated)
            {
                found[cell] = new VariantLevel(variant.Text("id") ?? string.Empty, location, onHand, allocated);
            }
        }

        return (found, null);
    }

    private static StockCell Cell(StockChange change) => new(change.Sku, change.Location);

    private static int Wanted(StockChange change, VariantLevel item) => Math.Max(0, change.Counted ?? ((change.From ?? item.Level) + change.Delta));

    // Null if it is missing or no number of pieces: what the shop holds is then not known, which is not nought.
    private static int? Number(JsonElement level, string name) => level.Amount(name) is { } pieces && pieces == decimal.Truncate(pieces) && Math.Abs(pieces) <= MostPieces ? (int)pieces : null;

    private sealed record VariantLevel(string Variant, string Location, int OnHand, int Allocated)
    {
        public int Level => OnHand - Allocated;
    }
}
