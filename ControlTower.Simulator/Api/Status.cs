using ControlTower.Simulator.Ledger;

namespace ControlTower.Simulator.Api;

/// <summary>What the page and operators see of the estate.</summary>
internal static class Status
{
    public static object Of(Estate estate) => new
    {
        now = estate.Options.Clock.GetUtcNow(),
        seed = estate.Options.Seed,
        traffic = new { estate.Traffic.Rate, estate.Traffic.Running },
        webhooks = new { estate.Webhooks.Delivered, estate.Webhooks.Failed, estate.Webhooks.Underway },
        systems = estate.Shops.Select(s => (object)new
        {
            id = s.Market.SystemId, kind = "shopify", name = s.Market.Name, currency = s.Market.Currency,
            counts = s.Read(() => Counts(s.Book)),
            subscriptions = s.Read(() => s.Subscriptions.All.Count),
            budget = new { s.Budget.Maximum, available = Math.Floor(s.Budget.Available), s.Budget.RestoreRate },
            faults = estate.ShopFaults[s.Market.SystemId].Active,
        }).Concat(estate.Erps.Select(e => (object)new
        {
            id = e.Company.SystemId, kind = "business-central", name = e.Company.Name, currency = e.Company.LocalCurrency,
            counts = e.Company.Read(() => Counts(e.Company.Book)),
            openOrders = e.Company.Read(() => e.Company.Tables.All("salesOrders").Count()),
            subscriptions = e.Company.Subscriptions.All.Count,
            requestsInside = e.Limits.Inside,
            faults = e.Faults.Active,
        })).Concat(estate.Pos is not { } pos ? [] : (object[])[new
        {
            id = pos.Account.SystemId, kind = "square", name = $"{pos.Account.Stores.Count} tills", currency = pos.Account.Market.Currency,
            counts = pos.Account.Read(() => Counts(pos.Account.Book)), subscriptions = pos.Account.Read(() => pos.Account.Tables.Count("subscriptions")), faults = pos.Faults.Active,
        }]),
    };

    private static Dictionary<string, int> Counts(EffectBook book) => book.Since(0).GroupBy(e => e.Kind).ToDictionary(g => g.Key, g => g.Count());
}
