using System.Globalization;
using System.Text.Json;
using ControlTower.Data.Canonical;

namespace ControlTower.Sync.Connectors.Tryton;

/// <summary>
/// The goods left: moves every shipment of the sale to done and posts its invoices. Each step is taken only from the state before it, so that sending again after an
/// interruption goes on where it stopped and a shipment is never done twice.
/// </summary>
internal sealed class TrytonShipping(ConnectionProfile profile, TrytonRpc rpc, TrytonInvoices invoices)
{
    private const string Shipment = "stock.shipment.out";

    public async Task<Outcome> ShipAsync(ShipSalesOrder command, CancellationToken cancel)
    {
        var sale = await TrytonSale.FindAsync(rpc, command.ErpReference, command.PostedAs, cancel).ConfigureAwait(false);
        if (sale is not { IsLive: true })
        {
            return new Outcome.Refused(FailureKind.Missing, "sale-not-open", sale is null
                ? $"Tryton has no sale {command.ErpReference}."
                : $"Sale {sale.Number ?? sale.Reference} is {sale.State} in Tryton.");
        }

        foreach (var id in sale.Shipments)
        {
            await ShipAsync(id, cancel).ConfigureAwait(false);
        }

        foreach (var id in sale.Invoices)
        {
            await invoices.PostAsync(id, cancel).ConfigureAwait(false);
        }

        return await ReadAsync(sale, cancel).ConfigureAwait(false) as Outcome
            ?? new Outcome.NotDone(FailureKind.Intermittent, "Tryton has not finished the shipment or the invoice yet.");
    }

    public async Task<LookUp> LookUpAsync(ShipSalesOrder command, CancellationToken cancel)
    {
        var sale = await TrytonSale.FindAsync(rpc, command.ErpReference, command.PostedAs, cancel).ConfigureAwait(false);
        return sale is not null && await ReadAsync(sale, cancel).ConfigureAwait(false) is { } done ? new LookUp.Found(done) : new LookUp.Absent();
    }

    private async Task ShipAsync(long id, CancellationToken cancel)
    {
        var state = await StateAsync(id, cancel).ConfigureAwait(false);
        if (state == "draft")
        {
            await rpc.PressAsync(Shipment, "wait", cancel, id).ConfigureAwait(false);
            state = "waiting";
        }

        if (state == "waiting")
        {
            var assigned = await rpc.WriteAsync($"model.{Shipment}.assign_try", cancel, TrytonValue.Ids(id)).ConfigureAwait(false);
            if (assigned.ValueKind != JsonValueKind.True)
            {
                if (profile.Settings.GetValueOrDefault("forceAssign") != "true")
                {
                    throw new CallEnded(new Outcome.Refused(
                        FailureKind.Missing, "stock-short", "The channel shipped goods that Tryton does not have in this warehouse. Correct the stock there, or set 'forceAssign'."));
                }

                await rpc.PressAsync(Shipment, "assign_force", cancel, id).ConfigureAwait(false);
            }

            state = "assigned";
        }

        foreach (var (from, button, to) in new[] { ("assigned", "pick", "picked"), ("picked", "pack", "packed"), ("packed", "done", "done") })
        {
            if (state == from)
            {
                await rpc.PressAsync(Shipment, button, cancel, id).ConfigureAwait(false);
                state = to;
            }
        }
    }

    private async Task<string> StateAsync(long id, CancellationToken cancel)
        => TrytonValue.Text(await rpc.GetAsync(Shipment, id, ["state"], cancel).ConfigureAwait(false), "state") ?? string.Empty;

    /// <summary>What was shipped and invoiced; null if something is still open.</summary>
    private async Task<Outcome.Accepted?> ReadAsync(TrytonSale sale, CancellationToken cancel)
    {
        var shipments = await rpc.ManyAsync(Shipment, sale.Shipments, ["state", "number"], cancel).ConfigureAwait(false);
        if (await invoices.PostedAsync(sale.Invoices, cancel).ConfigureAwait(false) is not { } posted || shipments.Any(s => TrytonValue.Text(s, "state") is not ("done" or "cancelled")))
        {
            return null;
        }

        var facts = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["invoiceId"] = TrytonInvoices.Text(TrytonValue.Id(posted[0])),
            ["invoiceNumber"] = TrytonValue.Text(posted[0], "number") ?? string.Empty,
            ["total"] = TrytonInvoices.Sum(posted, "total_amount").ToString(CultureInfo.InvariantCulture),
            ["remaining"] = TrytonInvoices.Sum(posted, "amount_to_pay").ToString(CultureInfo.InvariantCulture),
        };
        return new Outcome.Accepted(sale.Reference, facts["invoiceNumber"], facts);
    }
}
