using System.Text.Json.Nodes;
using ControlTower.Data.Canonical;

namespace ControlTower.Sync.Connectors.Tryton;

/// <summary>
/// Takes a posted sale back. A sale that is not processed yet is cancelled as such. One in processing cannot be: its open shipments and draft invoices are cancelled and
/// the two exceptions that this raises are answered with "do not recreate", after which Tryton itself calls the sale done with nothing shipped or invoiced.
/// What has been shipped or invoiced is not undone here: that is a return, with a credit note.
/// </summary>
internal sealed class TrytonCancellation(TrytonRpc rpc)
{
    private const string Shipment = "stock.shipment.out";
    private const string Invoice = "account.invoice";

    public async Task<Outcome> CancelAsync(string reference, PostingKey postedAs, CancellationToken cancel)
    {
        var sale = await TrytonSale.FindAsync(rpc, reference, postedAs, cancel).ConfigureAwait(false);
        if (sale is null || sale.IsCancelled)
        {
            return new Outcome.Accepted(reference, sale?.Number);
        }

        if (sale.State is "draft" or "quotation" or "confirmed")
        {
            if (sale.State == "confirmed")
            {
                await rpc.PressAsync("sale.sale", "draft", cancel, sale.Id).ConfigureAwait(false);
            }

            await rpc.PressAsync("sale.sale", "cancel", cancel, sale.Id).ConfigureAwait(false);
            return new Outcome.Accepted(sale.Reference, sale.Number);
        }

        var shipments = await StatesAsync(Shipment, sale.Shipments, cancel).ConfigureAwait(false);
        var invoices = await StatesAsync(Invoice, sale.Invoices, cancel).ConfigureAwait(false);
        if (shipments.ContainsValue("done") || invoices.Values.Any(s => s is "posted" or "paid"))
        {
            return new Outcome.Refused(
                FailureKind.Refused, "already-shipped", $"Sale {sale.Number ?? sale.Reference} is already shipped or invoiced in Tryton: enter a return there.");
        }

        await DropAsync(Shipment, shipments, cancel).ConfigureAwait(false);
        await DropAsync(Invoice, invoices, cancel).ConfigureAwait(false);
        await rpc.PressAsync("sale.sale", "process", cancel, sale.Id).ConfigureAwait(false);
        await IgnoreAsync("sale.handle.shipment.exception", "moves", sale.Id, cancel).ConfigureAwait(false);
        await IgnoreAsync("sale.handle.invoice.exception", "invoices", sale.Id, cancel).ConfigureAwait(false);
        return await IsCancelledAsync(sale.Id, cancel).ConfigureAwait(false)
            ? new Outcome.Accepted(sale.Reference, sale.Number)
            : new Outcome.Refused(FailureKind.Refused, "not-cancelled", $"Sale {sale.Number ?? sale.Reference} still has open shipments or invoices in Tryton.");
    }

    public async Task<LookUp> LookUpAsync(string reference, PostingKey postedAs, CancellationToken cancel)
    {
        var sale = await TrytonSale.FindAsync(rpc, reference, postedAs, cancel).ConfigureAwait(false);
        return sale is null || sale.IsCancelled || (sale.State == "done" && await IsCancelledAsync(sale.Id, cancel).ConfigureAwait(false))
            ? new LookUp.Found(new Outcome.Accepted(sale?.Reference ?? reference, sale?.Number))
            : new LookUp.Absent();
    }

    private async Task<bool> IsCancelledAsync(long id, CancellationToken cancel)
    {
        var sale = await TrytonSale.GetAsync(rpc, id, cancel).ConfigureAwait(false);
        var shipments = await StatesAsync(Shipment, sale.Shipments, cancel).ConfigureAwait(false);
        var invoices = await StatesAsync(Invoice, sale.Invoices, cancel).ConfigureAwait(false);
        return shipments.Values.Concat(invoices.Values).All(s => s == "cancelled");
    }

    private async Task<Dictionary<long, string>> StatesAsync(string model, IReadOnlyList<long> ids, CancellationToken cancel)
    {
        if (ids.Count == 0)
        {
            return [];
        }

        var rows = await rpc.SearchAsync(model, new JsonArray(TrytonValue.Clause("id", "in", TrytonValue.Ids([.. ids]))), ["state"], cancel).ConfigureAwait(false);
        return rows.ToDictionary(r => TrytonValue.Id(r) ?? 0, r => TrytonValue.Text(r, "state") ?? string.Empty);
    }

    private async Task DropAsync(string model, Dictionary<long, string> states, CancellationToken cancel)
    {
        var open = states.Where(s => s.Value != "cancelled").Select(s => s.Key).ToArray();
        if (open.Length > 0)
        {
            await rpc.PressAsync(model, "cancel", cancel, open).ConfigureAwait(false);
        }
    }

    private async Task IgnoreAsync(string wizard, string what, long sale, CancellationToken cancel)
    {
        var about = TrytonRpc.About("sale.sale", sale);
        var id = await rpc.StartWizardAsync(wizard, about, cancel).ConfigureAwait(false);
        var asked = await rpc.StepWizardAsync(wizard, id, new JsonObject(), "ask", about, cancel).ConfigureAwait(false);
        var open = TrytonValue.Member(asked, "view") is { } view && TrytonValue.Member(view, "defaults") is { } defaults ? TrytonValue.IdList(defaults, $"domain_{what}") : [];
        if (open.Count > 0)
        {
            var answer = new JsonObject { [$"recreate_{what}"] = new JsonArray(), [$"domain_{what}"] = TrytonValue.Ids([.. open]) };
            await rpc.StepWizardAsync(wizard, id, new JsonObject { ["ask"] = answer }, "handle", about, cancel).ConfigureAwait(false);
        }

        await rpc.EndWizardAsync(wizard, id, cancel).ConfigureAwait(false);
    }
}
