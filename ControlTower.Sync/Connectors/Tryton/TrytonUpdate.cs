using System.Globalization;
using System.Text.Json.Nodes;
using ControlTower.Data.Canonical;

namespace ControlTower.Sync.Connectors.Tryton;

/// <summary>
/// Makes the posted sale say what the shop now says. Tryton does not let a sale in processing be edited, so it is taken back and another is posted in its place:
/// the old one gives up its <c>web_id</c>, the new one takes it over and keeps the update's key as its description. Everybody who knows the sale by its key finds the
/// one that counts. A sale that already says the same is left alone; what is shipped or invoiced is refused.
/// </summary>
internal sealed class TrytonUpdate(TrytonRpc rpc, TrytonPosting posting, TrytonCancellation cancellation, TrytonDirectory directory)
{
    public async Task<Outcome> UpdateAsync(UpdateSalesOrder command, CancellationToken cancel)
    {
        var sale = await TrytonSale.FindAsync(rpc, command.PostedAs, cancel).ConfigureAwait(false);
        if (sale is { IsLive: true } && await SaysAsync(sale, command.Order, cancel).ConfigureAwait(false))
        {
            return TrytonPosting.Done(sale, command.Order, 0m);
        }

        if (sale is not null && sale.Description != command.Key.Value)
        {
            var taken = await cancellation.CancelAsync(sale.Reference, command.PostedAs, cancel).ConfigureAwait(false);
            if (taken is not Outcome.Accepted)
            {
                return taken;
            }

            var retired = string.Create(CultureInfo.InvariantCulture, $"{command.PostedAs.Value}/{sale.Id}");
            await rpc.WriteAsync("model.sale.sale.write", cancel, TrytonValue.Ids(sale.Id), new JsonObject { ["web_id"] = retired }).ConfigureAwait(false);
        }

        return await posting.PostAsync(command.PostedAs, command.Key, command.Order, command.Allocations, cancel).ConfigureAwait(false);
    }

    public async Task<LookUp> LookUpAsync(UpdateSalesOrder command, CancellationToken cancel)
        => await TrytonSale.FindAsync(rpc, command.PostedAs, cancel).ConfigureAwait(false) is { IsLive: true } sale
            && (sale.Description == command.Key.Value || await SaysAsync(sale, command.Order, cancel).ConfigureAwait(false))
            ? new LookUp.Found(TrytonPosting.Done(sale, command.Order, 0m))
            : new LookUp.Absent();

    private async Task<bool> SaysAsync(TrytonSale sale, Order order, CancellationToken cancel)
    {
        if (sale.Total != order.Totals.Total)
        {
            return false;
        }

        var products = await directory.ProductsAsync([.. order.Lines.Select(l => l.Sku).Distinct(StringComparer.Ordinal)], cancel).ConfigureAwait(false);
        var there = sale.Lines.Where(l => l.Product is not null).Select(l => (Product: l.Product!.Value, l.Quantity)).Order();
        return there.SequenceEqual(order.Lines.Select(l => (Product: products[l.Sku].Id, Quantity: (decimal)l.Quantity)).Order());
    }
}
