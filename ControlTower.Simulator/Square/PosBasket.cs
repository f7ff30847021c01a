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
        while (Lines.Count < wanted || Total < atLeast) Add(account, store, dice.Pick(shelf), dice.Between(1, 2), rate.Rate, discounted);
        Currency = account.Market.Currency;
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

    private void Add(PosAccount account, PosStore store, Article article, int quantity, decimal rate, bool discounted)
    {
        var unit = account.LastKnown.TryGetValue(store.LocationId, out var known) ? known[article.Sku] : PosCatalog.Price(account, article, store);
        var gross = unit * quantity;
        var (off, by) = PosDiscounts.Off(account, account.Variation(article), quantity, unit, account.Options.Clock.GetUtcNow());
        // One reduction a line: what the catalogue takes off by itself stands over what is keyed in.
        if (off == 0 && discounted) off = (long)Math.Round(gross * 0.1m, MidpointRounding.AwayFromZero);
        var uid = by is not null && off > 0 ? by["id"]!.GetValue<string>() : "ten";
        var tax = (long)Math.Round((gross - off) * rate / (1 + rate), MidpointRounding.AwayFromZero);
        var line = new JsonObject
        {
            ["uid"] = $"line{Lines.Count + 1}",
            ["catalog_object_id"] = account.Variation(article),
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
        if (off > 0) line["applied_discounts"] = new JsonArray(new JsonObject { ["uid"] = $"off{Lines.Count + 1}", ["discount_uid"] = uid, ["applied_money"] = PosMoney.Of(off, Currency) });
        if (off > 0) Reduce(uid, uid == "ten" ? null : by, off);
        Lines.Add(line);
        Effects.Add(new EffectLine(article.Sku, quantity, PosMoney.Major(unit), PosMoney.Major(gross - off), PosMoney.Major(tax)));
        (Total, Tax, Discount) = (Total + gross - off, Tax + tax, Discount + off);
    }

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
}
