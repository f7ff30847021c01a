using System.Text.Json;
using ControlTower.Data.Canonical;

namespace ControlTower.Sync.Connectors.Square;

/// <summary>What is charged beside the goods: service charges, and the cent that cash was rounded by (which may be below zero).</summary>
internal static class SaleCharges
{
    public const string Rounding = "ROUNDING";
    private const string Path = "order.service_charges";

    public static List<ShippingLine> Of(JsonElement order, OrderTaxes taxes, string currency)
    {
        var charges = order.Items("service_charges").Select(c => Charge(c, taxes, currency)).Where(c => c.Price != 0).ToList();
        if (order.At("rounding_adjustment") is { } rounding && rounding.Money("amount_money", currency, "order.rounding_adjustment") is var amount && amount != 0)
        {
            charges.Add(new ShippingLine(Rounding, VendorText.Plain(rounding.Text("name"), 100) ?? "Cash rounding", amount, 0m, []));
        }

        return charges;
    }

    private static ShippingLine Charge(JsonElement charge, OrderTaxes taxes, string currency)
    {
        if (charge.Text("treatment_type") is not (null or "LINE_ITEM_TREATMENT"))
        {
            throw new FieldFault("service-charge", $"{Path}.treatment_type", "A service charge is spread over the goods, so their prices cannot be told from it.");
        }

        if (charge.Text("type") == "AUTO_GRATUITY")
        {
            throw new FieldFault("gratuity", $"{Path}.type", "A gratuity was charged by itself: whether it is the staff's or the store's is for a person to say.", FailureKind.Refused);
        }

        var name = VendorText.Plain(charge.Text("name"), 300) ?? "Service charge";
        return new ShippingLine(VendorText.Plain(charge.Text("uid"), 60) ?? name, name, charge.Money("applied_money", currency, Path), 0m, taxes.On(charge, currency, Path));
    }
}
