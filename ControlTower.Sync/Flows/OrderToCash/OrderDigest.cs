using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using ControlTower.Data.Canonical;

namespace ControlTower.Sync.Flows.OrderToCash;

/// <summary>Fingerprint of what an ERP must know of an order. Payment, versions and the words of a title are not part of it: they change without the order changing.</summary>
internal static class OrderDigest
{
    public static string Of(Order order)
    {
        var text = new StringBuilder(512);
        Add(text, order.Currency, order.TaxesIncluded ? "in" : "ex", order.Fulfilment.ToString(), order.PickupLocation);
        Add(text, order.Totals.Total, order.Totals.Tax, order.Totals.Discount, order.Totals.Shipping);
        foreach (var line in order.Lines)
        {
            Add(text, "line", line.Id, line.Sku, line.RequiresShipping ? "goods" : "no-goods");
            Add(text, line.Quantity, line.UnitPrice, line.Discount);
            Add(text, line.Taxes);
        }

        foreach (var line in order.Shipping)
        {
            Add(text, "shipping", line.Code);
            Add(text, line.Price, line.Discount);
            Add(text, line.Taxes);
        }

        Add(text, "buyer", order.Buyer.Id, order.Buyer.Name, order.Buyer.Email, order.Buyer.Phone);
        Add(text, order.Buyer.BillTo);
        Add(text, order.Buyer.ShipTo);
        return Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())), 0, 15);
    }

    private static void Add(StringBuilder text, PostalAddress? at) =>
        Add(text, "address", at?.Name, at?.Line1, at?.Line2, at?.City, at?.Province, at?.PostalCode, at?.CountryCode);

    private static void Add(StringBuilder text, IReadOnlyList<TaxLine> taxes)
    {
        foreach (var tax in taxes)
        {
            Add(text, "tax");
            Add(text, tax.Rate, tax.Amount);
        }
    }

    // Length before value: no two contents can run together into the same text.
    private static void Add(StringBuilder text, params ReadOnlySpan<string?> values)
    {
        foreach (var value in values)
        {
            text.Append(CultureInfo.InvariantCulture, $"{value?.Length ?? -1}:{value};");
        }
    }

    // 1.0 and 1.00 are the same amount.
    private static void Add(StringBuilder text, params ReadOnlySpan<decimal> values)
    {
        foreach (var value in values)
        {
            text.Append(CultureInfo.InvariantCulture, $"{value:0.############################};");
        }
    }
}
