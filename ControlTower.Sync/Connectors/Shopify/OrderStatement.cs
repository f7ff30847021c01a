using ControlTower.Data.Canonical;

namespace ControlTower.Sync.Connectors.Shopify;

/// <summary>Facts to the canonical order.</summary>
internal static class OrderStatement
{
    /// <summary>Orders statements of one order: microseconds of its last change. Shopify tells whole seconds, so two changes may share one.</summary>
    public static long Version(DateTimeOffset at) => (at.UtcTicks - DateTimeOffset.UnixEpoch.Ticks) / TimeSpan.TicksPerMicrosecond;

    public static Order Of(OrderFacts facts, ConnectionProfile profile)
    {
        IReadOnlyList<OrderLine> lines = [.. facts.Lines.Select(l => Line(l, facts)).Where(l => l.Quantity > 0)];
        IReadOnlyList<ShippingLine> shipping = facts.CancelledAt is not null && lines.Count == 0 ? [] : [.. facts.Shipping.Select(Shipping)];
        var totals = Totals(facts, lines, shipping);
        var (mode, location) = Fulfilment(facts);
        return new Order(
            new OrderKey(profile.Id, facts.Id),
            facts.Name,
            profile.Brand,
            Version(facts.UpdatedAt),
            facts.PlacedAt.ToUniversalTime(),
            facts.Currency,
            facts.TaxesIncluded,
            totals,
            lines,
            shipping,
            facts.Buyer,
            Payment(facts.PaymentStatus),
            Tenders(facts, totals.Total),
            mode,
            location,
            facts.CancelledAt?.ToUniversalTime(),
            facts.CancelReason,
            facts.Test);
    }

    /// <summary>
    /// What was sold of a line: what is left of it, and what was delivered and refunded later, for a refund does not undo a sale. Amounts shrink with the
    /// quantity; the net is what is rounded, so that the parts of a line add up to the line.
    /// </summary>
    private static OrderLine Line(LineFacts line, OrderFacts facts)
    {
        var delivered = facts.Refunds.SelectMany(r => r.Lines).Where(r => r.Delivered && r.LineId == line.Id).Sum(r => r.Quantity);
        var sold = Math.Min(line.Quantity, line.Left + delivered);
        var whole = sold == line.Quantity;
        var net = whole ? 0 : Round(((line.UnitPrice * line.Quantity) - line.Discount) * sold / line.Quantity);
        return new OrderLine(
            line.Id,
            line.Sku ?? "",
            line.Title ?? line.Sku ?? "",
            sold,
            line.UnitPrice,
            whole ? line.Discount : (line.UnitPrice * sold) - net,
            whole ? line.Taxes : [.. line.Taxes.Select(t => t with { Amount = Round(t.Amount * sold / line.Quantity) })],
            line.RequiresShipping);

        decimal Round(decimal amount) => new Money(amount, facts.Currency).Rounded().Amount;
    }

    private static ShippingLine Shipping(ShippingFacts line) => new(line.Code ?? line.Title ?? "shipping", line.Title ?? line.Code ?? "Shipping", line.Price, line.Discount, line.Taxes);

    /// <summary>
    /// Shopify states the order as placed and as it is now, after refunds. Whichever agrees with the lines is the statement; after a mixture of edits and
    /// refunds neither does, and the lines themselves are. A difference that no refund explains is left in, for the flow to find.
    /// </summary>
    private static OrderTotals Totals(OrderFacts facts, IReadOnlyList<OrderLine> lines, IReadOnlyList<ShippingLine> shipping)
    {
        var tax = lines.Sum(l => l.Tax) + shipping.Sum(s => s.Tax);
        var sum = lines.Sum(l => l.Net) + shipping.Sum(s => s.Net) + (facts.TaxesIncluded ? 0 : tax);
        return facts.Current.Total == sum ? facts.Current
            : facts.Original.Total == sum ? facts.Original
            : facts.Refunds.Count == 0 ? facts.Current
            : new OrderTotals(sum, tax, lines.Sum(l => l.Discount) + shipping.Sum(s => s.Discount), shipping.Sum(s => s.Price));
    }

    private static PaymentState Payment(string? status) => status switch
    {
        "paid" => PaymentState.Paid,
        "authorized" => PaymentState.Authorized,
        "partially_paid" => PaymentState.PartiallyPaid,
        "partially_refunded" => PaymentState.PartiallyRefunded,
        "refunded" => PaymentState.Refunded,
        "voided" or "expired" => PaymentState.Voided,
        _ => PaymentState.Pending,
    };

    // Pushed orders carry no transactions, only the gateways and what is still owed; read orders are held to the same, so that both say the same.
    private static IReadOnlyList<Tender> Tenders(OrderFacts facts, decimal total)
    {
        var kind = Payment(facts.PaymentStatus) switch
        {
            PaymentState.Paid or PaymentState.PartiallyPaid or PaymentState.PartiallyRefunded or PaymentState.Refunded => TenderKind.Sale,
            PaymentState.Authorized => TenderKind.Authorization,
            _ => (TenderKind?)null,
        };
        // What was refunded was captured before: a refund that took lines off the order leaves the capture at what the order was worth before.
        var refunded = facts.PaymentStatus is "partially_refunded" or "refunded";
        var amount = facts.PaymentStatus == "partially_paid" ? total - (facts.Outstanding ?? 0) : refunded ? Math.Max(total, facts.Original.Total) : total;
        return kind is null || amount <= 0 ? []
            : [new Tender("paid", facts.Gateways.Count == 0 ? "unknown" : string.Join('+', facts.Gateways), amount, kind.Value, facts.PlacedAt.ToUniversalTime())];
    }

    /// <summary>By the order's own attributes first (set by the storefront), else by the delivery category of its shipping line.</summary>
    private static (FulfilmentMode Mode, string? Location) Fulfilment(OrderFacts facts)
    {
        var mode = First("fulfilment_mode", "fulfillment_mode", "fulfilment", "fulfillment")?.ToLowerInvariant().Replace('-', '_');
        var location = First("location", "pickup_location", "ship_from");
        return mode switch
        {
            "click_and_collect" or "pickup" => (FulfilmentMode.ClickAndCollect, location),
            "ship_from_store" => (FulfilmentMode.ShipFromStore, location),
            _ when facts.Shipping.FirstOrDefault(IsPickup) is { } pickup => (FulfilmentMode.ClickAndCollect, location ?? pickup.Code),
            _ => (FulfilmentMode.Ship, location),
        };

        string? First(params ReadOnlySpan<string> names)
        {
            foreach (var name in names)
            {
                if (facts.Attributes.TryGetValue(name, out var value))
                {
                    return value;
                }
            }

            return null;
        }

        static bool IsPickup(ShippingFacts line) => line.Category is { } category && category.Contains("pickup", StringComparison.OrdinalIgnoreCase);
    }
}
