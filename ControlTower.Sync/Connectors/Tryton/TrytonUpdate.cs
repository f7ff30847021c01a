using ControlTower.Data.Canonical;

namespace ControlTower.Sync.Connectors.Tryton;

/// <summary>
/// Makes the posted sale say what the shop now says. Tryton does not let a sale in processing be edited, so it is taken back and posted anew under the update's own
/// key; the answer names the new sale. One that already says the same is left alone. What is shipped or invoiced is refused.
/// </summary>
internal sealed class TrytonUpdate(TrytonRpc rpc, TrytonPosting posting, TrytonCancellation cancellation, TrytonDirectory directory)
{
    public async Task<Outcome> UpdateAsync(UpdateSalesOrder command, CancellationToken cancel)
    {
        if (await TrytonSale.FindAsync(rpc, command.Key, cancel).ConfigureAwait(false) is null)
        {
            var sale = await TrytonSale.FindAsync(rpc, command.ErpReference, command.PostedAs, cancel).ConfigureAwait(false);
            if (sale is { IsLive: true } && await SaysAsync(sale, command.Order, cancel).ConfigureAwait(false))
            {
                return new Outcome.Accepted(sale.Reference, sale.Number, Facts(sale));
            }

            var taken = await cancellation.CancelAsync(command.ErpReference, command.PostedAs, cancel).ConfigureAwait(false);
            if (taken is not Outcome.Accepted)
            {
                return taken;
            }
        }

        return await posting.PostAsync(command.Key, command.Order, command.Allocations, cancel).ConfigureAwait(false);
    }

    public async Task<LookUp> LookUpAsync(UpdateSalesOrder command, CancellationToken cancel)
    {
        var anew = await posting.LookUpAsync(command.Key, command.Order, cancel).ConfigureAwait(false);
        if (anew is LookUp.Found)
        {
            return anew;
        }

        var sale = await TrytonSale.FindAsync(rpc, command.ErpReference, command.PostedAs, cancel).ConfigureAwait(false);
        return sale is { IsLive: true, State: "processing" } && await SaysAsync(sale, command.Order, cancel).ConfigureAwait(false)
            ? new LookUp.Found(new Outcome.Accepted(sale.Reference, sale.Number, Facts(sale)))
            : new LookUp.Absent();
    }

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

    private static Dictionary<string, string> Facts(TrytonSale sale) => new(StringComparer.Ordinal)
    {
        ["total"] = sale.Total.ToString(System.Globalization.CultureInfo.InvariantCulture),
    };
}
