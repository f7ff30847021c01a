using ControlTower.Data.Canonical;
using ControlTower.Sync.Connectors;
using ControlTower.Sync.Flows;
using Xunit;
using static ControlTower.Tests.Sync.Flows.OrderToCash.Sample;

namespace ControlTower.Tests.Sync.Flows.OrderToCash;

/// <summary>What holds an order back, and what lets it go on.</summary>
public sealed class CheckTests
{
    public static TheoryData<string, FailureKind, Order> Broken() => new()
    {
        { "no-lines", FailureKind.Value, Sum(Order() with { Lines = [] }) },
        { "unknown-currency", FailureKind.Value, Order() with { Currency = "euro" } },
        { "unknown-currency", FailureKind.Value, Order() with { Currency = "XXX" } },
        { "bad-quantity", FailureKind.Value, Order() with { Lines = [Order().Lines[0] with { Quantity = -1 }] } },
        { "bad-quantity", FailureKind.Value, Order() with { Lines = [Order().Lines[0] with { Quantity = int.MaxValue }] } },
        { "missing-sku", FailureKind.Missing, Order() with { Lines = [Order().Lines[0] with { Sku = " " }, Order().Lines[1]] } },
        { "no-pickup-location", FailureKind.Missing, Order() with { Fulfilment = FulfilmentMode.ClickAndCollect } },
        { "amount-too-large", FailureKind.TooLarge, Order() with { Lines = [Order().Lines[0] with { UnitPrice = decimal.MaxValue }] } },
        { "amount-too-large", FailureKind.TooLarge, Order() with { Totals = new OrderTotals(decimal.MinValue, decimal.MaxValue, 0, 0) } },
        { "negative-total", FailureKind.Value, Sum(Order() with { Lines = [Order().Lines[0] with { Discount = 100m }] }) },
        { "excess-decimals", FailureKind.Value, Sum(Order() with { Lines = [Order().Lines[1] with { UnitPrice = 12.505m }] }) },
        { "excess-decimals", FailureKind.Value, Sum(Order() with { Currency = "JPY" }) },
        { "total-mismatch", FailureKind.Value, Order() with { Totals = Order().Totals with { Total = 62.41m } } },
        { "total-mismatch", FailureKind.Value, Order() with { TaxesIncluded = false } },
        { "tax-mismatch", FailureKind.Value, Order() with { Totals = Order().Totals with { Tax = 9.95m } } },
        { "test-order", FailureKind.Refused, Order() with { Test = true } },
        { "fraud-review", FailureKind.Refused, Sum(Order() with { Lines = [Order().Lines[1] with { UnitPrice = 10_000m, Taxes = [Inside(10_000m)] }] }) },
    };

    [Theory]
    [MemberData(nameof(Broken), DisableDiscoveryEnumeration = true)]
    public void An_order_that_is_not_fit_to_be_posted_is_held_with_a_reason(string code, FailureKind kind, Order order)
    {
        var bench = FlowBench.Started(order);
        Assert.Equal(kind, Assert.Single(bench.Reported, p => p.Code == code).Kind);
        Assert.Equal(("captured", FlowStatus.Attention), (bench.Summary.Stage, bench.Summary.Status));
        Assert.Empty(bench.Asked);
        Assert.Empty(bench.Effects);
        Assert.Matches("^[A-Z]{3}$", bench.Summary.Value.Currency);
    }

    public static TheoryData<string, bool, decimal, decimal> Currencies() => new()
    {
        { "EUR", true, 19.99m, 3.19m }, { "EUR", false, 19.99m, 3.80m }, { "JPY", true, 1_980m, 180m }, { "JPY", false, 1_980m, 198m },
        { "KWD", true, 7.125m, 0.339m }, { "KWD", false, 7.125m, 0.356m }, { "CLF", false, 0.1234m, 0.0001m },
    };

    [Theory]
    [MemberData(nameof(Currencies))]
    public void Totals_agree_in_every_currency_with_tax_inside_and_outside(string currency, bool inside, decimal price, decimal tax)
    {
        var order = Order() with
        {
            Currency = currency,
            TaxesIncluded = inside,
            Lines = [new OrderLine("l1", "TEE", "Tee", 3, price, 0m, [new TaxLine("VAT", 0.1m, tax)])],
            Shipping = [],
            Totals = new OrderTotals((3 * price) + (inside ? 0m : tax), tax, 0m, 0m),
        };
        Assert.Equal("reserved", FlowBench.Started(order).Summary.Stage);
        var smallest = ControlTower.Data.Canonical.Currencies.FromMinor(1, currency);
        Assert.Contains("total-mismatch", FlowBench.Started(order with { Totals = order.Totals with { Total = order.Totals.Total + smallest } }).OpenProblems);
    }

    [Fact]
    public void A_difference_within_the_policy_is_let_through()
    {
        var bench = new FlowBench();
        bench.Context = bench.Context with { Policy = new FlowPolicy(TotalTolerance: 2) };
        bench.Tell(Stated(Order() with { Totals = Order().Totals with { Total = 62.42m } }));
        Assert.Equal("reserved", bench.Summary.Stage);
    }

