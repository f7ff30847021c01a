using ControlTower.Data.Canonical;
using ControlTower.Sync.Connectors.Http;

namespace ControlTower.Sync.Connectors.BusinessCentral;

/// <summary>Ships and invoices in one step: the API has no other. A fully posted order is deleted; its invoice carries our key on.</summary>
internal sealed class Shipping(ODataCall call, Invoices invoices)
{
    public async Task<Outcome> ShipAsync(ShipSalesOrder command, CancellationToken cancel)
    {
        if (OData.Id("salesOrders", command.ErpReference) is not { } path)
        {
            return new Outcome.Refused(FailureKind.Value, "bad-id", "The order's id in the ERP is no GUID.", "erpReference");
        }

        var order = await call.ReadAsync($"{path}?$select=id,number", cancel).ConfigureAwait(false);
        if (order.IsAbsent)
        {
            return await InvoicedAsync(command.PostedAs, cancel).ConfigureAwait(false)
                ?? new Outcome.Refused(FailureKind.Missing, "no-such-order", "The ERP has neither this order nor an invoice of it.", "order");
        }

        if (order.Failure is not null)
        {
            return order.Failure;
        }

        var posted = await call.PostAsync($"{path}/Microsoft.NAV.shipAndInvoice", null, cancel).ConfigureAwait(false);
        if (posted.IsAbsent)
        {
            // Gone between the read and the action: somebody posted it by hand.
            return await InvoicedAsync(command.PostedAs, cancel).ConfigureAwait(false) ?? posted.Failure!;
        }

        return posted.Failure
            ?? await InvoicedAsync(command.PostedAs, cancel).ConfigureAwait(false) switch
            {
                Outcome.Accepted accepted => accepted,
                _ => new Outcome.Unknown("The order was shipped and invoiced, but the invoice could not be read."),
            };
    }

    public async Task<LookUp> LookUpAsync(ShipSalesOrder command, CancellationToken cancel)
        => await InvoicedAsync(command.PostedAs, cancel).ConfigureAwait(false) switch
        {
            null => new LookUp.Absent(),
            Outcome.Accepted accepted => new LookUp.Found(accepted),
            var failure => HttpOutcome.Undecided(failure),
        };

    /// <summary>Null if there is no invoice.</summary>
    private async Task<Outcome?> InvoicedAsync(PostingKey postedAs, CancellationToken cancel)
    {
        var found = await invoices.FindAsync(postedAs, cancel).ConfigureAwait(false);
        return found.Failure ?? (found.First is { } invoice ? Invoices.Shipped(invoice) : null);
    }
}
