using System.Globalization;
using System.Text.Json.Nodes;
using ControlTower.Data.Canonical;

namespace ControlTower.Sync.Connectors.Tryton;

/// <summary>
/// Posts an order as a sale and brings it to processing. The posting key is the sale's <c>web_id</c>, unique in Tryton's database: a sale that is there already, from
/// an attempt that was cut short or from before a restore, is taken up where it stands. The shop's prices hold: what a promotion of the ERP changed at quotation is
/// set back, and a rounding difference becomes a line of its own (setting <c>roundingLine</c>), so that both systems agree to the cent.
/// </summary>
internal sealed class TrytonPosting(ConnectionProfile profile, TrytonRpc rpc, TrytonDirectory directory, TrytonParties parties, TrytonProcessing processing)
{
    /// <param name="key">The sale's <c>web_id</c>.</param>
    /// <param name="replaces">The key of the update for which it is posted anew; null for a first posting.</param>
    public async Task<Outcome> PostAsync(PostingKey key, PostingKey? replaces, Order order, IReadOnlyList<Allocation> allocations, CancellationToken cancel)
    {
        var sale = await TrytonSale.FindAsync(rpc, key, cancel).ConfigureAwait(false)
            ?? await CreateAsync(key, replaces, order, allocations, cancel).ConfigureAwait(false);
        var difference = 0m;
        sale = await processing.ProcessAsync(sale, SettleQuotedAsync, cancel).ConfigureAwait(false);
        return sale.IsLive ? Done(sale, order, difference)
            : new Outcome.Refused(FailureKind.Refused, $"sale-{sale.State}", $"Sale {sale.Number ?? sale.Reference} is {sale.State} in Tryton and cannot be processed.");

        async Task<TrytonSale> SettleQuotedAsync(TrytonSale quoted)
        {
            (var settled, difference) = await SettleAsync(quoted, order, cancel).ConfigureAwait(false);
            return settled;
        }
    }

    /// <summary>Only a sale that is being processed counts as posted: one that was left behind half way is finished by sending again.</summary>
    public async Task<LookUp> LookUpAsync(PostingKey key, Order order, CancellationToken cancel)
        => await TrytonSale.FindAsync(rpc, key, cancel).ConfigureAwait(false) is { IsLive: true } sale ? new LookUp.Found(Done(sale, order, 0m)) : new LookUp.Absent();

    public static Outcome.Accepted Done(TrytonSale sale, Order order, decimal difference)
    {
        var rounding = difference != 0 ? difference : order.Totals.Total - sale.Total;
        var facts = new Dictionary<string, string>(StringComparer.Ordinal) { ["total"] = sale.Total.ToString(CultureInfo.InvariantCulture), ["state"] = sale.State };
        if (rounding != 0)
        {
            facts["difference"] = rounding.ToString(CultureInfo.InvariantCulture);
        }

        if (sale.Currency is { } currency)
        {
            facts[ReadFacts.Currency] = currency;
        }

        if (sale.Tax is { } tax)
        {
            facts[ReadFacts.Tax] = tax.ToString(CultureInfo.InvariantCulture);
        }

        // Prices stand there without tax, so amounts of lines do not compare with a shop's that include it.
        if (sale.Lines.Where(line => line.Product is not null).ToList() is { Count: > 0 } goods && goods.All(line => line.Sku is not null))
        {
            facts[ReadFacts.Lines] = string.Join('\n', goods.Select(line => ReadFacts.Line(line.Sku!, line.Quantity, null)));
        }

        return new Outcome.Accepted(sale.Reference, sale.Number, facts);
    }

    private async Task<TrytonSale> CreateAsync(PostingKey key, PostingKey? replaces, Order order, IReadOnlyList<Allocation> allocations, CancellationToken cancel)
    {
        var session = await rpc.SessionAsync(cancel).ConfigureAwait(false);
        var products = await directory.ProductsAsync([.. order.Lines.Select(l => l.Sku).Distinct(StringComparer.Ordinal)], cancel).ConfigureAwait(false);
        var customer = await parties.ForAsync(order, cancel).ConfigureAwait(false);
        var lines = new JsonArray();
        foreach (var line in order.Lines)
        {
            var (product, unit) = products[line.Sku];
            lines.Add((JsonNode)new JsonObject
            {
                ["type"] = "line", ["product"] = product, ["unit"] = unit, ["quantity"] = (double)line.Quantity,
                ["unit_price"] = TrytonValue.Of(TrytonPrices.UnitPrice(line, order.TaxesIncluded)), ["description"] = line.Title,
                ["taxes"] = await TaxesAsync(line.Taxes, cancel).ConfigureAwait(false),
            });
        }

        var values = new JsonObject
        {
            ["company"] = session.Company, ["currency"] = await directory.CurrencyAsync(order.Currency, cancel).ConfigureAwait(false),
            ["party"] = customer.Party, ["invoice_address"] = customer.BillTo, ["shipment_address"] = customer.ShipTo,
            ["payment_term"] = await directory.PaymentTermAsync(cancel).ConfigureAwait(false),
            ["warehouse"] = await directory.WarehouseAsync(Busiest(allocations), cancel).ConfigureAwait(false),
            ["invoice_method"] = "order", ["shipment_method"] = "order", ["sale_date"] = TrytonValue.Of(DateIn(order.PlacedAt)), ["reference"] = order.Name,
            ["description"] = replaces?.Value,
            ["web_shop"] = await directory.WebShopAsync(cancel).ConfigureAwait(false), ["web_id"] = key.Value,
            ["lines"] = new JsonArray(new JsonArray("create", lines)),
        };
        try
        {
            var id = await rpc.CreateAsync("sale.sale", values, cancel).ConfigureAwait(false);
            return await TrytonSale.GetAsync(rpc, id, cancel).ConfigureAwait(false);
        }
        catch (CallEnded ended) when (TrytonErrors.IsDuplicateKey(ended.Outcome))
        {
            // An earlier attempt committed after we had looked.
            return await TrytonSale.FindAsync(rpc, key, cancel).ConfigureAwait(false) ?? throw new CallEnded(ended.Outcome);
        }
    }