    [Fact]
    public void Unit_prices_finer_than_the_currency_are_fine_when_the_line_comes_out_even() =>
        Assert.Equal("reserved", FlowBench.Started(Sum(Order() with { Lines = [new OrderLine("l1", "NAIL", "Nail", 200, 0.005m, 0m, [])] })).Summary.Stage);

    [Theory]
    [InlineData("fraud-review")]
    [InlineData("test-order")]
    public void What_is_a_matter_of_judgement_goes_on_when_a_person_says_so(string code)
    {
        var order = code == "test-order" ? Order() with { Test = true } : Dear(20_000m, 1);
        var bench = FlowBench.Started(order);
        Assert.Equal([code], bench.OpenProblems);
        Assert.Equal(Verdict.Applied, bench.Feed(new FlowEvent.Retried("olga")));
        Assert.Equal("reserved", bench.Summary.Stage);
        Assert.Empty(bench.OpenProblems);
        Assert.DoesNotContain(bench.Facts, f => f.Detail?.Contains("olga", StringComparison.Ordinal) == true);
    }

    [Fact]
    public void An_approval_does_not_cover_a_dearer_edit()
    {
        var bench = FlowBench.Started(Dear(20_000m, 1));
        bench.Feed(new FlowEvent.Retried("olga"));
        bench.Tell(Stated(Dear(15_000m, 2)));
        Assert.Empty(bench.OpenProblems);
        bench.Tell(Stated(Dear(30_000m, 3)));
        Assert.Equal(["fraud-review"], bench.OpenProblems);
    }

    [Fact]
    public void What_is_a_fact_stays_held_after_a_retry_and_is_reported_again()
    {
        var bench = FlowBench.Started(Order() with { Totals = Order().Totals with { Total = 1m } });
        bench.Feed(new FlowEvent.Retried("olga"));
        Assert.Equal(["total-mismatch"], bench.OpenProblems);
        Assert.Equal(2, bench.Reported.Count);
        bench.Context = bench.Context with { Policy = new FlowPolicy(TotalTolerance: 100_000) };
        bench.Feed(new FlowEvent.Retried("olga"));
        Assert.Empty(bench.OpenProblems);
    }

    [Fact]
    public void A_corrected_statement_goes_on_by_itself()
    {
        var bench = FlowBench.Started(Order() with { Totals = Order().Totals with { Total = 1m } });
        bench.Tell(Stated(Order(2)));
        Assert.Equal("reserved", bench.Summary.Stage);
        Assert.Empty(bench.OpenProblems);
    }

    [Fact]
    public void Without_an_erp_the_order_waits_for_one()
    {
        var bench = new FlowBench();
        bench.Context = bench.Context with { Erp = null };
        bench.Tell(Stated(Order()));
        Assert.Equal(["no-erp"], bench.OpenProblems);
        bench.Context = bench.Context with { Erp = "erp" };
        bench.Feed(new FlowEvent.Retried("olga"));
        Assert.Equal("erp", Assert.Single(bench.Asked).Target);
    }

    [Fact]
    public void A_shortage_is_reported_once_and_tried_again_until_stock_comes()
    {
        var bench = new FlowBench { Stock = _ => new FlowEvent.NotReserved([new Shortage("TEE", 2, 1)]) };
        bench.Tell(Stated(Order()));
        Assert.Equal(("routed", FlowStatus.Attention), (bench.Summary.Stage, bench.Summary.Status));
        Assert.Equal(TimeSpan.FromMinutes(5), bench.Deadlines["stock-retry"]);
        bench.Feed(new FlowEvent.Due("stock-retry"));
        Assert.Single(bench.Reported);
        bench.Feed(new FlowEvent.Retried("olga"));
        Assert.Equal(2, bench.Reported.Count);
        bench.Stock = null;
        bench.Feed(new FlowEvent.Due("stock-retry"));
        Assert.Equal("reserved", bench.Summary.Stage);
        Assert.Empty(bench.OpenProblems);
        Assert.DoesNotContain("stock-retry", bench.Deadlines.Keys);
    }

    [Fact]
    public void An_order_without_goods_needs_no_stock()
    {
        var bench = FlowBench.Started(Order() with { Lines = [.. Order().Lines.Select(l => l with { RequiresShipping = false })] });
        Assert.Empty(bench.Effects);
        Assert.Single(bench.Asked);
    }

    [Fact]
    public void Messages_of_problems_say_what_to_do_and_name_no_person()
    {
        foreach (var order in Broken().Select(row => row.Data.Item3))
        {
            foreach (var problem in FlowBench.Started(order).Reported)
            {
                Assert.InRange(problem.Message.Length, 60, 400);
                Assert.DoesNotContain("Ada", problem.Message, StringComparison.Ordinal);
            }
        }
    }

    private static Order Dear(decimal price, long version) => Sum(Order(version) with { Lines = [Order().Lines[1] with { UnitPrice = price }] });
}
