using ControlTower.Data.Canonical;
using ControlTower.Web.Shared;
using Xunit;

namespace ControlTower.Tests.Web.Shared;

public sealed class MoneyTotalsTests
{
    private static readonly MoneyTotals InPounds = new("GBP", new Dictionary<string, decimal> { ["EUR"] = 1m, ["GBP"] = 1.25m, ["JPY"] = 0.008m }, new DateOnly(2026, 11, 24));

    [Fact]
    public void Sums_are_told_in_the_readers_currency_by_both_rates() => Assert.Equal(new Money(88m, "GBP"), InPounds.Sum([new Money(100m, "EUR"), new Money(7.20m, "GBP"), new Money(125m, "JPY")]));

    [Fact]
    public void One_foreign_currency_is_converted_too() => Assert.Equal(new Money(80m, "GBP"), InPounds.Sum([new Money(100m, "EUR")]));

    [Fact]
    public void What_needs_no_rate_or_lacks_one_stays_as_it_is()
    {
        Assert.Null(InPounds.Sum([new Money(100m, "GBP")]));
        Assert.Null(InPounds.Sum([]));
        Assert.Null(InPounds.Sum([new Money(100m, "EUR"), new Money(1m, "USD")]));
        Assert.Null((InPounds with { Currency = "USD" }).Sum([new Money(100m, "EUR")]));
    }
}
