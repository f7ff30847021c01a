using System.Globalization;
using System.Text.Json.Nodes;
using ControlTower.Data.Canonical;

namespace ControlTower.Sync.Connectors.BusinessCentral;

/// <summary>The head of a sales order. Pure. Lengths are the vendor's; what is longer is cut, for an address is not worth an order.</summary>
internal static class SalesOrderHeader
{
    public static JsonObject New(PostingKey key, Order order, string customerNumber, ConnectionProfile profile)
    {
        var body = new JsonObject
        {
            ["externalDocumentNumber"] = key.Value,
            ["orderDate"] = Day(order.PlacedAt, profile.TimeZone),
            ["customerNumber"] = customerNumber,
            // Blank is the company's own currency.
            ["currencyCode"] = order.Currency == profile.Currency ? "" : order.Currency,
            ["pricesIncludeTax"] = order.TaxesIncluded,
        };
        foreach (var (name, value) in Addresses(order))
        {
            body[name] = value;
        }

        return body;
    }

    /// <summary>What an edit of the order may change in the head.</summary>
    public static IReadOnlyDictionary<string, string> Addresses(Order order)
    {
        var fields = new Dictionary<string, string>(StringComparer.Ordinal);
        Put("shipToName", order.Buyer.ShipTo?.Name ?? order.Buyer.Name, 100);
        Place("shipTo", order.Buyer.ShipTo);
        Place("sellTo", order.Buyer.BillTo ?? order.Buyer.ShipTo);
        if (order.Buyer.Email is { Length: <= 80 } email)
        {
            Put("email", email, 80);
        }

        // The ERP refuses a telephone number with letters in it.
        if (order.Buyer.Phone is { Length: <= 30 } phone && !phone.Any(char.IsLetter))
        {
            Put("phoneNumber", phone, 30);
        }

        return fields;

        void Put(string name, string? value, int longest)
        {
            if (!string.IsNullOrEmpty(value))
            {
                fields[name] = VendorText.Cut(value, longest);
            }
        }

        void Place(string prefix, PostalAddress? address)
        {
            Put($"{prefix}AddressLine1", address?.Line1, 100);
            Put($"{prefix}AddressLine2", address?.Line2, 50);
            Put($"{prefix}City", address?.City, 30);
            Put($"{prefix}State", address?.Province, 30);
            Put($"{prefix}PostCode", address?.PostalCode, 20);
            Put($"{prefix}Country", address?.CountryCode, 10);
        }
    }

    /// <summary>The day in the books' own time zone.</summary>
    public static string Day(DateTimeOffset time, string timeZone)
        => (TimeZoneInfo.TryFindSystemTimeZoneById(timeZone, out var zone) ? TimeZoneInfo.ConvertTime(time, zone) : time.ToUniversalTime())
            .ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
}
