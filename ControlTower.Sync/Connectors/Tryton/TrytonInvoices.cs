using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace ControlTower.Sync.Connectors.Tryton;

/// <summary>Invoices and credit notes of a sale: posted one at a time, because their numbers come from a strict sequence.</summary>
internal sealed class TrytonInvoices(TrytonRpc rpc)
{
    public const string Model = "account.invoice";

    public async Task PostAsync(long id, CancellationToken cancel)
    {
        var invoice = await rpc.GetAsync(Model, id, ["state"], cancel).ConfigureAwait(false);
        if (TrytonValue.Text(invoice, "state") is not ("draft" or "validated"))
        {
            return;
        }

        await rpc.State.Posting.WaitAsync(cancel).ConfigureAwait(false);
        try
        {
            await rpc.PressAsync(Model, "post", cancel, id).ConfigureAwait(false);
        }
        finally
        {
            rpc.State.Posting.Release();
        }
    }

    /// <summary>Those that were not cancelled; null if none is left or one is not posted yet.</summary>
    public async Task<IReadOnlyList<JsonElement>?> PostedAsync(IReadOnlyList<long> ids, CancellationToken cancel)
    {
        var invoices = (await rpc.ManyAsync(Model, ids, ["state", "number", "total_amount", "amount_to_pay"], cancel).ConfigureAwait(false))
            .Where(i => TrytonValue.Text(i, "state") != "cancelled").ToList();
        return invoices.Count > 0 && invoices.All(i => TrytonValue.Text(i, "state") is "posted" or "paid") ? invoices : null;
    }

    public static decimal Sum(IEnumerable<JsonElement> rows, string field) => rows.Sum(r => TrytonValue.Number(r, field) ?? 0m);

    public static string Text(long? id) => id?.ToString(CultureInfo.InvariantCulture) ?? string.Empty;
}
