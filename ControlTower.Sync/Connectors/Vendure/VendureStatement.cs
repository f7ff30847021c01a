using System.Globalization;
using ControlTower.Data.Canonical;

namespace ControlTower.Sync.Connectors.Vendure;

/// <summary>The order in the tower's words. Lines, shipping and surcharges add up to the total, to the cent.</summary>
internal static class VendureStatement
{
    public static Order Of(VendureOrder order, DateTimeOffset placed, long version, ConnectionProfile profile)
    {
        var gross = profile.Settings.GetValueOrDefault("taxesIncluded") != "false";
        var scale = Scale(profile);
        var amounts = new VendureAmounts(order, gross);
        var lines = order.Lines.OrderBy(l => l.Id.Length).ThenBy(l => l.Id, StringComparer.Ordinal).Where(l => amounts.Quantity(l) > 0).Select(l => new OrderLine(
            l.Id, l.ProductVariant.Sku, l.ProductVariant.Name ?? l.ProductVariant.Sku, amounts.Quantity(l), amounts.UnitPrice(l) / scale,
            amounts.Discount(l) / scale, amounts.Taxes(l, scale))).ToList();
        var shipping = order.ShippingLines.Select(s => Shipping(order, s, amounts, gross, scale))
            .Concat(order.Surcharges.Select(s => Surcharge(s, gross, scale))).ToList();
        var tax = lines.Sum(l => l.Tax) + shipping.Sum(s => s.Tax);
        var total = lines.Sum(l => l.Net) + shipping.Sum(s => s.Net) + (gross ? 0 : tax);
        return new Order(
            new OrderKey(profile.Id, order.Id), order.Code, profile.Brand, version, placed, order.CurrencyCode, gross,
            new OrderTotals(total, tax, lines.Sum(l => l.Discount) + shipping.Sum(s => s.Discount), shipping.Sum(s => s.Net)),
            lines, shipping, Buyer(order), Payment(order), Tenders(order, scale), FulfilmentMode.Ship,
            CancelledAt: order.IsCalledOff ? order.UpdatedAt ?? placed : null,
            CancelReason: order.IsCalledOff ? Reason(order) : null);
    }

    /// <summary>Vendure keeps two decimals in every currency unless the shop's own money strategy says otherwise.</summary>
    public static decimal Scale(ConnectionProfile profile)
        => profile.Settings.TryGetValue("moneyPrecision", out var text) && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var digits)
            ? digits switch { 0 => 1m, 1 => 10m, 3 => 1_000m, 4 => 10_000m, _ => 100m }
            : 100m;

    private static ShippingLine Shipping(VendureOrder order, VendureShipping shipping, VendureAmounts amounts, bool gross, decimal scale)
    {
        var (price, net, withTax) = amounts.Shipping(shipping);
        var charged = gross ? withTax : net;
        var rate = ShippingRate(order, net, withTax);
        return new ShippingLine(
            shipping.ShippingMethod.Code, shipping.ShippingMethod.Name ?? shipping.ShippingMethod.Code, price / scale, (price - charged) / scale,
            withTax == net && rate == 0 ? [] : VendureAmounts.Split([new VendureTax("Shipping tax", rate)], withTax - net, scale));
    }

    // Vendure does not state the rate of a shipping line, only those of the whole order. The one that fits the rounded amounts is it; else it is computed.
    private static decimal ShippingRate(VendureOrder order, decimal net, decimal withTax)
    {
        if (net == 0 || withTax == net)
        {
            return 0;
        }

        var computed = (withTax - net) / net * 100;
        var known = order.TaxSummary.Select(t => t.TaxRate).Distinct()
            .Where(r => decimal.Abs(decimal.Round(withTax / (1 + (r / 100)), MidpointRounding.AwayFromZero) - net) <= 1)
            .OrderBy(r => decimal.Abs(r - computed)).Cast<decimal?>().FirstOrDefault();
        return known ?? Math.Round(computed * 2, MidpointRounding.AwayFromZero) / 2;
    }

    private static ShippingLine Surcharge(VendureSurcharge surcharge, bool gross, decimal scale) => new(
        surcharge.Sku is { Length: > 0 } sku ? sku : "surcharge", surcharge.Description ?? "Surcharge", (gross ? surcharge.PriceWithTax : surcharge.Price) / scale, 0m,
        VendureAmounts.Split(surcharge.TaxLines, surcharge.PriceWithTax - surcharge.Price, scale));

    private static Buyer Buyer(VendureOrder order)
    {
        var ship = Address(order.ShippingAddress);
        var name = $"{order.Customer?.FirstName} {order.Customer?.LastName}".Trim();
        return new Buyer(
            order.Customer?.Id, name.Length > 0 ? name : ship?.Name, order.Customer?.EmailAddress,
            order.Customer?.PhoneNumber ?? order.ShippingAddress?.PhoneNumber, Address(order.BillingAddress) ?? ship, ship);
    }

    // Vendure answers an address of nulls where none was given.
    private static PostalAddress? Address(VendureAddress? a) => a is null || (a.StreetLine1 ?? a.City ?? a.PostalCode ?? a.CountryCode) is null
        ? null
        : new PostalAddress(a.FullName ?? a.Company, a.StreetLine1, a.StreetLine2, a.City, a.Province, a.PostalCode, a.CountryCode);

    private static PaymentState Payment(VendureOrder order)
    {
        var payments = order.Payments ?? [];
        var settled = payments.Where(p => p.State == VendureStates.Settled).Sum(p => p.Amount);
        var refunded = payments.SelectMany(p => p.Refunds).Where(r => r.State == VendureStates.Settled).Sum(r => r.Total);
        return settled > 0 && refunded >= settled ? PaymentState.Refunded
            : refunded > 0 ? PaymentState.PartiallyRefunded
            : settled > 0 && settled >= order.TotalWithTax ? PaymentState.Paid
            : settled > 0 ? PaymentState.PartiallyPaid
            : payments.Any(p => p.State == VendureStates.Authorized) ? PaymentState.Authorized
            : payments.Any(p => p.State == VendureStates.Cancelled) ? PaymentState.Voided
            : PaymentState.Pending;
    }

    // Refunds travel as events of their own; listing them as tenders too would count them twice.
    private static List<Tender> Tenders(VendureOrder order, decimal scale) =>
    [
        .. (order.Payments ?? []).OrderBy(p => p.CreatedAt).ThenBy(p => p.Id, StringComparer.Ordinal)
            .Where(p => p.State is VendureStates.Settled or VendureStates.Authorized or VendureStates.Cancelled)
            .Select(p => new Tender(p.Id, p.Method, p.Amount / scale, p.State switch
            {
                VendureStates.Settled => TenderKind.Sale,
                VendureStates.Authorized => TenderKind.Authorization,
                _ => TenderKind.Void,
            }, p.CreatedAt)),
    ];

    private static string? Reason(VendureOrder order)
        => (order.Payments ?? []).SelectMany(p => p.Refunds).Select(r => r.Reason).FirstOrDefault(r => !string.IsNullOrWhiteSpace(r));
}
