using ControlTower.Data.Canonical;

namespace ControlTower.Tests.Sync.Flows.OrderToCash;

/// <summary>Orders and events of one order's life, consistent to the cent unless a test breaks them.</summary>
internal static class Sample
{
    public static readonly OrderKey Key = new("shop-eu", "5501");
    public static readonly DateTimeOffset Start = new(2026, 3, 1, 10, 0, 0, TimeSpan.Zero);

    /// <summary>Two of TEE at 25.00 less 5.00, one CAP at 12.50, shipping 4.90, all with 19 % inside.</summary>
    public static Order Order(long version = 1, PaymentState payment = PaymentState.Pending, int tees = 2)
    {
        var tee = new OrderLine("l1", "TEE", "Tee", tees, 25.00m, 5.00m, [Inside((tees * 25.00m) - 5.00m)]);
        var cap = new OrderLine("l2", "CAP", "Cap", 1, 12.50m, 0m, [Inside(12.50m)]);
        var ship = new ShippingLine("std", "Standard", 4.90m, 0m, [Inside(4.90m)]);
        return Sum(new Order(
            Key, "#1001", "brand", version, Start, "EUR", true, new OrderTotals(0, 0, 5.00m, 4.90m), [tee, cap], [ship],
            new Buyer("b1", "Ada", "ada@example.test", null, null, new PostalAddress("Ada", "Street 1", null, "Berlin", null, "10115", "DE")),
            payment, [], FulfilmentMode.Ship)) is var order && payment == PaymentState.Paid ? Paid(order) : order;
    }

    /// <summary>Totals as the sum of the parts.</summary>
    public static Order Sum(Order order)
    {
        var net = order.Lines.Sum(l => l.Net) + order.Shipping.Sum(s => s.Net);
        var tax = order.Lines.Sum(l => l.Tax) + order.Shipping.Sum(s => s.Tax);
        return order with { Totals = order.Totals with { Total = order.TaxesIncluded ? net : net + tax, Tax = tax } };
    }

    public static Order Paid(Order order) => order with
    {
        Payment = PaymentState.Paid,
        Tenders = [new Tender("t1", "card", order.Totals.Total, TenderKind.Sale, Start.AddMinutes(1))],
    };

    public static TaxLine Inside(decimal gross) => new("VAT", 0.19m, Math.Round(gross - (gross / 1.19m), 2, MidpointRounding.AwayFromZero));

    public static OrderStated Stated(Order order) => new($"stated-{order.Version}", order, Start.AddMinutes(order.Version));

    public static OrderCancelled CancelledAt(long version) => new($"cancelled-{version}", Key, version, "customer", Start.AddMinutes(version));

    public static RefundRecorded Refund(string id, decimal amount, long version) =>
        new($"refund-{id}", Key, version, id, new Money(amount, "EUR"), [], Start.AddMinutes(version));

    public static ShipmentConfirmed FromErp(PostingKey posting, string id, bool complete, params ShipmentLine[] lines) =>
        new($"erp-{id}", null, posting, 1, id, lines, new Tracking("DHL", $"T-{id}", null), complete, Start.AddHours(5));

    public static ShipmentConfirmed FromShop(string id, bool complete, params ShipmentLine[] lines) =>
        new($"shop-{id}", Key, null, 9, id, lines, new Tracking("DHL", $"T-{id}", null), complete, Start.AddHours(5));

    public static InvoicePosted Invoiced(PostingKey posting, decimal total, decimal? remaining = null, long version = 1, string id = "INV1") =>
        new($"invoice-{id}-{version}", posting, version, id, $"N-{id}", new Money(total, "EUR"), remaining is { } r ? new Money(r, "EUR") : null, Start.AddHours(6));
}
