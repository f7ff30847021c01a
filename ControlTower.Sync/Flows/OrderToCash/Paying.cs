using ControlTower.Data.Canonical;
using ControlTower.Sync.Connectors;

namespace ControlTower.Sync.Flows.OrderToCash;

/// <summary>The customer's payment, taken in the shop and booked against the ERP's invoices.</summary>
internal static class Paying
{
    public static void Advance(Draft draft)
    {
        if (draft.Erp is not { } erp)
        {
            return;
        }

        foreach (var invoice in draft.State.Invoices)
        {
            if (invoice.Payment.IsPending() && invoice.Remaining <= 0m)
            {
                // Settled without us, or by us with a lost answer; if it is under way its outcome tells.
                draft.TakeBack(DeliveryKind.PostPayment);
            }
            else if (invoice.Payment == ErrandState.None && draft.State.PaidInShop() && !draft.State.IsSettled(invoice))
            {
                Book(draft, erp, invoice);
            }
        }
    }

    public static void Done(Draft draft, Invoice invoice, Outcome.Accepted accepted)
    {
        if (accepted.Reference != invoice.Id)
        {
            // An ERP that found the invoice settled has no payment of ours and answers with the invoice itself.
            draft.Refer("erp-payment", accepted.Reference);
            draft.Refer("erp-payment", accepted.Number);
        }

        draft.Note("order.paid", draft.Erp, invoice.Number);
    }

    private static void Book(Draft draft, string erp, Invoice invoice)
    {
        var amount = draft.State.ToBook(invoice);
        draft.State = draft.State.With(invoice with { Payment = ErrandState.Open, Booked = amount });
        var arguments = new DeliveryArguments(draft.Keys.SalesOrder, draft.State.ErpReference, draft.State.ErpNumber, InvoiceId: invoice.Id, InvoiceNumber: invoice.Number,
            Amount: new Money(amount, draft.State.Currency), Method: draft.State.PaidBy, At: draft.State.PaidAt);
        draft.Ask(DeliveryKind.PostPayment, erp, draft.Keys.Payment(invoice.Id), arguments, amount);
    }
}
