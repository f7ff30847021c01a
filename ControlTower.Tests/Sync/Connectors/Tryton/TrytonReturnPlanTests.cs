using System.Text.Json;
using ControlTower.Data.Canonical;
using ControlTower.Sync.Connectors;
using ControlTower.Sync.Connectors.Tryton;
using Xunit;

namespace ControlTower.Tests.Sync.Connectors.Tryton;

/// <summary>Which line of a sale came back where one product stands on it at two prices.</summary>
public sealed class TrytonReturnPlanTests
{
    private static readonly JsonElement Sale = JsonDocument.Parse("""
        {"lines.":[{"id":1,"product":5,"product.":{"code":"A"},"quantity":1,"unit_price":12.00,"taxes":[]},
                   {"id":2,"product":5,"product.":{"code":"A"},"quantity":1,"unit_price":10.00,"taxes":[]}]}
        """).RootElement;

    [Theory]
    [InlineData("2.00", "12.00", "10.00")]
    [InlineData("2.40", "14.40", "12.00")]
    public void A_price_with_tax_that_equals_another_lines_price_without_is_not_mistaken_for_it(string tax, string total, string price)
    {
        var line = Assert.Single(TrytonReturnPlan.Of(Sale, [Wanted(Number(tax))], Number(total)));
        Assert.Equal(Number(price), line.UnitPrice);
    }

    [Fact]
    public void Where_no_total_is_told_the_nearer_by_either_reading_is_meant()
        => Assert.Equal(12m, Assert.Single(TrytonReturnPlan.Of(Sale, [Wanted(2.4m)], null)).UnitPrice);

    private static decimal Number(string text) => decimal.Parse(text, System.Globalization.CultureInfo.InvariantCulture);

    private static CreditLine Wanted(decimal tax) => new("1", "A", "Thing", 1, 12m, 12m, [new TaxLine("VAT", 0.2m, tax)]);
}
