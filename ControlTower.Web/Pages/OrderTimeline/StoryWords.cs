using ControlTower.Data.Timeline;
using ControlTower.Sync.Triage;
using ControlTower.Web.Shared;

namespace ControlTower.Web.Pages.OrderTimeline;

/// <summary>What a person reads of one step: <paramref name="Short"/> on the drawing, <paramref name="Text"/> in lists. Both without personal data.</summary>
internal sealed record StepWords(string Short, string Text, SwimState State, bool OnDrawing = true);

/// <summary>Entries of the event log in words. A type that this version does not know is shown by its name: nothing is hidden.</summary>
internal static class StoryWords
{
    public static StepWords Of(StoryStep step) => step.Type switch
    {
        "order.captured" => new("Received", "Order received", SwimState.Done),
        "order.checked" => new("Checked", "Repetition, totals, tax and risk checked", SwimState.Done),
        "order.held" => new("Held", With("Held by a check", step.Detail), SwimState.Failed),
        "order.routed" => new("Routed", With("Routed", step.Detail), SwimState.Done, OnDrawing: false),
        "order.reserved" => new("Reserved", With("Stock reserved", step.Detail), SwimState.Done),
        "order.taken" => new("Handed over", With("Sold at the till, goods gone", step.Detail), SwimState.Done),
        "order.oversold" => new("Oversold", With("Sold although not free", step.Detail), SwimState.Done),
        "order.short" => new("Short of stock", With("Not enough stock", step.Detail), SwimState.Failed),
        "order.goods-gone" => new("Goods are gone", With("Set aside, and not there any more", step.Detail), SwimState.Failed),
        "order.not-paid" => new("Not paid", "No payment came: the goods are for sale again", SwimState.Failed),
        "order.parcel-called-off" => new("Parcel called off", With("A parcel was called off, its goods are there again", step.Reference), SwimState.Done),
        "order.posting" => new("Asked", With("Asked to make the sales order", step.Reference), SwimState.Done, OnDrawing: false),
        "order.posted" => new("Order made", With("Sales order made and read back", step.Reference), SwimState.Done),
        "order.acknowledgement-forgone" => new("Gone on without", "The shop was not told the ERP's number: somebody let the order go on", SwimState.Done),
        "order.acknowledged" => new("Acknowledged", With("Shop told the ERP's number", step.Reference), SwimState.Done),
        "order.edited" => new("Edited", "Order changed in the shop", SwimState.Done),
        "order.updated" => new("Changed", With("Sales order changed to match", step.Reference), SwimState.Done),
        "order.payment-stated" => new("Payment stated", With("Payment stated by the shop", step.Detail), SwimState.Done, OnDrawing: false),
        "order.shipped" => new("Shipped", With("Goods left", step.Detail ?? step.Reference), SwimState.Done),
        "order.ship-posted" => new("Shipment booked", With("Shipment booked", step.Reference), SwimState.Done),
        "order.fulfilled" => new("Fulfilled", "Shop told of the shipment", SwimState.Done),
        "order.invoiced" => new("Invoiced", With("Invoice", step.Reference), SwimState.Done),
        "order.paid" => new("Paid", With("Payment booked on invoice", step.Reference), SwimState.Done),
        "order.refunded" => new("Refunded", With("Refund recorded", step.Detail), SwimState.Done),
        "order.cancel-requested" => new("Cancel asked", "Cancellation asked for in the shop", SwimState.Done),
        "order.cancelled" => new("Cancelled", With("Cancelled", step.Reference), SwimState.Done),
        "order.refused" => new(Refused(step.Detail), With(Refused(step.Detail), step.Detail?.Split(": ", 2)[^1]), SwimState.Failed),
        "order.taken-back" => new("Taken back", With("Taken back before it was sent", step.Detail), SwimState.Done, OnDrawing: false),
        "order.retried" => new("Retried", "Tried again by a person", SwimState.Done),
        "order.completed" => new("Done", "Everything is done", SwimState.Done),
        _ => new(step.Type, With(step.Type, step.Detail ?? step.Reference), SwimState.Done),
    };

    /// <summary>A delivery's document on the drawing: "Sales order".</summary>
    public static string Document(string kind)
    {
        var words = Playbook.Document(kind);
        return char.ToUpperInvariant(words[0]) + words[1..];
    }

    /// <summary>Why a message that came in has not been worked yet.</summary>
    public static string Waiting(string? why) => why switch
    {
        "parked" => "waits for what it depends on",
        "thin" => "waits until the shop was asked",
        _ => "waits for its turn",
    };

    /// <summary>What a person did, from the audit's action name.</summary>
    public static string Act(StoryAct act) => (act.Action, act.Outcome) switch
    {
        _ when act.Result is { } result => Result(result),
        ("exceptions:case:retry", "done") => "Retried, same posting key",
        ("exceptions:case:assign", "done") => "Taken in hand",
        ("exceptions:case:release", "done") => "In nobody's hands any more",
        ("exceptions:case:snooze", "done") => With("Snoozed", act.Reason),
        ("exceptions:case:hold", "done") => With("Put on hold", act.Reason),
        ("exceptions:case:wake", "done") => "Put back on the board",
        ("exceptions:case:comment", "done") => act.Reason ?? "",
        ("orders:personal:erase", "done") => With("Erased what it says", act.Reason),
        ("orders:order:cancel", "done") => With("Called the order off", act.Reason),
        ("exceptions:case:call-off", "done") => "The retry was called off before its call began",
        ("exceptions:case:undo", "done") => "The last act was taken back",
        ("exceptions:case:discard", "done") => With("Discarded", act.Reason),
        ("exceptions:case:resolve", "done") => With("Resolved by hand", act.Reason),
        ("exceptions:case:edit", "done") => With("Payload changed", act.Reason),
        ("exceptions:case:undo-edit", "done") => "Change of the payload undone before it went out",
        ("exceptions:mapping:put", "done") => With("Mapped once and retried", act.Reason),
        (_, "done") => With(act.Action.Replace(':', ' '), act.Reason),
        _ => With($"{act.Action.Replace(':', ' ')}, {act.Outcome}", act.Reason),
    };

    /// <summary>What became of what a person had asked for.</summary>
    private static string Result(string result) => result switch
    {
        "proven" => "Their retry was proven: the target has it",
        "went-on" => "Their retry went on",
        "taken-back" => "What they retried is no longer wanted",
        "failed-again" => "Their retry failed again",
        "unchanged" => "Their retry changed nothing",
        "called-off" => "Their retry was called off",
        "closed-by-hand" => "What they retried was closed by hand",
        "cancelled" => "The order that they called off is cancelled",
        "stays-sold" => "The order that they called off stays sold: it was complete before",
        _ => result,
    };

    private static string Refused(string? detail) => detail?.Split(':')[0] is { Length: > 0 } kind ? $"{Document(kind)} refused" : "Refused";

    private static string With(string text, string? more) => string.IsNullOrWhiteSpace(more) ? text : $"{text}: {more}";
}
