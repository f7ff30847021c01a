using System.Text.Json.Nodes;

namespace ControlTower.Simulator.Square;

/// <summary>One piece of a line that comes back, with its share of the line's sums.</summary>
internal static class PosReturn
{
    /// <param name="sale">Null for goods without a receipt.</param>
    public static JsonObject Of(JsonObject line, string? sale, string currency)
    {
        var quantity = int.Parse(line["quantity"]!.GetValue<string>(), System.Globalization.CultureInfo.InvariantCulture);
        var (worth, tax) = (line["total_money"].Minor() / quantity, line["total_tax_money"].Minor() / quantity);
        var back = new JsonObject
        {
            ["uid"] = "back1",
            ["name"] = line["name"]!.DeepClone(),
            ["variation_name"] = line["variation_name"]!.DeepClone(),
            ["catalog_object_id"] = line["catalog_object_id"]!.DeepClone(),
            ["item_type"] = "ITEM",
            ["quantity"] = "1",
            ["base_price_money"] = line["base_price_money"]!.DeepClone(),
            ["total_tax_money"] = PosMoney.Of(tax, currency),
            ["total_money"] = PosMoney.Of(worth, currency),
        };
        if (sale is not null) back["source_line_item_uid"] = line["uid"]!.DeepClone();
        var whole = new JsonObject { ["uid"] = "return1", ["return_line_items"] = new JsonArray(back), ["return_amounts"] = Amounts(worth, tax, currency) };
        if (sale is not null) whole["source_order_id"] = sale;
        return whole;
    }

    public static JsonObject Amounts(long total, long tax, string currency, long discount = 0, long tip = 0) => new()
    {
        ["total_money"] = PosMoney.Of(total, currency), ["tax_money"] = PosMoney.Of(tax, currency), ["discount_money"] = PosMoney.Of(discount, currency),
        ["tip_money"] = PosMoney.Of(tip, currency), ["service_charge_money"] = PosMoney.Of(0, currency),
    };

    public static long Worth(this JsonObject back) => back["return_amounts"]!["total_money"].Minor();

    public static long Tax(this JsonObject back) => back["return_amounts"]!["tax_money"].Minor();
}
