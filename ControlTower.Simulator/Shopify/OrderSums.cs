using ControlTower.Simulator.Traffic;

namespace ControlTower.Simulator.Shopify;

/// <summary>
/// The totals of an order, always recomputed from its lines so that they add up by construction.
/// "Part" splits an amount over units so that the parts of all units sum to the whole to the smallest coin.
/// </summary>
public sealed class OrderSums(Market market, ShopOrder order)
{
    public decimal LinesGross => order.Lines.Sum(l => l.Gross);
    public decimal Discounts => order.Lines.Sum(l => l.Discounted);
    public decimal Subtotal => order.Lines.Sum(l => l.Net);
    public decimal Shipping => order.Carriage.Sum(c => c.Price);
    public decimal Tax => order.Lines.Sum(l => l.Tax) + order.Carriage.Sum(c => c.Taxes.Sum(t => t.Price));
    public decimal Total => Subtotal + Shipping + (market.TaxesIncluded ? 0 : Tax);

    public decimal RefundedShipping => order.Refunds.Sum(r => r.Shipping);
    public decimal RefundedShippingTax => order.Refunds.Sum(r => r.ShippingTax);
    public decimal CurrentSubtotal => order.Lines.Sum(l => Part(l.Net, l.Current, l.Quantity));
    public decimal CurrentDiscounts => order.Lines.Sum(l => Part(l.Discounted, l.Current, l.Quantity));
    public decimal CurrentShipping => Shipping - RefundedShipping;
    public decimal CurrentTax => order.Lines.Sum(l => l.Taxes.Sum(t => Part(t.Price, l.Current, l.Quantity))) + order.Carriage.Sum(c => c.Taxes.Sum(t => t.Price)) - RefundedShippingTax;
    public decimal CurrentTotal => CurrentSubtotal + CurrentShipping + (market.TaxesIncluded ? 0 : CurrentTax);

    public decimal Paid => order.Payments.Where(p => p.Kind is "sale" or "capture").Sum(p => p.Amount);
    public decimal Refunded => order.Refunds.Sum(r => r.Payments.Sum(p => p.Amount));
    public decimal Outstanding => CurrentTotal - (Paid - Refunded);
    public int Grams => order.Lines.Sum(l => l.Grams * l.Quantity);

    /// <summary>The share of <paramref name="units"/> out of <paramref name="all"/> units of an amount.</summary>
    public decimal Part(decimal amount, int units, int all) => units == all ? amount : units == 0 ? 0 : market.Round(amount * units / all);

    /// <summary>What the next <paramref name="units"/> units of a line are worth when they leave the order: net and tax.</summary>
    public (decimal Net, decimal Tax) Leaving(OrderLine line, int units)
    {
        var rest = line.Current - units;
        return (Part(line.Net, line.Current, line.Quantity) - Part(line.Net, rest, line.Quantity),
            line.Taxes.Sum(t => Part(t.Price, line.Current, line.Quantity) - Part(t.Price, rest, line.Quantity)));
    }

    /// <summary>pending, paid, partially_paid, partially_refunded, refunded.</summary>
    public string FinancialStatus => (Paid, Refunded) switch
    {
        (0, _) => order.CancelledAt is null ? "pending" : "voided",
        var (paid, back) when back >= paid => "refunded",
        (_, > 0) => "partially_refunded",
        var (paid, _) when paid < CurrentTotal => "partially_paid",
        _ => "paid",
    };

    /// <summary>null, partial, fulfilled or, for a cancelled order, restocked.</summary>
    public string? FulfillmentStatus
    {
        get
        {
            if (order.Parcels.All(p => p.Status != "success")) return order.CancelledAt is null ? null : "restocked";
            return order.Lines.All(l => l.Fulfillable == 0) ? "fulfilled" : "partial";
        }
    }

    /// <summary>Equal taxes of lines and shipping gathered, as the order's own tax lines.</summary>
    public IReadOnlyList<TaxLine> TaxLines(bool current) => order.Lines
        .SelectMany(l => l.Taxes.Select(t => current ? t with { Price = Part(t.Price, l.Current, l.Quantity) } : t))
        .Concat(current && RefundedShipping > 0 ? [] : order.Carriage.SelectMany(c => c.Taxes))
        .GroupBy(t => (t.Title, t.Rate))
        .Select(g => new TaxLine(g.Key.Title, g.Key.Rate, g.Sum(t => t.Price)))
        .ToList();
}
