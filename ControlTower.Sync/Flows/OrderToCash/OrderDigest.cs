using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using ControlTower.Data.Canonical;

namespace ControlTower.Sync.Flows.OrderToCash;

/// <summary>Fingerprints of an order.</summary>
internal static class OrderDigest
{
    /// <summary>Of what an ERP must know. Payment, versions and the words of a title are not part of it: they change without the order changing.</summary>
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
        return Fingerprint(text);
    }

    /// <summary>
    /// Fingerprint of what makes a second order look like the first one placed again: buyer, goods, total and currency. Null where no buyer is known or nothing is sold.
    /// </summary>
    public static string? LikenessOf(Order order)
    {
        var (buyer, kind) = Known(order.Buyer.Email)?.ToLowerInvariant() is { } email ? (email, "email") : (Known(order.Buyer.Id), "id");
        var goods = order.Lines.Where(l => l.Quantity > 0).GroupBy(l => l.Sku ?? "", StringComparer.Ordinal).OrderBy(g => g.Key, StringComparer.Ordinal).ToList();
        if (buyer is null || goods.Count == 0)
        {
            return null;
        }

        var text = new StringBuilder(256);
        Add(text, kind, buyer, order.Currency);
        Add(text, order.Totals.Total);
        foreach (var sku in goods)
        {
            Add(text, sku.Key);
            Add(text, sku.Sum(l => (decimal)l.Quantity));
        }

        return Fingerprint(text);
    }

    private static string? Known(string? text) => string.IsNullOrWhiteSpace(text) ? null : text.Trim();

    private static string Fingerprint(StringBuilder text) => Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())), 0, 15);

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
