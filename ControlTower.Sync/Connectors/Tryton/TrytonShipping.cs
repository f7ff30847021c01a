using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using ControlTower.Data.Canonical;

namespace ControlTower.Sync.Connectors.Tryton;

/// <summary>
/// The goods left: moves every shipment of the sale to done and posts its invoices. Each step is taken only from the state before it, so that sending again after an
/// interruption goes on where it stopped and a shipment is never done twice.
/// </summary>
internal sealed class TrytonShipping(ConnectionProfile profile, TrytonRpc rpc)
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
            await PostAsync(id, cancel).ConfigureAwait(false);
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

    private async Task PostAsync(long id, CancellationToken cancel)
    {
        var invoice = await rpc.GetAsync("account.invoice", id, ["state"], cancel).ConfigureAwait(false);
        if (TrytonValue.Text(invoice, "state") is not ("draft" or "validated"))
        {
            return;
        }

        await rpc.State.Posting.WaitAsync(cancel).ConfigureAwait(false);
        try
        {
            await rpc.PressAsync("account.invoice", "post", cancel, id).ConfigureAwait(false);
        }
        finally
        {
            rpc.State.Posting.Release();
        }
    }

    private async Task<string> StateAsync(long id, CancellationToken cancel)
        => TrytonValue.Text(await rpc.GetAsync(Shipment, id, ["state"], cancel).ConfigureAwait(false), "state") ?? string.Empty;

    /// <summary>What was shipped and invoiced; null if something is still open.</summary>
    private async Task<Outcome.Accepted?> ReadAsync(TrytonSale sale, CancellationToken cancel)
    {
        var shipments = await ManyAsync(Shipment, sale.Shipments, ["state", "number"], cancel).ConfigureAwait(false);
        var invoices = (await ManyAsync("account.invoice", sale.Invoices, ["state", "number", "total_amount", "amount_to_pay"], cancel).ConfigureAwait(false))
            .Where(i => TrytonValue.Text(i, "state") != "cancelled").ToList();
        if (invoices.Count == 0
            || shipments.Any(s => TrytonValue.Text(s, "state") is not ("done" or "cancelled"))
            || invoices.Any(i => TrytonValue.Text(i, "state") is not ("posted" or "paid")))
        {
            return null;
        }

        var facts = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["invoiceId"] = Text(TrytonValue.Id(invoices[0])),
            ["invoiceNumber"] = TrytonValue.Text(invoices[0], "number") ?? string.Empty,
            ["total"] = Sum(invoices, "total_amount"),
            ["remaining"] = Sum(invoices, "amount_to_pay"),
        };
        return new Outcome.Accepted(sale.Reference, facts["invoiceNumber"], facts);
    }

    private async Task<IReadOnlyList<JsonElement>> ManyAsync(string model, IReadOnlyList<long> ids, string[] fields, CancellationToken cancel) => ids.Count == 0
        ? []
        : await rpc.SearchAsync(model, new JsonArray(TrytonValue.Clause("id", "in", TrytonValue.Ids([.. ids]))), fields, cancel, order: new JsonArray(new JsonArray("id", "ASC")))
            .ConfigureAwait(false);

    private static string Sum(IEnumerable<JsonElement> rows, string field) => rows.Sum(r => TrytonValue.Number(r, field) ?? 0m).ToString(CultureInfo.InvariantCulture);

    private static string Text(long? id) => id?.ToString(CultureInfo.InvariantCulture) ?? string.Empty;
}
