using System.Text.Json;
using ControlTower.Data.Canonical;

namespace ControlTower.Sync.Connectors.Square;

internal static class SaleLine
{
    private const string Path = "order.line_items";

    public static OrderLine Of(JsonElement line, OrderTaxes taxes, Skus skus, string currency)
    {
        var kind = line.Text("item_type") ?? "ITEM";
        if (kind is not ("ITEM" or "CUSTOM_AMOUNT"))
        {
            throw new FieldFault("item-type", $"{Path}.item_type", "A gift card is money owed, not goods sold, and there is no place for it in the books yet.", FailureKind.Refused);
        }

        if (line.Money("total_service_charge_money", currency, Path) != 0)
        {
            throw new FieldFault("service-charge", $"{Path}.total_service_charge_money", "A service charge is spread over the goods, so their prices cannot be told from it.");
        }

        var quantity = line.Quantity(Path);
        var discount = line.Money("total_discount_money", currency, Path);
        var title = VendorText.Plain($"{line.Text("name")} {line.Text("variation_name")}", 300);
        var sku = skus.Of(line);
        return new OrderLine(
            VendorText.Plain(line.Text("uid"), 60) ?? throw new FieldFault("line", $"{Path}.uid", "A line has no id."), sku, title ?? (sku.Length > 0 ? sku : "Custom amount"), quantity,
            UnitPrice(line, quantity, discount, taxes.Included, currency), discount, taxes.On(line, currency, Path), RequiresShipping: kind == "ITEM" && line.Text("catalog_object_id") is not null);
    }

    // From the line's total backwards: gross_sales_money has the tax in the price in some countries and not in others. Extras to an item are part of its price.
    private static decimal UnitPrice(JsonElement line, int quantity, decimal discount, bool included, string currency)
    {
        if (line.At("total_money", "amount") is null)
        {
            throw new FieldFault("amount", $"{Path}.total_money", "The line has no total.");
        }

        var gross = line.Money("total_money", currency, Path) + discount - (included ? 0 : line.Money("total_tax_money", currency, Path));
        var unit = decimal.Round(gross / quantity, 10);
        return unit * quantity == gross
            ? unit
            : throw new FieldFault("unit-price", $"{Path}.total_money", "The line's total cannot be shared evenly by its pieces.");
    }
}
