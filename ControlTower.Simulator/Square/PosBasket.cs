using System.Text.Json.Nodes;
using ControlTower.Simulator.Ledger;
using ControlTower.Simulator.Traffic;

namespace ControlTower.Simulator.Square;

/// <summary>Lines of a sale at the prices of its store with their sums, tax inside the price, as the vendor states them.</summary>
internal sealed class PosBasket
{
    private const string TaxUid = "tax";

    public PosBasket(PosAccount account, PosStore store, Dice dice, bool discounted, long atLeast = 0)
    {
        var rate = TaxTable.Goods(store.Address, kids: false)[0];
        Percentage = (rate.Rate * 100).ToString("0.####", System.Globalization.CultureInfo.InvariantCulture);
        TaxName = rate.Title;
        var shelf = account.Assortment(store).ToList();
        var wanted = dice.Between(1, 3);
        Currency = account.Market.Currency;
        var cart = new List<Rung>();
        // Rules match over the whole cart: each piece that is added may change what is taken off another.
        while (cart.Count < wanted || Total < atLeast)
        {
            var article = dice.Pick(shelf);
            cart.Add(new Rung(article, account.Variation(article), dice.Between(1, 2), account.LastKnown.TryGetValue(store.LocationId, out var known) ? known[article.Sku] : PosCatalog.Price(account, article, store)));
            if (cart.Count >= wanted) Reckon(account, cart, rate.Rate, discounted);
        }
    }

    public string Currency { get; } = "EUR";
    public string Percentage { get; }
    public string TaxName { get; }
    public List<JsonObject> Lines { get; } = [];
    public List<EffectLine> Effects { get; } = [];
    public long Total { get; private set; }
    public long Tax { get; private set; }
    public long Discount { get; private set; }

    /// <summary>What is taken off the sale, as the order lists it.</summary>
    public List<JsonObject> Reductions { get; } = [];

    public JsonArray Taxes() => new(new JsonObject
    {
        ["uid"] = TaxUid, ["name"] = TaxName, ["percentage"] = Percentage, ["type"] = "INCLUSIVE", ["scope"] = "ORDER", ["applied_money"] = PosMoney.Of(Tax, Currency),
    });

    private void Reckon(PosAccount account, List<Rung> cart, decimal rate, bool discounted)
    {
        Lines.Clear();
        Effects.Clear();
        Reductions.Clear();
        (Total, Tax, Discount) = (0, 0, 0);
        var off = PosDiscounts.Off(account, [.. cart.Select(c => (c.Variation, c.Quantity, c.Unit))], account.Options.Clock.GetUtcNow()).ToLookup(o => o.Line, o => ((JsonObject?)o.Discount, o.Off));
        foreach (var (rung, number) in cart.Select((c, number) => (c, number)))
        {
            // What the catalogue takes off by itself stands over what is keyed in.
            Add(rung, rate, off.Contains(number) ? [.. off[number]] : discounted ? [(null, (long)Math.Round(rung.Unit * rung.Quantity * 0.1m, MidpointRounding.AwayFromZero))] : []);
        }
    }

    /// <param name="reductions">By which discount of the catalogue, null for one that is keyed in, and how much.</param>
    private void Add(Rung rung, decimal rate, IReadOnlyList<(JsonObject? By, long Off)> reductions)
    {
        var (article, variation, quantity, unit) = rung;
        var (gross, off) = (unit * quantity, reductions.Sum(r => r.Off));
        var tax = (long)Math.Round((gross - off) * rate / (1 + rate), MidpointRounding.AwayFromZero);
        var line = new JsonObject
        {
            ["uid"] = $"line{Lines.Count + 1}",
            ["catalog_object_id"] = variation,
            ["name"] = article.Style.Title,
            ["variation_name"] = article.VariantTitle,
            ["item_type"] = "ITEM",
            ["quantity"] = quantity.ToString(System.Globalization.CultureInfo.InvariantCulture),
            ["base_price_money"] = PosMoney.Of(unit, Currency),
            ["variation_total_price_money"] = PosMoney.Of(gross, Currency),
            ["gross_sales_money"] = PosMoney.Of(gross, Currency),
            ["applied_taxes"] = new JsonArray(new JsonObject { ["uid"] = $"applied{Lines.Count + 1}", ["tax_uid"] = TaxUid, ["applied_money"] = PosMoney.Of(tax, Currency) }),
            ["total_tax_money"] = PosMoney.Of(tax, Currency),
            ["total_discount_money"] = PosMoney.Of(off, Currency),
            ["total_service_charge_money"] = PosMoney.Of(0, Currency),
            ["total_money"] = PosMoney.Of(gross - off, Currency),
        };
        if (off > 0) line["applied_discounts"] = new JsonArray([.. reductions.Select((r, i) => (JsonNode)new JsonObject { ["uid"] = $"off{Lines.Count + 1}-{i + 1}", ["discount_uid"] = Uid(r.By), ["applied_money"] = PosMoney.Of(r.Off, Currency) })]);
        foreach (var (by, worth) in reductions.Where(r => r.Off > 0)) Reduce(Uid(by), by, worth);
        Lines.Add(line);
        Effects.Add(new EffectLine(article.Sku, quantity, PosMoney.Major(unit), PosMoney.Major(gross - off), PosMoney.Major(tax)));
        (Total, Tax, Discount) = (Total + gross - off, Tax + tax, Discount + off);
    }

    private static string Uid(JsonObject? by) => by?["id"]!.GetValue<string>() ?? "ten";

    private void Reduce(string uid, JsonObject? by, long off)
    {
        if (Reductions.FirstOrDefault(r => r["uid"]!.GetValue<string>() == uid) is { } known)
        {
            known["applied_money"] = PosMoney.Of(known["applied_money"].Minor() + off, Currency);
            return;
        }

        var data = by?["discount_data"];
        var fresh = new JsonObject { ["uid"] = uid, ["name"] = data?["name"]?.GetValue<string>() ?? "Ten per cent off", ["type"] = data?["discount_type"]?.GetValue<string>() ?? "FIXED_PERCENTAGE", ["scope"] = by is null ? "ORDER" : "LINE_ITEM", ["applied_money"] = PosMoney.Of(off, Currency) };
        if (by is not null) fresh["catalog_object_id"] = uid;
        if (data?["amount_money"] is { } amount) fresh["amount_money"] = amount.DeepClone();
        else fresh["percentage"] = data?["percentage"]?.GetValue<string>() ?? "10";
        Reductions.Add(fresh);
    }

    private sealed record Rung(Article Article, string Variation, int Quantity, long Unit);
}
