using ControlTower.Data.Canonical;

namespace ControlTower.Sync.Connectors.Vendure;

/// <summary>What an order must have before it can be reckoned with. The types cannot say it: lists may hold nulls, numbers may be absurd.</summary>
internal static class VendureShape
{
    public const decimal LargestAmount = 1_000_000_000_000m;

    public static Translation.Unreadable? Problem(VendureOrder order)
        => order.Id.Length is 0 or > 64 ? Bad("order-id", "The order's id is empty or longer than 64 characters.", "id")
            : order.Code.Length is 0 or > 64 ? Bad("order-code", "The order's code is empty or longer than 64 characters.", "code")
            : !Currencies.IsCode(order.CurrencyCode) ? Bad("currency", "The currency is no ISO 4217 code.", "currencyCode")
            : HasHoles(order) ? Bad("null", "A list holds null where a thing is expected.", null)
            : order.Lines.Count == 0 ? Bad("lines", "The order has no lines.", "lines")
            : order.Lines.DistinctBy(l => l.Id).Count() != order.Lines.Count ? Bad("lines", "Two lines have the same id.", "lines")
            : order.Lines.Any(l => l.Quantity is < 0 or > 1_000_000 || l.OrderPlacedQuantity is < 0 or > 1_000_000)
                ? Bad("quantity", "A quantity is negative or above a million.", "lines")
            : order.Lines.Any(l => string.IsNullOrWhiteSpace(l.ProductVariant.Sku)) ? Bad("sku", "A line has no SKU.", "lines.productVariant.sku")
            : Rates(order).Any(r => r is < 0 or > 1000) ? Bad("tax-rate", "A tax rate is not between 0 and 1000 percent.", "taxRate")
            : Amounts(order).Any(a => decimal.Abs(a) > LargestAmount) ? Bad("amount", "An amount is out of range.", null)
            : null;

    private static Translation.Unreadable Bad(string code, string message, string? field) => new(FailureKind.Value, $"vendure-{code}", message, field);

    private static IEnumerable<decimal> Rates(VendureOrder order) => order.TaxSummary.Select(t => t.TaxRate)
        .Concat(order.Lines.SelectMany(l => l.TaxLines).Select(t => t.TaxRate))
        .Concat(order.Surcharges.SelectMany(s => s.TaxLines).Select(t => t.TaxRate));

    private static IEnumerable<decimal> Amounts(VendureOrder order) =>
    [
        order.Total, order.TotalWithTax,
        .. order.Lines.SelectMany(l => new[] { l.UnitPrice, l.UnitPriceWithTax, l.ProratedUnitPrice, l.ProratedUnitPriceWithTax, l.ProratedLinePrice, l.ProratedLinePriceWithTax }),
        .. order.ShippingLines.SelectMany(s => new[] { s.Price, s.PriceWithTax, s.DiscountedPrice, s.DiscountedPriceWithTax }),
        .. order.ShippingLines.SelectMany(s => s.Discounts).SelectMany(d => new[] { d.Amount, d.AmountWithTax }),
        .. order.Surcharges.SelectMany(s => new[] { s.Price, s.PriceWithTax }),
        .. (order.Payments ?? []).Select(p => p.Amount),
        .. (order.Payments ?? []).SelectMany(p => p.Refunds).Select(r => r.Total),
    ];

    private static bool HasHoles(VendureOrder order)
        => Holes(order.Lines) || Holes(order.ShippingLines) || Holes(order.Surcharges) || Holes(order.Payments) || Holes(order.Fulfillments)
            || Holes(order.Modifications) || Holes(order.TaxSummary)
            || order.Lines.Any(l => Holes(l.TaxLines))
            || order.ShippingLines.Any(s => Holes(s.Discounts))
            || order.Surcharges.Any(s => Holes(s.TaxLines))
            || (order.Payments ?? []).Any(p => Holes(p.Refunds) || p.Refunds.Any(r => Holes(r.Lines)))
            || (order.Fulfillments ?? []).Any(f => Holes(f.Lines));

    private static bool Holes<T>(IReadOnlyList<T>? list) => list is not null && list.Any(i => i is null);
}
