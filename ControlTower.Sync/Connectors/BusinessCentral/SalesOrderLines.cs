using System.Globalization;
using System.Text.Json.Nodes;
using ControlTower.Data.Canonical;

namespace ControlTower.Sync.Connectors.BusinessCentral;

/// <summary>One line as it should stand in the ERP.</summary>
internal sealed record WantedLine(string LineType, string Number, string? Description, int Quantity, decimal UnitPrice, decimal Discount, string? TaxCode, Guid? Location)
{
    public JsonObject Body()
    {
        var body = new JsonObject
        {
            ["lineType"] = LineType,
            ["lineObjectNumber"] = Number,
            ["quantity"] = Quantity,
            ["unitPrice"] = UnitPrice,
            ["discountAmount"] = Discount,
        };
        if (Description is not null)
        {
            body["description"] = VendorText.Cut(Description, 100);
        }

        if (TaxCode is not null)
        {
            body["taxCode"] = TaxCode;
        }

        if (Location is { } location)
        {
            body["locationId"] = location.ToString("D", CultureInfo.InvariantCulture);
        }

        return body;
    }
}

/// <summary>The lines of an order as the ERP wants them: goods per location, shipping, tax where the shop's is booked as it is. Pure.</summary>
internal static class SalesOrderLines
{
    /// <returns>The lines, or why there are none.</returns>
    public static (IReadOnlyList<WantedLine> Lines, Outcome.Refused? Problem) Of(
        Order order, IReadOnlyList<Allocation> allocations, IReadOnlyDictionary<string, Guid> locations, BusinessCentralSettings settings, ConnectionProfile profile)
    {
        var lines = new List<WantedLine>();
        foreach (var line in order.Lines)
        {
            if (line.Sku.Length is 0 or > 20)
            {
                return ([], new Outcome.Refused(FailureKind.Missing, "unknown-item", line.Sku.Length == 0
                    ? $"The line '{VendorText.Cut(line.Title, 60)}' has no SKU, so the ERP cannot know its item."
                    : "The SKU is longer than an item number of the ERP (20 characters).", "lineObjectNumber"));
            }

            lines.AddRange(Goods(order, line, allocations, locations, profile));
        }

        foreach (var shipping in order.Shipping.Where(s => s.Price != 0))
        {
            if (settings.ShippingAccount is not { Length: > 0 } account)
            {
                return ([], new Outcome.Refused(FailureKind.Missing, "no-shipping-account",
                    "The order charges shipping, and the connection does not say where to book it. Set shippingAccount.", "shippingAccount"));
            }

            lines.Add(new WantedLine(settings.ShippingLineType, account, shipping.Title, 1, shipping.Price, shipping.Discount, TaxCode(shipping.Taxes, profile), null));
        }

        var tax = order.TaxesIncluded ? 0 : order.Lines.Sum(l => l.Tax) + order.Shipping.Sum(s => s.Tax);
        if (settings.SalesTaxAccount is { Length: > 0 } taxAccount && tax != 0)
        {
            lines.Add(new WantedLine("Account", taxAccount, "Sales tax", 1, tax, 0, null, null));
        }

        return (lines, null);
    }

    // A line that several locations serve becomes several; the discount is shared by quantity and the last share takes the rest, so that no cent is lost.
    private static IEnumerable<WantedLine> Goods(
        Order order, OrderLine line, IReadOnlyList<Allocation> allocations, IReadOnlyDictionary<string, Guid> locations, ConnectionProfile profile)
    {
        var parts = allocations.Where(a => a.OrderLineId == line.Id && a.Quantity > 0)
            .GroupBy(a => locations.TryGetValue(a.Location, out var id) ? id : (Guid?)null)
            .Select(g => (Location: g.Key, Quantity: g.Sum(a => a.Quantity)))
            .OrderBy(p => p.Location)
            .ToList();
        var unassigned = line.Quantity - parts.Sum(p => p.Quantity);
        if (unassigned < 0)
        {
            // More is allocated than is ordered now: the allocation is of an older statement, and the locations no longer count.
            (parts, unassigned) = ([], line.Quantity);
        }

        if (unassigned > 0)
        {
            parts.Add((null, unassigned));
        }

        var discountLeft = line.Discount;
        var quantityLeft = line.Quantity;
        foreach (var (location, quantity) in parts)
        {
            var discount = quantity == quantityLeft ? discountLeft : new Money(discountLeft * quantity / quantityLeft, order.Currency).Rounded().Amount;
            discountLeft -= discount;
            quantityLeft -= quantity;
            yield return new WantedLine("Item", line.Sku, line.Title, quantity, line.UnitPrice, discount, TaxCode(line.Taxes, profile), location);
        }
    }

    /// <summary>The code that a repair or a mapping put there, else by the setting <c>taxCode:0.19</c>, the rate summed over the taxes of the line; without one the ERP's own posting groups decide.</summary>
    private static string? TaxCode(IReadOnlyList<TaxLine> taxes, ConnectionProfile profile)
    {
        if (taxes.FirstOrDefault(t => t.Code is { Length: > 0 and <= 50 }) is { Code: { } given })
        {
            return given;
        }

        var rate = taxes.Sum(t => t.Rate);
        return profile.Settings.GetValueOrDefault($"taxCode:{rate.ToString("0.####", CultureInfo.InvariantCulture)}") is { Length: > 0 and <= 50 } code ? code : null;
    }
}
