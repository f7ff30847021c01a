using ControlTower.Data.Canonical;
using ControlTower.Sync.Connectors;

namespace ControlTower.Sync.Flows.ReturnToRefund;

/// <summary>The questions that stages ask: what came, what was looked at, what of it is paid. More than was claimed never counts, however often it is said.</summary>
internal static class ReturnGoods
{
    public static bool IsOver(this ReturnState state) => state.Completed || state.Refused || state.Cancelled;

    /// <summary>The policy leaves it to a person, and nobody has agreed yet.</summary>
    public static bool AwaitsPerson(this ReturnState state) =>
        state is { Claim: ClaimState.None, Approved: false, Decision.Ruling: Ruling.AskPerson or Ruling.Allowed } && !state.IsOver() && (state.IsMereRequest() || state.Decision.Ruling == Ruling.AskPerson);

    /// <summary>A buyer asked the channel, and nobody there or here has agreed: what they want is nobody's promise yet.</summary>
    public static bool IsMereRequest(this ReturnState state) => state is { By: null, Approved: false };

    public static int Inspected(this ReturnState state, ReturnLine line) => Accepted(state, line) + Rejected(state, line);

    /// <summary>What was inspected has arrived, whether somebody said so or not.</summary>
    public static int Received(this ReturnState state, ReturnLine line) => Math.Min(
        line.Quantity, Math.Max(Sum(state.Receipts.Where(r => !r.Late).SelectMany(r => r.Lines).Where(l => l.OrderLineId == line.Id).Select(l => l.Quantity)), state.Inspected(line)));

    public static bool IsReceived(this ReturnState state) =>
        (state.Receipts.Any(r => r is { Complete: true, Late: false }) && state.Lines.Any(l => state.Received(l) > 0)) || state.Lines.All(l => state.Received(l) >= l.Quantity);

    public static bool IsInspected(this ReturnState state) => state.IsReceived() && state.Lines.All(l => state.Inspected(l) >= state.Received(l));

    /// <summary>Pieces that are paid back.</summary>
    public static int Accepted(this ReturnState state, ReturnLine line) => Shares(state).Where(s => s.Line.OrderLineId == line.Id && s.Line.Condition != GoodsCondition.Rejected).Sum(s => s.Quantity);

    public static int Rejected(this ReturnState state, ReturnLine line) => Shares(state).Where(s => s.Line.OrderLineId == line.Id && s.Line.Condition == GoodsCondition.Rejected).Sum(s => s.Quantity);

    /// <summary>What is paid for the accepted pieces of a line: everything for all, else a share that never rounds up beyond it.</summary>
    public static decimal Due(this ReturnState state, ReturnLine line) => Part(line.Amount, state.Accepted(line), line.Quantity, state.Currency);

    public static decimal Due(this ReturnState state) => state.Lines.Sum(state.Due);

    public static decimal Claimed(this ReturnState state) => state.Lines.Sum(l => l.Amount);

    /// <summary>What is to be paid back by all that is known: all that was claimed until the goods were looked at.</summary>
    public static decimal Owed(this ReturnState state) => state.IsInspected() ? state.Due() : state.Claimed();

    public static bool Knows(this ReturnState state, string refundId) => state.RefundReference == refundId || state.FurtherRefunds.Contains(refundId);

    /// <summary>The accepted pieces as the books and the shop are told of them.</summary>
    public static IReadOnlyList<CreditLine> Credits(this ReturnState state, bool all) =>
        [.. state.Lines.Select(l => (Line: l, Quantity: all ? l.Quantity : state.Accepted(l))).Where(x => x.Quantity > 0).Select(x => new CreditLine(
            x.Line.Id, x.Line.Sku, x.Line.Title, x.Quantity, x.Line.UnitPrice, Part(x.Line.Net, x.Quantity, x.Line.Quantity, state.Currency),
            [.. x.Line.Taxes.Select(t => t with { Amount = Part(t.Amount, x.Quantity, x.Line.Quantity, state.Currency) })]))];

    /// <summary>Each inspected piece with what it counts for: in the order in which inspections were heard of, until all that was claimed is accounted for.</summary>
    public static IEnumerable<(Inspection Inspection, InspectedLine Line, int Quantity)> Shares(this ReturnState state)
    {
        var left = state.Lines.ToDictionary(l => l.Id, l => l.Quantity, StringComparer.Ordinal);
        foreach (var inspection in state.Inspections.Where(i => !i.Late))
        {
            foreach (var line in inspection.Lines)
            {
                var counts = Math.Min(Math.Max(line.Quantity, 0), left.GetValueOrDefault(line.OrderLineId));
                if (counts > 0)
                {
                    left[line.OrderLineId] -= counts;
                    yield return (inspection, line, counts);
                }
            }
        }
    }

    public static decimal Part(decimal amount, int pieces, int all, string currency) =>
        pieces >= all ? amount : pieces <= 0 ? 0m : new Money(amount * pieces / all, currency).Rounded().Amount;

    // Quantities come from outside: any number of any size.
    private static int Sum(IEnumerable<int> quantities) => (int)Math.Min(int.MaxValue, quantities.Sum(q => (long)Math.Max(q, 0)));
}