    private async Task<(TrytonSale Sale, decimal Difference)> SettleAsync(TrytonSale sale, Order order, CancellationToken cancel)
    {
        var goods = sale.Lines.Where(l => l.Product is not null).ToList();
        if (goods.Count != order.Lines.Count || goods.Zip(order.Lines).Any(p => p.First.Quantity != p.Second.Quantity))
        {
            throw new CallEnded(new Outcome.Refused(FailureKind.Value, "sale-changed", $"The lines of sale {sale.Number ?? sale.Reference} were changed in Tryton.", "lines"));
        }

        var changes = new JsonArray();
        foreach (var (line, wanted) in goods.Zip(order.Lines, (l, o) => (l, TrytonPrices.UnitPrice(o, order.TaxesIncluded))).Where(p => p.l.UnitPrice != p.Item2))
        {
            changes.Add((JsonNode)new JsonArray("write", TrytonValue.Ids(line.Id), new JsonObject { ["unit_price"] = TrytonValue.Of(wanted) }));
        }

        var charges = new JsonArray();
        foreach (var charge in order.Shipping)
        {
            charges.Add((JsonNode)await ChargeAsync(charge.Title, TrytonPrices.UnitPrice(charge, order.TaxesIncluded), charge.Taxes, cancel).ConfigureAwait(false));
        }

        if (charges.Count > 0)
        {
            changes.Add((JsonNode)new JsonArray("create", charges));
        }

        sale = await processing.ChangeAsync(sale, changes, cancel).ConfigureAwait(false);
        var difference = order.Totals.Total - sale.Total;
        if (decimal.Abs(difference) > TrytonPrices.Tolerance(order))
        {
            throw new CallEnded(new Outcome.Refused(
                FailureKind.Value, "total-mismatch",
                string.Create(CultureInfo.InvariantCulture, $"Tryton reckons {sale.Total} {order.Currency} where the shop says {order.Totals.Total}. Sale {sale.Number ?? sale.Reference} was left as a quotation."),
                "total"));
        }

        if (difference == 0 || profile.Settings.GetValueOrDefault("roundingLine") == "false")
        {
            return (sale, difference);
        }

        return (await processing.ChangeAsync(sale, new JsonArray(new JsonArray("create", new JsonArray(Rounding(difference)))), cancel).ConfigureAwait(false), difference);
    }

    /// <summary>The line by which a sale comes to say what the shop says.</summary>
    public static JsonObject Rounding(decimal difference) => Charge("Rounding", difference, []);

    private async Task<JsonObject> ChargeAsync(string title, decimal price, IReadOnlyList<TaxLine> taxes, CancellationToken cancel)
        => Charge(title, price, await TaxesAsync(taxes, cancel).ConfigureAwait(false));

    private static JsonObject Charge(string title, decimal price, JsonArray taxes) => new()
    {
        ["type"] = "line", ["quantity"] = 1.0, ["unit_price"] = TrytonValue.Of(price), ["description"] = title, ["taxes"] = taxes,
    };

    private async Task<JsonArray> TaxesAsync(IReadOnlyList<TaxLine> taxes, CancellationToken cancel)
    {
        var ids = new JsonArray();
        foreach (var (rate, code) in taxes.Select(t => (t.Rate, t.Code)).Where(t => t.Rate != 0).Distinct())
        {
            ids.Add((JsonNode)await directory.TaxAsync(rate, code, cancel).ConfigureAwait(false));
        }

        return ids.Count == 0 ? [] : new JsonArray(new JsonArray("add", ids));
    }

    // Tryton's sale leaves from one warehouse: the one that gives most.
    private static string? Busiest(IReadOnlyList<Allocation> allocations)
        => allocations.GroupBy(a => a.Location, StringComparer.Ordinal).OrderByDescending(g => g.Sum(a => a.Quantity)).ThenBy(g => g.Key, StringComparer.Ordinal).FirstOrDefault()?.Key;

    private DateOnly DateIn(DateTimeOffset at)
        => DateOnly.FromDateTime(TimeZoneInfo.TryFindSystemTimeZoneById(profile.TimeZone, out var zone) ? TimeZoneInfo.ConvertTime(at, zone).DateTime : at.UtcDateTime);
}
