using System.Text.Json.Nodes;
using ControlTower.Simulator.Traffic;

namespace ControlTower.Simulator.Square;

/// <summary>
/// The tills of all stores: they sell, take back and exchange. A store without a line goes on selling; the vendor hears of it all at once when the line is back.
/// What happened at a till stands in the ledger when it happens, whatever the vendor knows.
/// </summary>
public sealed class Tills(PosAccount account)
{
    private static readonly SaleKind[] Usual =
        [SaleKind.Card, SaleKind.Card, SaleKind.Card, SaleKind.Cash, SaleKind.Cash, SaleKind.Split, SaleKind.Tipped, SaleKind.Discounted, SaleKind.Discounted, SaleKind.Exchange, SaleKind.Refund];

    private readonly Lock gate = new();
    private readonly HashSet<string> offline = new(StringComparer.Ordinal);
    private readonly Dice dice = new(account.Options.Seed, 41);
    private readonly List<(PosStore Store, Func<PosChange, string> Act)> kept = [];
    private double owed;
    private long at = account.Options.Clock.GetTimestamp();

    /// <summary>Sells what is due by now; called in short rounds.</summary>
    public async Task RoundAsync(bool running)
    {
        var due = 0;
        lock (gate)
        {
            var now = account.Options.Clock.GetTimestamp();
            var passed = account.Options.Clock.GetElapsedTime(at, now).TotalMinutes;
            at = now;
            if (!running || account.Stores.Count == 0) return;
            // A pause of the process is not made up for by a flood.
            owed += Math.Min(passed, 0.1) * account.Options.TillRate;
            for (; owed >= 1; owed--) due++;
        }

        for (; due > 0; due--) await SellAsync(dice.Pick(account.Stores), dice.Chance(0.01) ? SaleKind.BlindReturn : dice.Pick(Usual));
    }

    /// <summary>One thing happens at a till. What needs an earlier sale and has none becomes a sale by card.</summary>
    /// <returns>The id of the order.</returns>
    public Task<string> SellAsync(PosStore store, SaleKind kind)
    {
        var rung = account.Options.Clock.GetUtcNow();
        lock (gate)
        {
            if (offline.Contains(store.LocationId))
            {
                kept.Add((store, change => Ring(change, store, kind, rung)));
                return Task.FromResult("");
            }
        }

        return account.ChangeAsync(change => Ring(change, store, kind, rung));
    }

    /// <summary>The line of a store goes; sales are kept in the till, which goes on charging what it charged.</summary>
    public void Cut(PosStore store)
    {
        account.LastKnown[store.LocationId] = account.Read(() => account.Assortment(store).ToDictionary(a => a.Sku, a => PosCatalog.Price(account, a, store), StringComparer.Ordinal));
        lock (gate) offline.Add(store.LocationId);
    }

    /// <summary>The line is back: everything kept is told in one go, with the times at which it happened.</summary>
    public async Task<int> ReconnectAsync(PosStore store)
    {
        List<Func<PosChange, string>> late;
        lock (gate)
        {
            offline.Remove(store.LocationId);
            late = [.. kept.Where(k => k.Store == store).Select(k => k.Act)];
            kept.RemoveAll(k => k.Store == store);
        }

        foreach (var act in late) await account.ChangeAsync(act);
        account.LastKnown.TryRemove(store.LocationId, out _);
        return late.Count;
    }

    private string Ring(PosChange change, PosStore store, SaleKind kind, DateTimeOffset rung)
    {
        var throws = new Dice(account.Options.Seed, 43, account.Tables.Count("orders"));
        var earlier = kind is SaleKind.Exchange or SaleKind.Refund or SaleKind.BlindReturn ? Earlier(store, throws) : null;
        return (kind, earlier) switch
        {
            (SaleKind.Refund, { } sale) => PosReturns.Refund(account, change, store, sale, rung),
            (SaleKind.BlindReturn, { } sale) => PosReturns.Blind(account, change, store, sale, rung),
            (SaleKind.Exchange, { } sale) => PosSale.Ring(account, change, store, new PosBasket(account, store, throws, false, PosReturn.Of(Line(sale), null, account.Market.Currency).Worth()), kind, sale, rung),
            (SaleKind.Exchange or SaleKind.Refund or SaleKind.BlindReturn, null) => PosSale.Ring(account, change, store, new PosBasket(account, store, throws, false), SaleKind.Card, null, rung),
            _ => PosSale.Ring(account, change, store, new PosBasket(account, store, throws, kind == SaleKind.Discounted), kind, null, rung),
        };
    }

    // Each sale gives back at most once, so that nothing comes back twice.
    private JsonObject? Earlier(PosStore store, Dice throws)
    {
        var sales = account.Tables.All("orders").Where(o => o["location_id"]!.GetValue<string>() == store.LocationId && o.ContainsKey("line_items") && !o.ContainsKey("returns")
            && account.Tables.Find("returned", o["id"]!.GetValue<string>()) is null).ToList();
        return sales.Count == 0 ? null : throws.Pick(sales);
    }

    internal static JsonObject Line(JsonObject sale) => sale["line_items"]![0]!.AsObject();
}
