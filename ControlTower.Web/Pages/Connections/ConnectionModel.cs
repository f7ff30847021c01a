using System.Globalization;
using ControlTower.Data.Connections;
using ControlTower.Sync.Connections;
using ControlTower.Sync.Gateway;
using ControlTower.Web.Pages.Overview;
using ControlTower.Web.Shared;

namespace ControlTower.Web.Pages.Connections;

/// <summary>One figure of the health panel.</summary>
public sealed record HealthFigure(string Name, string Value, Status Status, string Word);

/// <summary>One lane as a row. <paramref name="Late"/> marks an age that somebody should look at.</summary>
public sealed record LaneRow(int Number, string Name, string What, long Waiting, string Rate, bool Stopped, DateTimeOffset? Oldest, bool Late);

/// <summary>What a connection's page says, worked out from what was read. Plain: no renderer, no clock.</summary>
public sealed class ConnectionModel(ConnectionShown shown, OverviewTargets targets, DateTimeOffset now, Viewer viewer)
{
    private static readonly TimeSpan LateInLane = TimeSpan.FromMinutes(10);

    public ConnectionStatus Status => shown.Status;

    public GateBudget Budget => Status.Gate.Budget;

    public Circuit? Circuit => ConnectionWords.CircuitOf(Status);

    public DrainOutlook Outlook { get; } = DrainReading.Outlook(shown.Status, now);

    /// <summary>The chip beside the name.</summary>
    public (Status Status, string Word) Standing => Circuit switch
    {
        Shared.Circuit.Disabled => (Shared.Status.Off, "Disabled"),
        Shared.Circuit.Paused => (Shared.Status.Off, "Paused"),
        Shared.Circuit.Open => (Shared.Status.Bad, "Circuit open"),
        Shared.Circuit.HalfOpen => (Shared.Status.Warn, "Recovering, half-open"),
        Shared.Circuit.Closed when !Status.Gate.Owned => (Shared.Status.Warn, "No worker holds it"),
        Shared.Circuit.Closed when Status.DeferredCount > 0 => (Shared.Status.Warn, "Recovering"),
        Shared.Circuit.Closed => (Shared.Status.Ok, "Flows"),
        _ => (Shared.Status.Unk, "Not known"),
    };

    /// <summary>One muted line: where it is and how it is reached, nothing secret.</summary>
    public string Line
    {
        get
        {
            var setup = shown.Setup;
            var address = new[] { "shopDomain", "baseUrl", "apiUrl", "environment" }.Select(name => setup.Settings.GetValueOrDefault(name)).FirstOrDefault(text => !string.IsNullOrWhiteSpace(text));
            var subscribed = Status.SubscribedAt is { } at ? $"webhooks renewed {Say.Time(at, now, viewer.StoreZone)}" : Status.Role == "shop" ? "polled, no webhooks yet" : "";
            return string.Join(" · ", new[] { ConnectionWords.Vendor(setup.Kind), address, setup.Brand, setup.Currency, setup.PostsTo is null ? "" : $"posts to {setup.PostsTo}", subscribed }
                .Where(part => !string.IsNullOrEmpty(part)));
        }
    }

    public string CircuitReason => Circuit switch
    {
        Shared.Circuit.Disabled => $"Disabled {Say.Time(Status.Disabled!.At, now, viewer.StoreZone)}: {Sentence(Status.Disabled.Reason ?? "")}",
        Shared.Circuit.Paused => Status.Pause?.Reason is { Length: > 0 } why ? $"Paused {Say.Time(Status.Pause.At, now, viewer.StoreZone)}: {why}" : "Paused by a person.",
        Shared.Circuit.Open or Shared.Circuit.HalfOpen => $"{Sentence(Status.Gate.Reason ?? "The system failed too often")} {RetryAfter}".TrimEnd(),
        _ => "Calls flow.",
    };

    public string BudgetRule => Budget switch
    {
        { CountsPoints: true } => string.Create(CultureInfo.InvariantCulture, $"vendor refills {Budget.PointsRestore ?? 0:0} points a second"),
        { Limit: { } limit } => $"vendor allows {Say.Count(limit, viewer.Culture)} in {Window}",
        _ => "the vendor states no limit",
    };

