using System.Text.Json;
using ControlTower.Data.Canonical;
using ControlTower.Data.Returns;
using ControlTower.Sync.Flows.OrderToCash;
using ControlTower.Sync.Flows.ReturnToRefund;

namespace ControlTower.Sync.Returns;

/// <summary>One return as people look at it: lines with what came and what it counts for, the policy's decision, and what may be done now. Pure.</summary>
/// <param name="AwaitsPerson">The policy leaves it to a person, and nobody has agreed yet.</param>
/// <param name="Stuck">Steps that a system refused, and a person may settle by hand.</param>
public sealed record ReturnView(
    IReadOnlyList<ReturnViewLine> Lines, ReturnDecision? Decision, bool AwaitsPerson, bool Receipt, string? By, string? ApprovedBy, string? Store, string? EndedWhy,
    bool MayReceive, bool MayInspect, bool MayEnd, IReadOnlyList<ReturnStep> Stuck, IReadOnlyList<Receipt> Receipts, IReadOnlyList<Inspection> Inspections)
{
    public static ReturnView Of(ReturnDetail detail)
    {
        var state = JsonSerializer.Deserialize(detail.State, ReturnStateJson.Default.ReturnState)!;
        var (over, held) = (state.IsOver(), state.Claim == ClaimState.Held);
        return new ReturnView(
            [.. state.Requested.Select(r => Line(state, r))], state.Decision, state.AwaitsPerson(), state.Receipt, state.By, state.ApprovedBy, state.Store, state.EndedWhy,
            MayReceive: !over && (!held || !state.IsReceived()), MayInspect: !over && (!held || !state.IsInspected()),
            MayEnd: !over && !(held && state.Receipts.Count + state.Inspections.Count > 0) && state.Refund != ErrandState.Done,
            [.. Enum.GetValues<ReturnStep>().Where(step => !over && IsStuck(state, step))], state.Receipts, state.Inspections);
    }

    public static bool IsStuck(ReturnState state, ReturnStep step) => step switch
    {
        ReturnStep.Credit => PayingBack.IsCreditStuck(state),
        ReturnStep.Refund => PayingBack.IsRefundStuck(state),
        _ => state.Tell == ErrandState.Refused,
    };

    private static ReturnViewLine Line(ReturnState state, ReturnedLine asked)
    {
        var line = state.Lines.FirstOrDefault(l => l.Id == asked.OrderLineId);
        return line is null
            ? new ReturnViewLine(asked.OrderLineId, null, null, asked.Reason, asked.Quantity, 0, 0, 0, null, null)
            : new ReturnViewLine(
                line.Id, line.Sku, line.Title, asked.Reason, line.Quantity, state.Received(line), state.Accepted(line), state.Rejected(line), new Money(line.Amount, state.Currency),
                new Money(state.Due(line), state.Currency));
    }
}

/// <param name="Sku">Null until the order is known.</param>
/// <param name="Authorised">What all pieces of the line are worth.</param>
/// <param name="Due">What is paid for those that were accepted.</param>
public sealed record ReturnViewLine(
    string OrderLineId, string? Sku, string? Title, string Reason, int Quantity, int Received, int Accepted, int Rejected, Money? Authorised, Money? Due);
