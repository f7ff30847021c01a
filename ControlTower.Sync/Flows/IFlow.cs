using ControlTower.Data.Canonical;

namespace ControlTower.Sync.Flows;

/// <summary>
/// A business process as a pure function. <see cref="Decide"/> has no clock, store or logger: the same state, event and context give the same decision, which is why
/// a flow can be replayed, simulated and tested by the million.
/// </summary>
/// <typeparam name="TState">A record; kept as JSON. Members may be added with a default, never renamed: instances of older releases finish under newer ones.</typeparam>
public interface IFlow<TState>
    where TState : class
{
    /// <summary>Such as <c>order-to-cash</c>.</summary>
    string Kind { get; }

    System.Text.Json.Serialization.Metadata.JsonTypeInfo<TState> StateJson { get; }

    /// <summary>The key of the instance that this event is about; null if it is none of this kind's.</summary>
    OrderKey? SubjectOf(CanonicalEvent what) => what.Order;

    /// <summary>May this event start a flow that is not there yet? If not, an event without its flow is parked.</summary>
    bool CanStart(CanonicalEvent what);

    Decision<TState> Decide(TState? state, FlowEvent what, FlowContext context);

    /// <summary>What lists and totals show of an instance.</summary>
    FlowSummary Summarize(TState state);
}

/// <param name="Erp">The connection that keeps the books of the order's source; null if none is set up (a problem, not a crash).</param>
/// <param name="Key">The order, or the return, that this flow instance is about.</param>
public sealed record FlowContext(DateTimeOffset Now, OrderKey Key, string Brand, string? Erp, FlowPolicy Policy);

/// <summary>Limits that an administrator can change.</summary>
/// <param name="FraudReviewAbove">Orders above this amount in their own currency wait for a person; null switches the screen off.</param>
/// <param name="FraudReviewByCurrency">Limits of currencies whose unit is worth much less or more, such as the yen.</param>
/// <param name="TotalTolerance">Largest difference between an order's total and the sum of its parts, in the smallest unit of its currency.</param>
/// <param name="Returns">What may come back, and who must agree.</param>
/// <param name="DuplicateWithin">Equal orders placed at most this far apart wait for a person from the second on; zero switches the check off.</param>
public sealed record FlowPolicy(
    decimal? FraudReviewAbove = 10_000m, int TotalTolerance = 0, TimeSpan? StockRetry = null, IReadOnlyDictionary<string, decimal>? FraudReviewByCurrency = null,
    TimeSpan? DuplicateWithin = null, ReturnToRefund.ReturnPolicy? Returns = null, TimeSpan? UnpaidHold = null)
{
    public decimal? FraudLimit(string currency) => FraudReviewAbove is null ? null : FraudReviewByCurrency?.TryGetValue(currency, out var limit) == true ? limit : FraudReviewAbove;

    public TimeSpan StockRetryAfter => StockRetry ?? TimeSpan.FromMinutes(5);

    public ReturnToRefund.ReturnPolicy ReturnRules => Returns ?? ReturnToRefund.ReturnPolicy.Standard;

    public TimeSpan TwinsWithin => DuplicateWithin ?? TimeSpan.FromMinutes(5);

    /// <summary>How long goods are set aside for an order of which nothing is paid or authorised; zero: without a limit.</summary>
    public TimeSpan UnpaidHoldFor => UnpaidHold ?? TimeSpan.FromDays(7);
}

/// <param name="Stage">Of the flow's own list of stages, such as <c>posted</c>.</param>
/// <param name="Name">What people call it.</param>
public sealed record FlowSummary(string Stage, FlowStatus Status, string Name, Money Value, DateTimeOffset PlacedAt, long AppliedVersion);

public enum FlowStatus
{
    /// <summary>Under way.</summary>
    Open,

    /// <summary>Needs a person before it can go on.</summary>
    Attention,

    Done,
    Cancelled,
}