    public IReadOnlyList<HealthFigure> Health
    {
        get
        {
            var health = shown.Health;
            return
            [
                health.TechnicalShare is { } share
                    ? new("Technical errors", Say.Percent(share, viewer.Culture), share > targets.TechnicalErrors ? Shared.Status.Bad : Shared.Status.Ok,
                        share > targets.TechnicalErrors ? $"Over {Say.Percent(targets.TechnicalErrors, viewer.Culture)}" : $"of {Say.Count(health.Calls, viewer.Culture)} calls")
                    : new("Technical errors", Say.None, Shared.Status.Off, "No calls"),
                health.P95Ms is { } p95
                    ? new("Answer, p95", Took(p95), p95 > targets.Answer.TotalMilliseconds ? Shared.Status.Warn : Shared.Status.Ok,
                        p95 > targets.Answer.TotalMilliseconds ? $"Over {Say.Age(targets.Answer)}" : $"Under {Say.Age(targets.Answer)}")
                    : new("Answer, p95", Say.None, Shared.Status.Off, "No answers"),
                new("Throttled", Say.Count(health.Throttled, viewer.Culture), health.Throttled > 0 ? Shared.Status.Warn : Shared.Status.Ok, health.Throttled > 0 ? "The vendor slowed us" : "None"),
                new("Unknown outcome", Say.Count(Status.Unknown, viewer.Culture), Status.Unknown > 0 ? Shared.Status.Unk : Shared.Status.Ok, Status.Unknown > 0 ? "Looking up" : "None"),
            ];
        }
    }

    public IReadOnlyList<LaneRow> Lanes =>
    [
        Lane(0, Status.Role == "erp" ? "orders, payments, shipments" : "numbers, shipments"), Lane(1, "put off in an outage"), Lane(2, "operator retries"),
        Lane(3, "feeds, subscriptions"),
    ];

    /// <summary>Why some lanes stand, or what goes first.</summary>
    public string LaneNote => Status switch
    {
        { Disabled: not null } => "All lanes wait until an admin enables the connection.",
        { Pause: not null } => "All lanes wait until somebody resumes the connection.",
        { Gate.Breaker: "open" } => "All lanes wait until the circuit closes. New orders then go first.",
        { Gate.Breaker: "half-open" } => "One call at a time until the circuit closes. New orders then go first.",
        { Held: > 0 } => $"{Say.Count(Status.Held, viewer.Culture)} more were refused and wait for a person.",
        _ => "The lanes behind live stop at 85% of the budget.",
    };

    public string DeferredLine => Status.DeferredCount == 0
        ? "nothing waits"
        : $"{Say.Count(Status.DeferredCount, viewer.Culture)} worth {MoneyWords.Join(Status.DeferredValues, 2, viewer.Culture)}, oldest {Say.Age(now - (Status.DeferredOldest ?? now))}";

    /// <summary>What the forecast rests on, in words.</summary>
    public string ForecastLine => Outlook switch
    {
        DrainOutlook.Draining draining => string.Create(CultureInfo.InvariantCulture, $"Forecast from {draining.Now:0.0} postings a second now{Ahead(draining)}."),
        DrainOutlook.NotDraining not => not.Why,
        _ => "",
    };

    /// <summary>Measured now and then; the last point is what is counted at this moment.</summary>
    public IReadOnlyList<DrainPoint> History =>
        [.. shown.Backlog.SkipLast(1).Select(point => new DrainPoint(point.At, point.Count)), new DrainPoint(now, Status.DeferredCount)];

    public DrainEnd? End => Outlook is DrainOutlook.Draining draining ? new DrainEnd(now + draining.Low, now + draining.Likely, now + draining.High) : null;

    public IReadOnlyList<DrainBand> Bands => CircuitBands.Of(shown.Turns, now);

    /// <summary>The newest test while it is fresh enough to matter.</summary>
    public ConnectionTest? Test => shown.Test is { } test && (!test.IsDone || now - test.FinishedAt < TimeSpan.FromMinutes(10)) ? test : null;

    private string Window => Say.Age(TimeSpan.FromSeconds(Budget.WindowSeconds));

    private string RetryAfter => Status.Gate.NotBefore is { } until && until > now ? $"The vendor asks us to wait until {Say.Clock(until, viewer.StoreZone)}." : "";

    public static string Took(int ms) => ms < 1000 ? $"{ms} ms" : string.Create(CultureInfo.InvariantCulture, $"{ms / 1000.0:0.0} s");

    private LaneRow Lane(int lane, string what)
    {
        var queue = Status.Lanes.FirstOrDefault(l => l.Lane == lane);
        var pace = Status.Pace.Of(lane);
        var stopped = Status.Pause is not null || Status.Disabled is not null || Status.Gate.Breaker == "open";
        return new LaneRow(
            lane + 1, ConnectionWords.Lane(lane), what, queue?.Waiting ?? 0, string.Create(CultureInfo.InvariantCulture, $"{(lane == 3 ? pace.Requests / 300.0 : pace.LastMinute / 60.0):0.0}/s"),
            stopped, queue?.Oldest, queue is not null && now - queue.Oldest > LateInLane);
    }

    private static string Ahead(DrainOutlook.Draining draining) => draining.Ahead is { } ahead && ahead > draining.Now
        ? string.Create(CultureInfo.InvariantCulture, $", up to {ahead:0.0} within 85% of the budget less live traffic")
        : "";

    private static string Sentence(string text) => text.EndsWith('.') ? text : text + ".";
}
