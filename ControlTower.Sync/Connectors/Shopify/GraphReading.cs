using ControlTower.Data.Canonical;

namespace ControlTower.Sync.Connectors.Shopify;

/// <summary>Read documents to facts.</summary>
internal static class GraphReading
{
    public static OrderFacts Facts(GraphOrder order)
    {
        var currency = Need.Currency(order.CurrencyCode, "currencyCode");
        var updated = Need.Value(order.UpdatedAt, "updatedAt");
        return new OrderFacts(
            Id(order.Id, "Order", "id"),
            VendorText.Plain(order.Name, 60) ?? Id(order.Id, "Order", "id"),
            order.ProcessedAt ?? order.CreatedAt ?? updated,
            updated,
            order.CancelledAt,
            VendorText.Plain(order.CancelReason)?.ToLowerInvariant(),
            order.Test ?? false,
            Need.Value(order.TaxesIncluded, "taxesIncluded"),
            currency,
            order.DisplayFinancialStatus?.ToLowerInvariant(),
            order.DisplayFulfillmentStatus == "FULFILLED",
            Totals(order.CurrentTotalPriceSet, order.CurrentTotalTaxSet, order.CurrentTotalDiscountsSet, order.CurrentShippingPriceSet, "currentTotalPriceSet"),
            Totals(order.TotalPriceSet, order.TotalTaxSet, order.TotalDiscountsSet, order.TotalShippingPriceSet, "totalPriceSet"),
            order.TotalOutstandingSet?.ShopMoney?.Amount,
            [.. (order.PaymentGatewayNames ?? []).Select(g => VendorText.Plain(g, 60)).OfType<string>()],
            Need.Attributes((order.CustomAttributes ?? []).Select(a => (a?.Key, a?.Value))),
            new Buyer(
                order.Customer?.Id is { } customer ? Id(customer, "Customer", "customer.id") : null,
                Need.Name(order.BillingAddress?.Name ?? order.ShippingAddress?.Name, order.Customer?.FirstName, order.Customer?.LastName),
                VendorText.Plain(order.Email, 254),
                VendorText.Plain(order.Phone, 60),
                Address(order.BillingAddress),
                Address(order.ShippingAddress)),
            [.. (order.LineItems?.Nodes ?? []).OfType<GraphLine>().Select(Line)],
            [.. (order.ShippingLines?.Nodes ?? []).OfType<GraphShipping>().Where(s => s.IsRemoved != true).Select(Shipping)],
            [.. (order.Refunds ?? []).OfType<GraphRefund>().Select(r => Refund(r, currency))],
            [.. (order.Fulfillments ?? []).OfType<GraphFulfillment>().Select(Fulfillment)]);
    }

    /// <summary>The digits at the end of a global id of this type.</summary>
    public static string Id(string? gid, string type, string field)
    {
        var start = $"gid://shopify/{type}/";
        var digits = gid is not null && gid.StartsWith(start, StringComparison.Ordinal) ? gid[start.Length..].Split('?')[0] : null;
        return digits is { Length: > 0 and <= 20 } && digits.All(char.IsAsciiDigit)
            ? digits
            : throw new UnusableException(field, $"This is no id of a {type}.");
    }

    private static LineFacts Line(GraphLine line)
    {
        var quantity = Need.Quantity(line.Quantity, "lineItems.quantity");
        return new LineFacts(
            Id(line.Id, "LineItem", "lineItems.id"),
            VendorText.Plain(line.Sku, 100),
            VendorText.Plain(line.Title, 300),
            quantity,
            Need.Quantity(line.CurrentQuantity ?? quantity, "lineItems.currentQuantity"),
            Amount(line.OriginalUnitPriceSet, "lineItems.originalUnitPriceSet"),
            Discount(line.DiscountAllocations),
            Taxes(line.TaxLines),
            line.RequiresShipping ?? true);
    }

    private static ShippingFacts Shipping(GraphShipping line) => new(
        VendorText.Plain(line.Code, 100),
        VendorText.Plain(line.Title, 300),
        VendorText.Plain(line.DeliveryCategory ?? line.Source, 60),
        Amount(line.OriginalPriceSet, "shippingLines.originalPriceSet"),
        Discount(line.DiscountAllocations),
        Taxes(line.TaxLines));

    private static RefundFacts Refund(GraphRefund refund, string currency) => new(
        Id(refund.Id, "Refund", "refunds.id"),
        Need.Value(refund.ProcessedAt ?? refund.CreatedAt, "refunds.processedAt"),
        Amount(refund.TotalRefundedSet, "refunds.totalRefundedSet"),
        currency,
        [.. (refund.RefundLineItems?.Nodes ?? []).OfType<GraphRefundLine>().Select(line => new RefundLineFacts(
            Id(line.LineItem?.Id, "LineItem", "refunds.lineItem.id"),
            VendorText.Plain(line.LineItem?.Sku, 100),
            Need.Quantity(line.Quantity, "refunds.quantity"),
            line.SubtotalSet?.ShopMoney?.Amount ?? 0,
            line.RestockType is not ("CANCEL" or "LEGACY_RESTOCK")))],
        refund.Note,
        refund.Return?.Id is { } paid ? Id(paid, "Return", "refunds.return.id") : null);

    private static FulfillmentFacts Fulfillment(GraphFulfillment fulfillment)
    {
        var tracking = fulfillment.TrackingInfo is [var first, ..] ? first : null;
        return new FulfillmentFacts(
            Id(fulfillment.Id, "Fulfillment", "fulfillments.id"),
            fulfillment.Status == "SUCCESS",
            fulfillment.Status == "CANCELLED",
            Need.Value(fulfillment.UpdatedAt ?? fulfillment.CreatedAt, "fulfillments.updatedAt"),
            Need.Tracking(tracking?.Company, tracking?.Number, tracking?.Url),
            Need.Shipped((fulfillment.FulfillmentLineItems?.Nodes ?? []).OfType<GraphFulfillmentLine>()
                .Select(l => (l.LineItem?.Sku, Need.Quantity(l.Quantity, "fulfillments.quantity")))));
    }

    private static decimal Amount(GraphMoneySet? set, string field) => Need.Amount(set?.ShopMoney?.Amount, field);

    private static decimal Discount(IReadOnlyList<GraphAllocation?>? allocations)
        => (allocations ?? []).OfType<GraphAllocation>().Sum(a => Amount(a.AllocatedAmountSet, "discountAllocations.allocatedAmountSet"));

    private static List<TaxLine> Taxes(IReadOnlyList<GraphTax?>? taxes) => [.. (taxes ?? []).OfType<GraphTax>().Select(t =>
        new TaxLine(VendorText.Plain(t.Title, 100) ?? "Tax", t.Rate ?? 0, Amount(t.PriceSet, "taxLines.priceSet")))];

    private static OrderTotals Totals(GraphMoneySet? total, GraphMoneySet? tax, GraphMoneySet? discount, GraphMoneySet? shipping, string field)
        => new(Amount(total, field), tax?.ShopMoney?.Amount ?? 0, discount?.ShopMoney?.Amount ?? 0, shipping?.ShopMoney?.Amount ?? 0);

    private static PostalAddress? Address(GraphAddress? a) => a is null ? null : Need.Address(
        Need.Name(a.Name, a.FirstName, a.LastName), a.Address1, a.Address2, a.City, a.ProvinceCode, a.Zip, a.CountryCodeV2);
}
