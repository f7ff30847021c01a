using System.Text.Json.Nodes;

namespace ControlTower.Sync.Connectors.Tryton;

/// <summary>
/// Brings a sale from draft to processing, each step only from the state before it, so that a walk that was cut short goes on where it stopped. Its money is settled after the
/// quotation, where promotions no longer run: they would change prices, and they break on lines without a product (measured on 6.0).
/// </summary>
internal sealed class TrytonProcessing(TrytonRpc rpc)
{
    /// <returns>The sale as it then stands; it is not live if somebody took it back in Tryton.</returns>
    public async Task<TrytonSale> ProcessAsync(TrytonSale sale, Func<TrytonSale, Task<TrytonSale>> settle, CancellationToken cancel)
    {
        if (sale.State == "quotation" && sale.HasCharges)
        {
            // An attempt was cut short after its charges were added. Tryton lets lines be taken away in a draft only.
            sale = await PressAsync(sale, "draft", cancel).ConfigureAwait(false);
        }

        if (sale.State == "draft")
        {
            sale = await WithoutChargesAsync(sale, cancel).ConfigureAwait(false);
            sale = await PressAsync(sale, "quote", cancel).ConfigureAwait(false);
        }

        if (sale.State == "quotation")
        {
            sale = await settle(sale).ConfigureAwait(false);
            sale = await PressAsync(sale, "confirm", cancel).ConfigureAwait(false);
        }

        return sale.State == "confirmed" ? await PressAsync(sale, "process", cancel).ConfigureAwait(false) : sale;
    }

    /// <summary>Changes lines of a sale that is still as it was read.</summary>
    public async Task<TrytonSale> ChangeAsync(TrytonSale sale, JsonArray changes, CancellationToken cancel)
    {
        if (changes.Count > 0)
        {
            await rpc.WriteUnchangedAsync("sale.sale", sale.Id, sale.Timestamp, new JsonObject { ["lines"] = changes }, cancel).ConfigureAwait(false);
            return await TrytonSale.GetAsync(rpc, sale.Id, cancel).ConfigureAwait(false);
        }

        return sale;
    }

    // Charges are set anew after the quotation: promotions break on them (see the summary).
    private Task<TrytonSale> WithoutChargesAsync(TrytonSale sale, CancellationToken cancel)
        => ChangeAsync(sale, sale.HasCharges ? new JsonArray(new JsonArray("delete", TrytonValue.Ids([.. sale.Charges]))) : [], cancel);

    private async Task<TrytonSale> PressAsync(TrytonSale sale, string button, CancellationToken cancel)
    {
        await rpc.PressAsync("sale.sale", button, cancel, sale.Id).ConfigureAwait(false);
        return await TrytonSale.GetAsync(rpc, sale.Id, cancel).ConfigureAwait(false);
    }
}
