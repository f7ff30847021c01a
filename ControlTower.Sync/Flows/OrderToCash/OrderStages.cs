namespace ControlTower.Sync.Flows.OrderToCash;

/// <summary>The stages of an order in their order, and which of them a state has reached.</summary>
public static class OrderStages
{
    public const string Captured = "captured";
    public const string Checked = "checked";
    public const string Routed = "routed";
    public const string Reserved = "reserved";
    public const string Posted = "posted";
    public const string Acknowledged = "acknowledged";
    public const string Shipped = "shipped";
    public const string Invoiced = "invoiced";
    public const string Paid = "paid";
    public const string Cancelled = "cancelled";

    public static IReadOnlyList<string> InOrder { get; } = [Captured, Checked, Routed, Reserved, Posted, Acknowledged, Shipped, Invoiced, Paid];

    /// <summary>The furthest stage to which there is no gap: a shipment that was heard of before the acknowledgement counts once that is there.</summary>
    public static string Of(OrderState state) => state switch
    {
        { Cancelled: true } => Cancelled,
        { Post: not ErrandState.Done, Checked: false } => Captured,
        { Post: not ErrandState.Done } when state.GoodsSecured() => Reserved,
        { Post: not ErrandState.Done, Reservation: ReservationState.Asked or ReservationState.Short } => Routed,
        { Post: not ErrandState.Done } => Checked,
        _ when !state.AcknowledgementSettled() => Posted,
        _ when !state.IsShipped() => Acknowledged,
        _ when !state.IsInvoiced() => Shipped,
        _ when !state.IsPaid() => Invoiced,
        _ => Paid,
    };

    public static FlowStatus StatusOf(OrderState state) => state switch
    {
        { Cancelled: true } => FlowStatus.Cancelled,
        { Completed: true } => FlowStatus.Done,
        _ when state.NeedsSomebody() => FlowStatus.Attention,
        _ => FlowStatus.Open,
    };

    private static bool NeedsSomebody(this OrderState state) =>
        (state.Held.Count > 0 && !state.CancelRequested)
        || state.Reservation == ReservationState.Short
        || (state.PaymentWait == PaymentWait.Over && !state.CancelRequested) || state.Reported.Contains(Reserving.GoodsGone)
        || state.Post == ErrandState.Refused || state.Update == ErrandState.Refused || state.Acknowledge == ErrandState.Refused
        || state.Ship == ErrandState.Refused || state.Cancel == ErrandState.Refused
        || state.Shipments.Any(s => s.Told == ErrandState.Refused) || state.Invoices.Any(i => i.Payment == ErrandState.Refused);
}
