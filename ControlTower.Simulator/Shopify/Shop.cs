using System.Globalization;
using System.Text.Json;
using ControlTower.Simulator.Ledger;
using ControlTower.Simulator.Shopify.Payloads;
using ControlTower.Simulator.Shopify.Webhooks;
using ControlTower.Simulator.Traffic;

namespace ControlTower.Simulator.Shopify;

/// <summary>
/// One web shop: orders, stock, subscriptions and its ledger. Each action changes everything under one lock, is durable before it answers,
/// and only then tells subscribers. Refusals are <see cref="ShopRefusal"/> and change nothing.
/// </summary>
public sealed partial class Shop
{
    private readonly Lock gate = new();
    private readonly Dictionary<long, ShopOrder> orders = [];
    private readonly EffectBook book;
    private readonly EstateOptions options;
    private long ordinal;
    private long eventOrdinal;

    public Shop(Market market, EstateOptions options, Journal journal, Secrets secrets)
    {
        Market = market;
        this.options = options;
        book = new EffectBook(journal, options.Clock);
        AccessToken = "shpat_" + secrets.Of(market.SystemId, "token")[..32];
        ClientSecret = "shpss_" + secrets.Of(market.SystemId, "webhooks")[..32];
        Stock = new Stock(market, options.Seed, Now);
        Listings = new Listings(market);
        Discounts = new Discounts(market);
        PriceLists = new PriceLists(market);
        Subscriptions = new Subscriptions(market, options);
        Budget = new CostBudget(market.RestoreRate * 20, market.RestoreRate, options);
        book.Replay(Restore);
    }

    public Market Market { get; }
    public string AccessToken { get; }
    public string ClientSecret { get; }
    public Stock Stock { get; }
    public Listings Listings { get; }
    public Discounts Discounts { get; }
    public PriceLists PriceLists { get; }
    public Subscriptions Subscriptions { get; }
    public CostBudget Budget { get; }
    public EffectBook Book => book;
    public GraphQl.Idempotency Idempotency { get; } = new();

    /// <summary>Where events go once they are durable.</summary>
    public Action<Shop, string, System.Text.Json.Nodes.JsonObject>? Outbound { get; set; }

    /// <summary>Whole seconds, as the vendor stores them: two changes may carry the same time.</summary>
    public DateTimeOffset Now => DateTimeOffset.FromUnixTimeSeconds(options.Clock.GetUtcNow().ToUnixTimeSeconds());

    public int OrderCount
    {
        get { lock (gate) return orders.Count; }
    }

    public ShopOrder? Find(long id)
    {
        lock (gate) return orders.GetValueOrDefault(id);
    }

    public ShopOrder? FindByName(string name)
    {
        lock (gate) return orders.Values.FirstOrDefault(o => o.Name == name);
    }

    public IReadOnlyList<ShopOrder> Orders(Func<ShopOrder, bool> where)
    {
        lock (gate) return orders.Values.Where(where).ToList();
    }

    /// <summary>Reads several things that belong together.</summary>
    public T Read<T>(Func<T> read)
    {
        lock (gate) return read();
    }

    /// <summary>Runs an action under the lock, makes it durable, then tells subscribers.</summary>
    public async Task<T> ChangeAsync<T>(Func<ShopChange, T> act)
    {
        var change = new ShopChange();
        T result;
        Task durable;
        lock (gate)
        {
            result = act(change);
            durable = book.Write(change.Effects, change.Puts);
        }

        await durable;
        foreach (var (topic, body) in change.Events) Outbound?.Invoke(this, topic, body);
        return result;
    }

    /// <summary>Somebody edits a listing by hand in the shop's admin.</summary>
    public Task<Listing> EditListingAsync(Article article, Func<Listing, Listing> how) => ChangeAsync(change => Listings.Change(change, article, how, Now));

    /// <summary>Somebody fixes a price on a list by hand in the shop's admin.</summary>
    public Task<FixedPrice> EditListAsync(FixedPrice price) => ChangeAsync(change =>
    {
        PriceLists.Fix(change, price);
        return price;
    });

    /// <summary>Orders, payments and parcels are numbered as they come; call under the lock.</summary>
    private long NextEvent() => Ids.Event(Market, ++eventOrdinal * 10);

    private ShopOrder Keep(ShopChange change, ShopOrder order, string? effect, params string[] topics)
    {
        order = order with { UpdatedAt = Now };
        orders[order.Id] = order;
        change.Puts.Add(EffectBook.Put("orders", order.Id.ToString(CultureInfo.InvariantCulture), order));
        if (effect is not null) change.Effects.Add(Describe(order, effect));
        foreach (var topic in topics) change.Raise(topic, OrderJson.Of(Market, order));
        return order;
    }

    private Effect Describe(ShopOrder order, string kind)
    {
        var sums = new OrderSums(Market, order);
        return new Effect
        {
            System = Market.SystemId,
            Kind = kind,
            Id = order.Id.ToString(CultureInfo.InvariantCulture),
            Number = order.Name,
            Customer = order.CustomerId.ToString(CultureInfo.InvariantCulture),
            Currency = Market.Currency,
            Amount = kind == "order-refunded" ? order.Refunds[^1].Payments.Sum(p => p.Amount) : sums.CurrentTotal,
            Tax = sums.CurrentTax,
            Lines = order.Lines.Select(l => new EffectLine(l.Sku, l.Current, l.Price, sums.Part(l.Net, l.Current, l.Quantity), sums.Part(l.Tax, l.Current, l.Quantity))).ToList(),
        };
    }

    private void Restore(Put put)
    {
        switch (put.Set)
        {
            case "orders" when put.Value?.Deserialize<ShopOrder>(Journal.Json) is { } order:
                orders[order.Id] = order;
                ordinal = Math.Max(ordinal, order.Id - Ids.Order(Market, 0));
                break;
            case "returns" when put.Value?.Deserialize<ShopReturn>(Journal.Json) is { } back:
                returns[back.Id] = back;
                break;
            case "counter":
                eventOrdinal = put.Value!.Value.GetInt64();
                break;
            case "levels":
                Stock.Restore(put);
                break;
            case "listings":
                Listings.Restore(put);
                break;
            case "discounts":
                Discounts.Restore(put);
                break;
            case "fixed-prices":
                PriceLists.Restore(put);
                break;
            case "subscriptions":
                Subscriptions.Restore(put);
                break;
        }
    }
}
