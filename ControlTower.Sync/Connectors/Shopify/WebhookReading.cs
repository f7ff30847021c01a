using System.Globalization;
using System.Text.Json;
using ControlTower.Data.Canonical;

namespace ControlTower.Sync.Connectors.Shopify;

/// <summary>Pushed documents to facts.</summary>
internal static class WebhookReading
{
    public static OrderFacts Facts(WebhookOrder order)
    {
        var currency = Need.Currency(order.Currency, "currency");
        var updated = Need.Value(order.UpdatedAt, "updated_at");
        return new OrderFacts(
            Id(order.Id, "id"),
            VendorText.Plain(order.Name, 60) ?? Id(order.Id, "id"),
            order.ProcessedAt ?? order.CreatedAt ?? updated,
            updated,
            order.CancelledAt,
            VendorText.Plain(order.CancelReason)?.ToLowerInvariant(),
            order.Test ?? false,
            Need.Value(order.TaxesIncluded, "taxes_included"),
            currency,
            order.FinancialStatus,
            order.FulfillmentStatus == "fulfilled",
            Totals(order.CurrentTotalPrice ?? order.TotalPrice, order.CurrentTotalTax ?? order.TotalTax, order.CurrentTotalDiscounts ?? order.TotalDiscounts,
                order.CurrentShippingPriceSet ?? order.TotalShippingPriceSet, "current_total_price"),
            Totals(order.TotalPrice, order.TotalTax, order.TotalDiscounts, order.TotalShippingPriceSet, "total_price"),
            order.TotalOutstanding,
            [.. (order.PaymentGatewayNames ?? []).Select(g => VendorText.Plain(g, 60)).OfType<string>()],
            Need.Attributes((order.NoteAttributes ?? []).Select(a => (a?.Name, Scalar(a?.Value)))),
            new Buyer(
                order.Customer?.Id?.ToString(CultureInfo.InvariantCulture),
                Need.Name(order.BillingAddress?.Name ?? order.ShippingAddress?.Name, order.Customer?.FirstName, order.Customer?.LastName),
                VendorText.Plain(order.Email, 254),
                VendorText.Plain(order.Phone, 60),
                Address(order.BillingAddress),
                Address(order.ShippingAddress)),
            [.. (order.LineItems ?? []).OfType<WebhookLine>().Select(Line)],
            [.. (order.ShippingLines ?? []).OfType<WebhookShipping>().Where(s => s.IsRemoved != true).Select(Shipping)],
            [.. (order.Refunds ?? []).OfType<WebhookRefund>().Select(r => Refund(r, currency))],
            [.. (order.Fulfillments ?? []).OfType<WebhookFulfillment>().Select(Fulfillment)]);
    }

    public static RefundFacts Refund(WebhookRefund refund, string? currency)
    {
        var paid = (refund.Transactions ?? []).OfType<WebhookTransaction>()
            .Where(t => t is { Kind: "refund", Status: "success" or "pending" or null }).ToList();
        return new RefundFacts(
            Id(refund.Id, "id"),
            Need.Value(refund.ProcessedAt ?? refund.CreatedAt, "processed_at"),
            paid.Sum(t => Need.Amount(t.Amount, "transactions.amount")),
            Need.Currency(currency ?? paid.FirstOrDefault()?.Currency ?? OfLines(refund), "transactions.currency"),
            [.. (refund.RefundLineItems ?? []).OfType<WebhookRefundLine>().Select(line => new RefundLineFacts(
                Id(line.LineItemId, "refund_line_items.line_item_id"),
                VendorText.Plain(line.LineItem?.Sku, 100),
                Need.Quantity(line.Quantity, "refund_line_items.quantity"),
                line.SubtotalSet?.ShopMoney?.Amount ?? line.Subtotal ?? 0,
                line.RestockType is not ("cancel" or "legacy_restock")))],
            refund.Note,
            refund.Return?.Id?.ToString(CultureInfo.InvariantCulture));
    }

    public static FulfillmentFacts Fulfillment(WebhookFulfillment fulfillment) => new(
        Id(fulfillment.Id, "fulfillments.id"),
        fulfillment.Status == "success",
        fulfillment.Status == "cancelled",
        Need.Value(fulfillment.UpdatedAt ?? fulfillment.CreatedAt, "fulfillments.updated_at"),
        Need.Tracking(fulfillment.TrackingCompany, fulfillment.TrackingNumber, fulfillment.TrackingUrl),
        Need.Shipped((fulfillment.LineItems ?? []).OfType<WebhookLine>().Select(l => (l.Sku, Need.Quantity(l.Quantity, "fulfillments.line_items.quantity")))));

    public static string Id(long? id, string field) => Need.Value(id, field).ToString(CultureInfo.InvariantCulture);

    private static LineFacts Line(WebhookLine line)
    {
        var quantity = Need.Quantity(line.Quantity, "line_items.quantity");
        return new LineFacts(
            Id(line.Id, "line_items.id"),
            VendorText.Plain(line.Sku, 100),
            VendorText.Plain(line.Title, 300),
            quantity,
            Need.Quantity(line.CurrentQuantity ?? quantity, "line_items.current_quantity"),
            Need.Amount(line.PriceSet?.ShopMoney?.Amount ?? line.Price, "line_items.price"),
            Discount(line.DiscountAllocations),
            Taxes(line.TaxLines),
            line.RequiresShipping ?? true);
    }

    private static ShippingFacts Shipping(WebhookShipping line) => new(
        VendorText.Plain(line.Code, 100),
        VendorText.Plain(line.Title, 300),
        VendorText.Plain(line.DeliveryCategory ?? line.Source, 60),
        Need.Amount(line.PriceSet?.ShopMoney?.Amount ?? line.Price, "shipping_lines.price"),
        Discount(line.DiscountAllocations),
        Taxes(line.TaxLines));

    private static decimal Discount(IReadOnlyList<WebhookAllocation?>? allocations)
        => (allocations ?? []).OfType<WebhookAllocation>().Sum(a => Need.Amount(a.AmountSet?.ShopMoney?.Amount ?? a.Amount, "discount_allocations.amount"));

    private static List<TaxLine> Taxes(IReadOnlyList<WebhookTax?>? taxes) => [.. (taxes ?? []).OfType<WebhookTax>().Select(t =>
        new TaxLine(VendorText.Plain(t.Title, 100) ?? "Tax", t.Rate ?? 0, Need.Amount(t.PriceSet?.ShopMoney?.Amount ?? t.Price, "tax_lines.price")))];

    private static OrderTotals Totals(decimal? total, decimal? tax, decimal? discount, WebhookMoneySet? shipping, string field)
        => new(Need.Amount(total, field), tax ?? 0, discount ?? 0, shipping?.ShopMoney?.Amount ?? 0);

    private static PostalAddress? Address(WebhookAddress? a) => a is null ? null : Need.Address(
        Need.Name(a.Name, a.FirstName, a.LastName), a.Address1, a.Address2, a.City, a.ProvinceCode, a.Zip, a.CountryCode);

    private static string? OfLines(WebhookRefund refund)
        => (refund.RefundLineItems ?? []).OfType<WebhookRefundLine>().Select(l => l.SubtotalSet?.ShopMoney?.CurrencyCode).FirstOrDefault(c => c is not null);

    private static string? Scalar(JsonElement? value) => value is { } v ? v.Text() : null;
}
