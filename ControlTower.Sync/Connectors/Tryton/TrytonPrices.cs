using ControlTower.Data.Canonical;

namespace ControlTower.Sync.Connectors.Tryton;

/// <summary>
/// Pure: an order's lines as Tryton keeps them, without tax and with at most four decimals per unit. Tryton multiplies, rounds each line to the currency and adds tax
/// per document, so its total may be cents off the shop's, which rounds per line.
/// </summary>
internal static class TrytonPrices
{
    private const int PriceDecimals = 4;

    /// <summary>Net amount of the line: what Tryton will call its amount, if the unit price can express it.</summary>
    public static decimal Net(OrderLine line, bool taxesIncluded) => taxesIncluded ? line.Net - line.Tax : line.Net;

    public static decimal UnitPrice(OrderLine line, bool taxesIncluded) => decimal.Round(Net(line, taxesIncluded) / line.Quantity, PriceDecimals, MidpointRounding.AwayFromZero);

    public static decimal UnitPrice(ShippingLine line, bool taxesIncluded)
        => decimal.Round(taxesIncluded ? line.Net - line.Tax : line.Net, PriceDecimals, MidpointRounding.AwayFromZero);

    /// <summary>
    /// The largest difference that rounding can make: half a cent per line and tax, plus what four decimals lose on many units. Beyond it something else changed the
    /// money, and the sale is not confirmed.
    /// </summary>
    public static decimal Tolerance(Order order) => Tolerance(
        order.Currency, order.Lines.Count + order.Shipping.Count + order.Lines.SelectMany(l => l.Taxes).Count(), order.Lines.Sum(l => l.Quantity));

    /// <param name="parts">Lines and taxes, each of which is rounded.</param>
    public static decimal Tolerance(string currency, int parts, int pieces) => (1m / (decimal)Math.Pow(10, Currencies.Decimals(currency)) * (1 + parts)) + (pieces * 0.0001m);
}
