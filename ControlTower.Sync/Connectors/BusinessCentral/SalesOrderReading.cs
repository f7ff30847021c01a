using System.Globalization;
using System.Text.Json;
using ControlTower.Data.Canonical;

namespace ControlTower.Sync.Connectors.BusinessCentral;

/// <summary>A sales order or invoice as it stands in the ERP, in the tower's words. Pure.</summary>
internal static class SalesOrderReading
{
    /// <summary>Its id, its number and its total.</summary>
    public static Outcome.Accepted Head(JsonElement document) => new(
        document.Text("id") ?? "",
        document.Text("number"),
        document.Amount("totalAmountIncludingTax") is { } total
            ? new Dictionary<string, string>(StringComparer.Ordinal) { [ReadFacts.Total] = total.ToString(CultureInfo.InvariantCulture) }
            : null);

    /// <summary>All that can be held against the order, read with its lines. Amounts of lines stand there as the order states them: with tax or without. Tax that is booked as a line of its own is no tax to the ERP.</summary>
    public static Outcome.Accepted Of(JsonElement document, Order order, BusinessCentralSettings settings, ConnectionProfile profile)
    {
        var head = Head(document);
        var facts = new Dictionary<string, string>(head.Facts ?? new Dictionary<string, string>(), StringComparer.Ordinal);
        if (document.Text("currencyCode") is { } currency && (currency.Length > 0 ? currency : profile.Currency) is { } code)
        {
            facts[ReadFacts.Currency] = code;
        }

        if (document.Amount("totalTaxAmount") is { } tax && settings.SalesTaxAccount is not { Length: > 0 })
        {
            facts[ReadFacts.Tax] = tax.ToString(CultureInfo.InvariantCulture);
        }

        var goods = document.Items("salesOrderLines").Where(line => line.Text("lineType") == "Item" && !IsShipping(line, order, settings)).ToList();
        if (goods.Count > 0 && goods.All(line => line.Text("lineObjectNumber") is not null && line.Amount("quantity") is not null))
        {
            facts[ReadFacts.Lines] = string.Join('\n', goods.Select(line => ReadFacts.Line(
                line.Text("lineObjectNumber")!, line.Amount("quantity")!.Value, line.Amount(order.TaxesIncluded ? "amountIncludingTax" : "amountExcludingTax"))));
        }

        return head with { Facts = facts };
    }

    // Shipping may be booked as an item; it is no goods unless somebody bought it.
    private static bool IsShipping(JsonElement line, Order order, BusinessCentralSettings settings) =>
        settings.ShippingLineType == "Item" && string.Equals(line.Text("lineObjectNumber"), settings.ShippingAccount, StringComparison.OrdinalIgnoreCase)
        && !order.Lines.Any(l => string.Equals(l.Sku, settings.ShippingAccount, StringComparison.OrdinalIgnoreCase));
}
