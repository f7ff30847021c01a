using ControlTower.Sync.Flows.JournalToBooks;
using ControlTower.Sync.Flows.OrderToCash;
using ControlTower.Sync.Flows.ReturnToRefund;

namespace ControlTower.Sync.Relay;

/// <summary>One kind of event that the tower publishes.</summary>
/// <param name="Name">As the flow writes it into the log, such as <c>order.posted</c>.</param>
/// <param name="Version">Rises with a change that would break a receiver; the old number then stays beside it until nobody listens to it any more.</param>
/// <param name="Flow">The kind of flow that it happens to.</param>
/// <param name="Stages">Where the flow may stand afterwards.</param>
public sealed record EventType(string Name, int Version, string Flow, IReadOnlyList<string> Stages, string Words)
{
    /// <summary>The <c>type</c> of its CloudEvents, such as <c>controltower.order.posted.v1</c>.</summary>
    public string Type => Of(Name, Version);

    public static string Of(string name, int version) => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{EventTypes.Prefix}{name}.v{version}");
}

/// <summary>
/// Everything that the tower publishes, to brokers, in the feed and by webhooks. What a flow writes and is not here fails a test; so does a schema under <c>docs/events</c> that a change would break.
/// </summary>
public static class EventTypes
{
    public const string Prefix = "controltower.";

    private static readonly IReadOnlyList<string> OrderStages = [.. Flows.OrderToCash.OrderStages.InOrder, Flows.OrderToCash.OrderStages.Cancelled];
    private static readonly IReadOnlyList<string> ReturnStages =
        [.. Flows.ReturnToRefund.ReturnStages.InOrder, Flows.ReturnToRefund.ReturnStages.Refused, Flows.ReturnToRefund.ReturnStages.Cancelled];

    /// <summary>Asked for by hand, to see that events arrive; it is in no log.</summary>
    public static EventType Test { get; } = new("webhook.test", 1, "webhook", ["test"], "Somebody asked for a test of a webhook. It is about no flow: drop it.");

    public static IReadOnlyList<EventType> All { get; } =
    [
        Order("captured", "A shop's or till's order was taken in."),
        Order("checked", "The order agrees with itself and may go on."),
        Order("held", "A check holds the order until somebody decides."),
        Order("routed", "It was decided where the order is served from."),
        Order("reserved", "Its goods are set aside."),
        Order("short", "There are not enough goods for it."),
        Order("goods-gone", "Goods that were set aside for it are not there any more."),
        Order("not-paid", "No payment came: its goods are for sale again."),
        Order("posting", "It is being written into the ERP."),
        Order("posted", "The ERP has the sales order."),
        Order("acknowledged", "The shop was told that the order is taken."),
        Order("acknowledgement-forgone", "The shop need not be told any more."),
        Order("edited", "The shop stated the order anew."),
        Order("updated", "The ERP has the newest statement."),
        Order("payment-stated", "The shop said how the payment stands."),
        Order("part-shipped", "A part of the goods left."),
        Order("parcel-called-off", "The shop called a parcel off: its goods are there again."),
        Order("shipped", "All goods left that will."),
        Order("ship-posted", "The ERP has the shipment."),
        Order("fulfilled", "The shop was told of a shipment."),
        Order("taken", "A till's goods left the stock."),
        Order("oversold", "A till sold what was not free."),
        Order("invoiced", "The ERP wrote an invoice."),
        Order("paid", "The ERP has the payment of an invoice."),
        Order("refunded", "The shop gave money back."),
        Order("refused", "A system refused a posting; somebody must look."),
        Order("taken-back", "A posting was taken back before it was sent."),
        Order("retried", "Somebody had the order tried again."),
        Order("cancel-requested", "The order is to be cancelled."),
        Order("cancelled", "The order is cancelled."),
        Order("completed", "Everything is done."),
        Return("requested", "Goods are to come back."),
        Return("restated", "The shop stated the return anew."),
        Return("approved", "Somebody agreed to the return."),
        Return("asked", "The policy leaves the return to a person, or the order is not known yet."),
        Return("authorised", "The return may come; its pieces and money are claimed."),
        Return("received", "Goods arrived."),
        Return("inspected", "Goods were looked at."),
        Return("said-beside", "Something was said that this return has no use for."),
        Return("credited", "The ERP wrote a credit memo."),
        Return("refunded", "The buyer has the money back."),
        Return("settled-by-hand", "A person did a step outside the tower."),
        Return("channel-told", "The shop knows how the return ended."),
        Return("delivery-refused", "A system refused a step; somebody must look."),
        Return("taken-back", "A step was taken back before it was sent."),
        Return("cancel-asked", "The return is to be called off."),
        Return("refuse-asked", "The return is to be refused."),
        Return("cancelled", "The return was called off."),
        Return("refused", "The return was refused."),
        Return("closed", "Everything is done."),
        Journal("asked", "An entry is to be booked."),
        Journal("booked", "The ERP has the entry."),
        Journal("refused", "The ERP refused the entry; somebody must look."),
        Test,
    ];

    private static readonly Dictionary<string, EventType> ByType = All.ToDictionary(type => type.Type, StringComparer.Ordinal);
    private static readonly Dictionary<string, EventType> ByName = All.GroupBy(type => type.Name, StringComparer.Ordinal).ToDictionary(same => same.Key, same => same.MaxBy(type => type.Version)!, StringComparer.Ordinal);

    /// <summary>By the <c>type</c> of its CloudEvents; null for what is not published.</summary>
    public static EventType? Find(string type) => ByType.GetValueOrDefault(type);

    /// <summary>The <c>type</c> of what a flow writes. What is not listed goes out as well: nothing that happened is kept back because a list is behind.</summary>
    public static string TypeOf(string name) => ByName.GetValueOrDefault(name)?.Type ?? EventType.Of(name, 1);

    private static EventType Order(string what, string words) => new($"order.{what}", 1, OrderToCashFlow.Name, OrderStages, words);

    private static EventType Return(string what, string words) => new($"return.{what}", 1, ReturnToRefundFlow.Name, ReturnStages, words);

    private static EventType Journal(string what, string words) => new($"journal.{what}", 1, JournalToBooksFlow.Name, [JournalToBooksFlow.Asked, JournalToBooksFlow.Booked], words);
}
