using System.Globalization;
using ControlTower.Data.Canonical;
using ControlTower.Sync.Connectors;

namespace ControlTower.Sync.Flows.OrderToCash;

/// <summary>The ERP's invoices, however they are heard of.</summary>
internal static class Invoicing
{
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

    private static void Add(Draft draft, Invoice invoice)
    {
        draft.State = draft.State.With(invoice);
        draft.Refer("erp-invoice", invoice.Number);
        draft.Note("order.invoiced", draft.Erp, invoice.Number);
        var sum = draft.State.Invoices.Sum(i => i.Total);
        if (draft.State.Cancelled)
        {
            draft.ReportOnce(new Problem(FailureKind.Ownership, "invoiced-but-cancelled",
                $"The ERP invoiced {invoice.Number} although the order is cancelled. No payment was booked. Credit the invoice in the ERP.", null, draft.Erp));
        }
        else if (sum > Math.Max(draft.State.Total, draft.State.ErpTotal ?? 0m) + draft.Tolerance)
        {
            draft.ReportOnce(new Problem(FailureKind.Duplicate, "invoiced-too-much", string.Create(CultureInfo.InvariantCulture,
                $"The ERP's invoices add up to {sum} {draft.State.Currency}, the order is worth {draft.State.Total}. Payments are booked up to the order's worth only. ")
                + $"Check {invoice.Number} in the ERP for a doubled invoice.", "total", draft.Erp));
        }
    }
}
