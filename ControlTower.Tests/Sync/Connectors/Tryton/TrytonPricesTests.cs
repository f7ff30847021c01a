using ControlTower.Data.Canonical;
using ControlTower.Sync.Connectors.Tryton;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Xunit;

namespace ControlTower.Tests.Sync.Connectors.Tryton;

public sealed class TrytonPricesTests
{
    [Fact]
    public void Two_of_53_01_with_tax_become_two_of_44_175_without()
    {
        var line = new OrderLine("1", "A", "A", 2, 53.01m, 0m, [new TaxLine("VAT", 0.2m, 17.67m)]);
        Assert.Equal((88.35m, 44.175m), (TrytonPrices.Net(line, true), TrytonPrices.UnitPrice(line, true)));
    }

    /// <summary>Tryton's reckoning done here: lines rounded, tax once per rate. What is left is rounding and stays within the tolerance.</summary>
    [Property(MaxTest = 2000)]
    public Property Whatever_the_basket_the_difference_is_rounding(int seed)
    {
        var order = Basket(new Random(seed));
        var lines = order.Lines.Select(l => (Rate: l.Taxes[0].Rate, Net: Math.Round(l.Quantity * TrytonPrices.UnitPrice(l, order.TaxesIncluded), 2, MidpointRounding.AwayFromZero)))
            .Concat(order.Shipping.Select(s => (Rate: s.Taxes[0].Rate, Net: Math.Round(TrytonPrices.UnitPrice(s, order.TaxesIncluded), 2, MidpointRounding.AwayFromZero)))).ToList();
        var total = lines.Sum(l => l.Net) + lines.GroupBy(l => l.Rate).Sum(g => Math.Round(g.Sum(l => l.Net) * g.Key, 2, MidpointRounding.AwayFromZero));
        return (Math.Abs(total - order.Totals.Total) <= TrytonPrices.Tolerance(order)).Label($"{total} instead of {order.Totals.Total}");
    }

    private static Order Basket(Random random)
    {
        var gross = random.Next(2) == 0;
        var lines = Enumerable.Range(1, random.Next(1, 8)).Select(i =>
        {
            var quantity = random.Next(1, random.Next(5) == 0 ? 500 : 5);
            var price = random.Next(1, 30_000) / 100m;
            var discount = random.Next(3) == 0 ? Math.Round(price * quantity * random.Next(0, 100) / 100m, 2) : 0m;
            return new OrderLine($"{i}", $"S{i}", "T", quantity, price, discount, [Tax((price * quantity) - discount, random.Next(2) == 0 ? 0.2m : 0.055m, gross)]);
        }).ToList();
        var shipping = new ShippingLine("s", "S", 5.90m, 0m, [Tax(5.90m, 0.2m, gross)]);
        var tax = lines.Sum(l => l.Tax) + shipping.Tax;
        var total = lines.Sum(l => l.Net) + shipping.Net + (gross ? 0 : tax);
        return new Order(
            new OrderKey("s", "1"), "N", "B", 1, default, "EUR", gross, new OrderTotals(total, tax, 0, shipping.Net), lines, [shipping],
            new Buyer(null, null, null, null, null, null), PaymentState.Paid, [], FulfilmentMode.Ship);
    }

    private static TaxLine Tax(decimal amount, decimal rate, bool gross)
        => new("VAT", rate, gross ? amount - Math.Round(amount / (1 + rate), 2, MidpointRounding.AwayFromZero) : Math.Round(amount * rate, 2, MidpointRounding.AwayFromZero));
}
