using ControlTower.Sync.Flows.OrderToCash;

namespace ControlTower.Sync.Flows.ReturnToRefund;

/// <summary>The stages of a return in their order, and which of them a state has reached.</summary>
public static class ReturnStages
{
    public const string Requested = "requested";
    public const string Authorised = "authorised";
    public const string Received = "received";
    public const string Inspected = "inspected";
    public const string Credited = "credited";
    public const string Refunded = "refunded";
    public const string ChannelTold = "channel-told";
    public const string Closed = "closed";
    public const string Refused = "refused";
    public const string Cancelled = "cancelled";

    public static IReadOnlyList<string> InOrder { get; } = [Requested, Authorised, Received, Inspected, Credited, Refunded, ChannelTold, Closed];

    /// <summary>The furthest stage to which there is no gap: a refund that was paid before the goods came counts once they are here and credited.</summary>
    public static string Of(ReturnState state) => state switch
    {
        { Cancelled: true } => Cancelled,
        { Refused: true } => Refused,
        { Completed: true } => Closed,
        { Claim: not ClaimState.Held } => Requested,
        _ when !state.IsReceived() => Authorised,
        _ when !state.IsInspected() => Received,
        { Credit: not ErrandState.Done } => Inspected,
        { Refund: not ErrandState.Done } => Credited,
        { Tell: not ErrandState.Done } => Refunded,
        _ => ChannelTold,
    };

    public static FlowStatus StatusOf(ReturnState state) => state switch
    {
        { Cancelled: true } or { Refused: true } => FlowStatus.Cancelled,
        { Completed: true } => FlowStatus.Done,
        _ when state.Reported.Count > 0 || state.AwaitsPerson()
            || state.Credit == ErrandState.Refused || state.Refund == ErrandState.Refused || state.Tell == ErrandState.Refused => FlowStatus.Attention,
        _ => FlowStatus.Open,
    };
}
