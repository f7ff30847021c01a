using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using ControlTower.Data.Canonical;

namespace ControlTower.Sync.Connectors.Tryton;

/// <summary>A sale as read back from Tryton.</summary>
/// <param name="Timestamp">Tryton's mark of the state that was read; a write that names it fails if the sale has changed since.</param>
/// <param name="Returns">Shipments by which goods come back, of a sale of negative quantities.</param>
/// <param name="Description">The key of the update that posted this sale; null for a first posting.</param>
internal sealed record TrytonSale(
    long Id, string? Timestamp, string? Number, string? Description, string State, decimal Total, IReadOnlyList<TrytonSaleLine> Lines, IReadOnlyList<long> Invoices, IReadOnlyList<long> Shipments,
    IReadOnlyList<long> Returns)
{
    public static readonly string[] Fields =
    [
        "_timestamp", "number", "description", "state", "total_amount", "invoices", "shipments", "shipment_returns", "lines.product", "lines.quantity", "lines.unit_price", "lines.type",
        "tax_amount", "currency.code", "lines.product.code",
    ];

    /// <summary>As far as the record that was read shows them.</summary>
    public decimal? Tax { get; init; }
    public string? Currency { get; init; }

    public bool IsLive => State is "processing" or "done";

    public bool IsCancelled => State == "cancelled";

    /// <summary>Lines without a product: shipping, surcharges, rounding.</summary>
    public IEnumerable<long> Charges => Lines.Where(l => l.Product is null).Select(l => l.Id);

    public bool HasCharges => Charges.Any();

    public static TrytonSale From(JsonElement row)
    {
        if (TrytonValue.Id(row) is not { } id || TrytonValue.Text(row, "state") is not { } state || TrytonValue.Number(row, "total_amount") is not { } total)
        {
            throw new CallEnded(Http.HttpOutcome.Garbled(write: false, "the sale cannot be read"));
        }

        return new TrytonSale(
            id, TrytonValue.Text(row, "_timestamp"), TrytonValue.Text(row, "number"), TrytonValue.Text(row, "description"), state, total,
            [.. TrytonValue.Items(row, "lines.").Select(TrytonSaleLine.From).OrderBy(l => l.Id)],
            TrytonValue.IdList(row, "invoices"), TrytonValue.IdList(row, "shipments"), TrytonValue.IdList(row, "shipment_returns"))
        {
            Tax = TrytonValue.Number(row, "tax_amount"), Currency = TrytonValue.Member(row, "currency.") is { } currency ? TrytonValue.Text(currency, "code") : null,
        };
    }

    public static async Task<TrytonSale?> FindAsync(TrytonRpc rpc, PostingKey key, CancellationToken cancel)
    {
        var rows = await rpc.SearchAsync("sale.sale", new JsonArray(TrytonValue.Clause("web_id", "=", key.Value)), Fields, cancel, limit: 1).ConfigureAwait(false);
        return rows.Count == 0 ? null : From(rows[0]);
    }

    /// <summary>By the key under which it was posted (an update moves the key to the sale that replaces it); else by the reference that posting gave back.</summary>
    public static async Task<TrytonSale?> FindAsync(TrytonRpc rpc, string reference, PostingKey postedAs, CancellationToken cancel)
    {
        if (await FindAsync(rpc, postedAs, cancel).ConfigureAwait(false) is { } sale)
        {
            return sale;
        }

        return long.TryParse(reference, NumberStyles.None, CultureInfo.InvariantCulture, out var id)
            && await rpc.SearchAsync("sale.sale", new JsonArray(TrytonValue.Clause("id", "=", id)), Fields, cancel, limit: 1).ConfigureAwait(false) is [var row, ..]
            ? From(row)
            : null;
    }

    public static async Task<TrytonSale> GetAsync(TrytonRpc rpc, long id, CancellationToken cancel)
        => From(await rpc.GetAsync("sale.sale", id, Fields, cancel).ConfigureAwait(false));

    public string Reference => Id.ToString(CultureInfo.InvariantCulture);
}

internal sealed record TrytonSaleLine(long Id, long? Product, decimal Quantity, decimal UnitPrice)
{
    public string? Sku { get; init; }

    public static TrytonSaleLine From(JsonElement row) => new(
        TrytonValue.Id(row) ?? 0, TrytonValue.Id(row, "product"), TrytonValue.Number(row, "quantity") ?? 0m, TrytonValue.Number(row, "unit_price") ?? 0m)
    {
        Sku = TrytonValue.Member(row, "product.") is { } product ? TrytonValue.Text(product, "code") : null,
    };
}
