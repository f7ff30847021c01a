using System.Diagnostics.CodeAnalysis;
using ControlTower.Data.Flows;
using ControlTower.Data.Outbox;
using ControlTower.Sync.Flows.OrderToCash;
using ControlTower.Sync.Triage;

namespace ControlTower.Web.Shared;

/// <summary>How an order stands, as one chip: status, word, and where it helps attempt and time.</summary>
/// <param name="Sentence">The same in one sentence, with what happens next and when; for the timeline and for titles.</param>
public sealed record OrderStanding(Status Status, string Word, string Sentence, int? Attempt = null, DateTimeOffset? Until = null);

/// <summary>Stages, statuses and events of an order in words of the shop: the one place that knows.</summary>
public static class OrderWords
{
    public static string Stage(string stage) => stage switch
    {
        OrderStages.Captured => "Captured",
        OrderStages.Checked => "Checked",
        OrderStages.Routed => "Routed",
        OrderStages.Reserved => "Reserved",
        OrderStages.Posted => "Posted to ERP",
        OrderStages.Acknowledged => "Acknowledged",
        OrderStages.Shipped => "Shipped",
        OrderStages.Invoiced => "Invoiced",
        OrderStages.Paid => "Paid",
        OrderStages.Cancelled => "Cancelled",
        _ => stage.Length == 0 ? Say.None : char.ToUpperInvariant(stage[0]) + stage[1..].Replace('-', ' '),
    };

    /// <summary>All stages that a list may be narrowed to, in their order.</summary>
    public static IReadOnlyList<string> Stages { get; } = [.. OrderStages.InOrder, OrderStages.Cancelled];

    public static IReadOnlyList<string> Statuses { get; } = ["open", "attention", "done", "cancelled"];

    public static string StatusName(string status) => status switch
    {
        "open" => "under way",
        "attention" => "needs somebody",
        "done" => "done",
        "cancelled" => "cancelled",
        _ => status,
    };

    /// <summary>Stands for a case's cause before those who may not read cases: causes quote what systems said about the data.</summary>
    public const string CauseUntold = "Held for a repair";

    /// <summary>What holds the order up now; the most pressing reason wins.</summary>
    public static OrderStanding Standing(OrderRow row, DateTimeOffset now) => row switch
    {
        { Status: "done" } => new(Status.Ok, "Done", "Everything is done."),
        { Status: "cancelled" } => new(Status.Off, "Cancelled", "The order was cancelled."),
        { Delivery: { State: DeliveryState.Unknown } open } => new(Status.Unk, "Outcome unknown",
            $"We sent the {Playbook.Document(open.Kind)} to {open.TargetName} and got no answer. It is asked for before anything is sent again."),
        { Case.State: "retrying" } => new(Status.Run, "Retrying", $"Somebody retried it. Attempt {row.Case.Attempts} is under way.", Math.Max(1, row.Case.Attempts)),
        { Case: { } problem } => new(Status.Bad, "Needs somebody", $"{problem.Title}. It waits until somebody mends it."),
        { Delivery.State: DeliveryState.Held } => new(Status.Bad, "Needs somebody", "A delivery was refused. It waits until somebody mends it."),
        { Status: "attention" } => new(Status.Bad, "Needs somebody", "It waits until somebody decides."),
        { Delivery: { Paused: true } open } => new(Status.Held, "Held", $"{open.TargetName} is paused by a person. It goes out when that ends."),
        { Delivery: { TargetOpen: true } open } => new(Status.Wait, "Deferred", $"{open.TargetName} is not answering. It waits its turn and goes out in order when that is over."),
        { Delivery: { Lane: DeliveryLane.Deferred } open } => new(Status.Wait, "Deferred", $"It waits its turn for {open.TargetName}, in the order in which orders came."),
        { Delivery: { Attempts: > 0 } open } when open.DueAt > now => new(Status.Wait, "Waiting",
            $"{open.TargetName} could not take it. Attempt {open.Attempts + 1} follows by itself.", open.Attempts, open.DueAt),
        { Delivery: { State: DeliveryState.Sent } open } => new(Status.Run, open.Attempts > 1 ? "Retrying" : "Sending",
            $"The {Playbook.Document(open.Kind)} is on its way to {open.TargetName}.", open.Attempts > 1 ? open.Attempts : null),
        { Delivery: { } open } => new(Status.Run, "Sending", $"The {Playbook.Document(open.Kind)} for {open.TargetName} goes out next."),
        // Healthy orders carry no colour: they wait for the next thing by design.
        _ => new(Status.Wait, "On its way", Next(row.Stage)),
    };

    [return: NotNullIfNotNull(nameof(row))]
    public static OrderRow? WithoutCause(OrderRow? row) => row is { Case: { } problem } ? row with { Case = problem with { Title = CauseUntold } } : row;

    private static string Next(string stage) => stage switch
    {
        OrderStages.Posted => "The shop is told the ERP's number next.",
        OrderStages.Acknowledged => "It waits for the shipment.",
        OrderStages.Shipped => "It waits for the invoice.",
        OrderStages.Invoiced => "It waits for the payment.",
        OrderStages.Paid => "Everything is done.",
        _ => "It goes on by itself.",
    };
}
