using System.Globalization;
using ControlTower.Data.Canonical;
using ControlTower.Sync.Connectors;

namespace ControlTower.Sync.Flows.OrderToCash;

/// <summary>The sales order in the ERP: asked for once, under a key that never changes. Its undo is in <see cref="Cancelling"/>.</summary>
internal static class Posting
{
    public const string DocumentDiffers = "erp-document-differs";
    private const string TotalDiffers = "erp-total-differs";

    public static void Advance(Draft draft)
    {
        var state = draft.State;
        if (state.PostingIsOutdated())
        {
            // Already sent? Then its outcome comes, and an update follows. Not yet? Then the new content goes out under the same key.
            draft.TakeBack(DeliveryKind.PostSalesOrder);
            return;
        }

        if (state.Post != ErrandState.None || !state.Checked || !state.GoodsSecured() || draft.Erp is not { } erp)
        {
            return;
        }

        draft.State = state with { Post = ErrandState.Open, Erp = erp, AskedDocument = state.Document, AskedDigest = state.Digest, AskedTotal = state.Total };
        draft.Refer("posting-key", draft.Keys.SalesOrder.Value);
        draft.Note("order.posting", erp, draft.Keys.SalesOrder.Value);
        draft.Ask(DeliveryKind.PostSalesOrder, erp, draft.Keys.SalesOrder, new DeliveryArguments(Allocations: state.Allocations));
    }

    public static void Done(Draft draft, Outcome.Accepted accepted)
    {
        draft.State = draft.State with
        {
            Erp = draft.Erp,
            ErpReference = accepted.Reference,
            ErpNumber = accepted.Number ?? accepted.Reference,
            ErpDigest = draft.State.AskedDigest ?? draft.State.Digest,
        };
        draft.Refer("erp-order", accepted.Reference);
        draft.Refer("erp-order", accepted.Number);
        draft.Note("order.posted", draft.Erp, draft.State.ErpNumber);
        CompareTotals(draft, accepted);
        CompareDocument(draft, accepted);
    }

    /// <summary>After a person's retry the document was read back: what it says otherwise than it was sent is a contradiction. Its total is judged by itself.</summary>
    public static void CompareDocument(Draft draft, Outcome.Accepted accepted)
    {
        var differs = accepted.Facts?.GetValueOrDefault(ReadFacts.Differs)?.Split("; ").Where(part => !part.StartsWith("total is ", StringComparison.Ordinal)).ToList();
        if (differs is { Count: > 0 })
        {
            draft.ReportOnce(new Problem(FailureKind.Value, DocumentDiffers,
                $"{draft.State.ErpNumber} was read back from the ERP and is not what was sent: {string.Join("; ", differs)}. The order goes on. Correct the document there, or find out who changed it.", null, draft.Erp));
        }
        else if (accepted.Facts?.ContainsKey(ReadFacts.Compared) == true && accepted.Facts.ContainsKey(ReadFacts.Lines))
        {
            draft.Settle(DocumentDiffers);
        }
    }

    public static void CompareTotals(Draft draft, Outcome.Accepted accepted)
    {
        if (Amount(accepted, "total") is not { } total)
        {
            return;
        }

        draft.State = draft.State with { ErpTotal = total };
        if (Math.Abs(total - draft.State.AskedTotal) <= draft.Tolerance)
        {
            draft.Settle(TotalDiffers);
            return;
        }

        draft.ReportOnce(new Problem(FailureKind.Value, TotalDiffers, string.Create(CultureInfo.InvariantCulture,
            $"The ERP calculates {total} {draft.State.Currency} for this order, the shop sold it for {draft.State.AskedTotal}. The order goes on, but its books will not match the payment. "
            + $"Compare tax set-up, prices and rounding of {draft.State.ErpNumber} in the ERP with the shop."), "total", draft.Erp));
    }

    public static decimal? Amount(Outcome.Accepted accepted, string fact) =>
        accepted.Facts?.GetValueOrDefault(fact) is { } text
        && decimal.TryParse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var amount)
            ? Capturing.Bounded(amount)
            : null;
}
