using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using ControlTower.Simulator.Ledger;
using ControlTower.Simulator.Shopify.Payloads;
using ControlTower.Simulator.Traffic;

namespace ControlTower.Simulator.Shopify;

/// <summary>The stock of one shop. Called under the shop's lock; changes gather in <see cref="Change"/> until the shop commits them.</summary>
public sealed class Stock
{
    private readonly Market market;
    private readonly Dictionary<(long Item, long Location), StockLevel> levels = [];

    public Stock(Market market, int seed, DateTimeOffset now)
    {
        this.market = market;
        Articles = Traffic.Range.Of(market.Brand).ToDictionary(a => Ids.InventoryItem(market, a));
        foreach (var (item, article) in Articles)
        {
            for (var place = 0; place < market.Sites.Count; place++)
            {
                var dice = new Dice(seed, market.Index, article.Ordinal, place, 5);
                var location = Ids.Location(market, place);
                levels[(item, location)] = new StockLevel(item, location, place == 0 ? dice.Between(2000, 6000) : dice.Between(20, 90), 0, now);
            }
        }
    }

    /// <summary>Articles by inventory item id.</summary>
    public IReadOnlyDictionary<long, Article> Articles { get; }

    public StockLevel? Find(long item, long location) => levels.GetValueOrDefault((item, location));

    public IReadOnlyList<StockLevel> Of(long item) => levels.Values.Where(l => l.InventoryItemId == item).OrderBy(l => l.LocationId).ToList();

    public IEnumerable<StockLevel> All => levels.Values;

    public void Restore(Put put)
    {
        if (put.Value?.Deserialize<StockLevel>(Journal.Json) is { } level) levels[(level.InventoryItemId, level.LocationId)] = level;
    }

    /// <summary>Applies to the level and notes the change; the level must exist.</summary>
    public void Apply(ShopChange change, long item, long location, int onHand, int committed, DateTimeOffset now)
    {
        var old = levels[(item, location)];
        var next = old with { OnHand = old.OnHand + onHand, Committed = old.Committed + committed, UpdatedAt = now };
        levels[(item, location)] = next;
        change.Puts.Add(EffectBook.Put("levels", string.Create(CultureInfo.InvariantCulture, $"{item}/{location}"), next));
        if (old.Available != next.Available) change.Raise("inventory_levels/update", Body(next));
    }

    private JsonObject Body(StockLevel level) => new()
    {
        ["inventory_item_id"] = level.InventoryItemId,
        ["location_id"] = level.LocationId,
        ["available"] = level.Available,
        ["updated_at"] = MoneyJson.Time(market, level.UpdatedAt),
        ["admin_graphql_api_id"] = string.Create(CultureInfo.InvariantCulture, $"gid://shopify/InventoryLevel/{level.LocationId}?inventory_item_id={level.InventoryItemId}"),
    };
}
