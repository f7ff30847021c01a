using System.Globalization;
using ControlTower.Data.Canonical;
using ControlTower.Sync.Connectors;

namespace ControlTower.Sync.Flows.OrderToCash;

/// <summary>The ERP's invoices, however they are heard of.</summary>
internal static class Invoicing
{
    private const string TooMuch = "invoiced-too-much";

    public static Verdict Learn(Draft draft, InvoicePosted said)
    {
        if (said.Total.Currency != draft.State.Currency)
        {
            draft.ReportOnce(new Problem(FailureKind.Value, "invoice-currency", $"The ERP invoiced {said.InvoiceNumber} in {said.Total.Currency}, but the order is in {draft.State.Currency}. "
                + "No payment was booked. Correct the customer's or order's currency in the ERP.", "currency", draft.Erp));
            return Verdict.Applied;
        }

        var remaining = said.Remaining is { } rest && rest.Currency == said.Total.Currency ? Capturing.Bounded(rest.Amount) : (decimal?)null;
        if (draft.State.Invoices.FirstOrDefault(i => i.Id == said.InvoiceId) is not { } known)
        {
            Add(draft, new Invoice(said.InvoiceId, said.InvoiceNumber, Capturing.Bounded(said.Total.Amount), remaining, said.Version));
            return Verdict.Applied;
        }

        if (said.Version <= known.Version)
        {
            return said.Version == known.Version ? Verdict.Duplicate : Verdict.Stale;
        }

        draft.State = draft.State.With(known with { Number = said.InvoiceNumber, Total = Capturing.Bounded(said.Total.Amount), Remaining = remaining, Version = said.Version });
        draft.Refer("erp-invoice", said.InvoiceNumber);
        return Verdict.Applied;
    }

    /// <summary>An ERP that ships and invoices in one go answers with the invoice of the whole order.</summary>
    public static void FromShipment(Draft draft, Outcome.Accepted accepted)
    {
        if (accepted.Facts?.GetValueOrDefault("invoiceId") is not { Length: > 0 } id)
        {
            return;
        }

        draft.State = draft.State with { FullyInvoiced = true };
        if (draft.State.Invoices.All(i => i.Id != id))
        {
            var number = accepted.Facts.GetValueOrDefault("invoiceNumber") ?? id;
            Add(draft, new Invoice(id, number, Posting.Amount(accepted, "total") ?? draft.State.Total, null, long.MinValue));
        }
    }

    public static OrderState With(this OrderState state, Invoice invoice) =>
        state with { Invoices = [.. state.Invoices.Where(i => i.Id != invoice.Id).Append(invoice).OrderBy(i => i.Id, StringComparer.Ordinal)] };

    /// <summary>
    /// Judged after every event: which edit the ERP knew when it invoiced may be heard of later than the invoice. "Too much" is then taken back; an invoice of a cancelled
    /// order stays wrong whatever comes.
    /// </summary>
    public static void Judge(Draft draft)
    {
        var state = draft.State;
        if (state.Invoices.Count == 0)
        {
            return;
        }

        var numbers = string.Join(", ", state.Invoices.Select(i => i.Number).Distinct(StringComparer.Ordinal));
        if (state.Cancelled)
        {
            draft.Settle(TooMuch);
            draft.ReportOnce(new Problem(FailureKind.Ownership, "invoiced-but-cancelled",
                $"The ERP invoiced {numbers} although the order is cancelled. No payment is booked. Credit what was invoiced in the ERP.", null, draft.Erp));
            return;
        }

        var sum = state.Invoices.Sum(i => i.Total);
        if (sum <= Math.Max(state.Total, state.ErpTotal ?? 0m) + draft.Tolerance)
        {
            draft.Settle(TooMuch);
            return;
        }

        draft.ReportOnce(new Problem(FailureKind.Duplicate, TooMuch, string.Create(CultureInfo.InvariantCulture,
            $"The ERP's invoices {numbers} add up to {sum} {state.Currency}, the order is worth {state.Total}. Payments are booked up to the order's worth only. ")
            + "Look in the ERP for a doubled invoice.", "total", draft.Erp));
    }

    private static void Add(Draft draft, Invoice invoice)
    {
        draft.State = draft.State.With(invoice);
        draft.Refer("erp-invoice", invoice.Number);
        draft.Refer("erp-invoice", invoice.Id);
        draft.Note("order.invoiced", draft.Erp, invoice.Number);
    }
}
