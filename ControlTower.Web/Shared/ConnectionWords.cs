using System.Globalization;
using ControlTower.Data.Connections;
using ControlTower.Sync.Connections;
using ControlTower.Sync.Gateway;

namespace ControlTower.Web.Shared;

/// <summary>How a connection looks: one way for the overview, the list and its own page.</summary>
public static class ConnectionWords
{
    public static SystemRef Ref(ConnectionStatus status) => new(status.Id, status.Name, status.Role == "erp" ? SystemKind.Erp : SystemKind.Shop, CircuitOf(status));

    public static Circuit? CircuitOf(ConnectionStatus status) => status switch
    {
        { Disabled: not null } => Circuit.Disabled,
        { Pause: not null } => Circuit.Paused,
        { Gate.Breaker: "closed" } => Circuit.Closed,
        { Gate.Breaker: "half-open" } => Circuit.HalfOpen,
        { Gate.Breaker: "open" } => Circuit.Open,
        _ => null,
    };

    /// <summary>What people call the vendor.</summary>
    public static string Vendor(string kind) => kind switch
    {
        "shopify" => "Shopify",
        "business-central" => "Business Central",
        "vendure" => "Vendure",
        "tryton" => "Tryton",
        "square" => "Square",
        "poslog" => "Tills (POSLog files)",
        "stripe" => "Stripe",
        "adyen" => "Adyen (reports)",
        "bank" => "Bank account (statements)",
        _ => kind,
    };

    public static string Role(string role) => role switch { "erp" => "ERP", "processor" => "Payments", "bank" => "Bank", _ => "Shop" };

    public static string Lane(int lane) => lane switch { 0 => "Live", 1 => "Deferred", 2 => "Replay", _ => "Batch" };

    /// <summary>Each lane has its colour: live 1, deferred 3, replay 2, batch 5.</summary>
    public static IReadOnlyList<BudgetPart> Parts(GateBudget budget) =>
    [
        .. Enumerable.Range(0, 4).Select(lane => new BudgetPart(Lane(lane).ToLowerInvariant(), budget.ShareOf(lane), lane switch { 0 => 1, 1 => 3, 2 => 2, _ => 5 }))
            .Where(part => part.Share > 0),
    ];

    public static long? Limit(GateBudget budget) => budget.CountsPoints ? (long)budget.PointsCapacity!.Value : budget.Limit;

    public static string Unit(GateBudget budget) => budget.CountsPoints ? "points" : "requests";

    /// <summary>When a circuit trips.</summary>
    public static string Trips(BreakerRule rule) => string.Create(CultureInfo.InvariantCulture, $"trips at {rule.FailedShare * 100:0.#}% failed of {rule.Window} calls, {rule.Least} at least");

    /// <summary>How a circuit that tripped is tried again.</summary>
    public static string Probing(BreakerRule rule) =>
        $"Cancelled calls do not count. The first probe comes after {Say.Age(rule.First)}, later ones within {Say.Age(rule.Longest)}; {rule.Probes} good ones close it.";

    /// <summary>The likely time at which nothing is deferred any more; a dash when nothing is, words when no time can be given.</summary>
    public static string EmptyAt(ConnectionStatus status, DateTimeOffset now, TimeZoneInfo zone) => DrainReading.Outlook(status, now) switch
    {
        DrainOutlook.Draining draining => TimeZoneInfo.ConvertTime(now + draining.Likely, zone).ToString("HH:mm", CultureInfo.InvariantCulture),
        DrainOutlook.NotDraining => "not yet",
        _ => Say.None,
    };
}
