using ControlTower.Data.Canonical;

namespace ControlTower.Sync.Connectors.Vendure;

/// <summary>
/// What an order was worth when it was placed. Vendure edits an order in place: a return or a cancellation shrinks quantities and totals, and only
/// <c>orderPlacedQuantity</c>, the fulfillments and the payments still tell what it was. The ERP booked that first state; what came back later is told by refunds.
/// </summary>
internal sealed class VendureAmounts
{
    private readonly VendureOrder order;
    private readonly bool gross;
    private readonly Dictionary<string, int> quantities;
    private readonly Dictionary<string, decimal> lineGross;

    /// <param name="order">As read from Vendure.</param>
    /// <param name="gross">True if prices are stated with tax.</param>
    public VendureAmounts(VendureOrder order, bool gross)
    {
        this.order = order;
        this.gross = gross;
        quantities = order.Lines.ToDictionary(l => l.Id, Stated, StringComparer.Ordinal);
        lineGross = order.Lines.ToDictionary(
            l => l.Id,
            l => quantities[l.Id] == l.Quantity ? l.ProratedLinePriceWithTax : l.ProratedUnitPriceWithTax * quantities[l.Id],
            StringComparer.Ordinal);
        PinToPayments();
    }

    public int Quantity(VendureLine line) => quantities[line.Id];

    /// <summary>What the customer was charged for the line, discounts off, tax in; minor units.</summary>
    public decimal Gross(VendureLine line) => lineGross[line.Id];

    public decimal Net(VendureLine line) => IsChanged(line) || lineGross[line.Id] != line.ProratedLinePriceWithTax
        ? Untaxed(lineGross[line.Id], line.TaxLines)
        : line.ProratedLinePrice;

    public decimal UnitPrice(VendureLine line) => gross ? line.UnitPriceWithTax : line.UnitPrice;

    public decimal Discount(VendureLine line) => (UnitPrice(line) * Quantity(line)) - (gross ? Gross(line) : Net(line));

    public IReadOnlyList<TaxLine> Taxes(VendureLine line, decimal scale) => Split(line.TaxLines, Gross(line) - Net(line), scale);

    /// <summary>The shipping charge as placed: a cancellation of the shipping is taken back out.</summary>
    public (decimal Price, decimal Net, decimal Gross) Shipping(VendureShipping shipping)
    {
        var cancelled = shipping.Discounts.Where(d => d.AdjustmentSource == CancelSource).ToList();
        var net = decimal.Round(shipping.DiscountedPrice - cancelled.Sum(d => d.Amount), MidpointRounding.AwayFromZero);
        var withTax = decimal.Round(shipping.DiscountedPriceWithTax - cancelled.Sum(d => d.AmountWithTax), MidpointRounding.AwayFromZero);
        return (decimal.Round(gross ? shipping.PriceWithTax : shipping.Price, MidpointRounding.AwayFromZero), net, withTax);
    }

    /// <summary>A tax split over its parts by rate; the last part takes the remainder, so that the parts add up.</summary>
    public static IReadOnlyList<TaxLine> Split(IReadOnlyList<VendureTax> taxes, decimal amount, decimal scale)
    {
        var rates = taxes.Sum(t => t.TaxRate);
        var left = amount;
        var parts = new List<TaxLine>(taxes.Count);
        for (var i = 0; i < taxes.Count; i++)
        {
            var part = i == taxes.Count - 1 || rates == 0 ? left : decimal.Round(amount * taxes[i].TaxRate / rates, MidpointRounding.AwayFromZero);
            left -= part;
            parts.Add(new TaxLine(taxes[i].Description ?? "Tax", taxes[i].TaxRate / 100m, part / scale));
        }

        return parts;
    }

    private const string CancelSource = "CANCEL_ORDER";

    // Units that left and came back still belong to the order as placed; units struck off before they left do not (the shop edited the order), unless the
    // whole order was called off: then the statement is the last order that was wanted.
    private int Stated(VendureLine line)
    {
        if (order.IsCalledOff)
        {
            return line.Quantity == 0 ? line.OrderPlacedQuantity : line.Quantity;
        }

        var left = (order.Fulfillments ?? [])
            .Where(f => f.State != VendureStates.Cancelled)
            .SelectMany(f => f.Lines)
            .Where(q => q.OrderLineId == line.Id)
            .Sum(q => q.Quantity);
        return Math.Max(line.Quantity, left);
    }

    private bool IsChanged(VendureLine line) => quantities[line.Id] != line.Quantity;

    // Vendure rounds a line once, not per unit, so units times unit price can miss the first line price by cents. The payment still says what the whole was:
    // the lines that were restored take up the difference.
    private void PinToPayments()
    {
        var changed = order.Lines.Where(IsChanged).OrderBy(l => l.Id, StringComparer.Ordinal).ToList();
        var paid = Charged();
        if (changed.Count == 0 || paid <= 0 || order.Modifications.Count > 0 || order.Lines.Any(l => quantities[l.Id] != l.OrderPlacedQuantity))
        {
            return;
        }

        var rest = order.ShippingLines.Sum(s => Shipping(s).Gross) + order.Surcharges.Sum(s => s.PriceWithTax)
            + order.Lines.Where(l => !IsChanged(l)).Sum(l => lineGross[l.Id]);
        var wanted = paid - rest;
        var have = changed.Sum(l => lineGross[l.Id]);
        var missing = wanted - have;
        if (missing == 0 || have <= 0 || wanted < 0)
        {
            return;
        }

        foreach (var line in changed)
        {
            var share = line == changed[^1] ? missing : decimal.Round((wanted - have) * lineGross[line.Id] / have, MidpointRounding.AwayFromZero);
            lineGross[line.Id] += share;
            missing -= share;
        }
    }

    // A voided payment tells the amount only when none replaced it.
    private decimal Charged()
    {
        var payments = order.Payments ?? [];
        var good = payments.Where(p => p.State is VendureStates.Settled or VendureStates.Authorized).Sum(p => p.Amount);
        return good > 0 ? good : payments.Where(p => p.State == VendureStates.Cancelled).Select(p => p.Amount).DefaultIfEmpty(0).Max();
    }

    private static decimal Untaxed(decimal amount, IReadOnlyList<VendureTax> taxes)
        => decimal.Round(amount / (1 + (taxes.Sum(t => t.TaxRate) / 100m)), MidpointRounding.AwayFromZero);
}
