using ControlTower.Simulator.Ledger;
using ControlTower.Tests.Support;
using Xunit;

namespace ControlTower.Tests.Chaos;

/// <summary>What the judge of a run says of returns: nothing where all is right, and each wrong that is planted.</summary>
public sealed class JudgeTests
{
    private static readonly Effect Bought = Of("order-placed", "1", 50m);
    private static readonly Effect Refunded = Of("order-refunded", "1", 20m);
    private static readonly Effect Credited = Of("credit-memo-posted", "C-1", 20m) with { System = "bc-eu" };

    [Fact]
    public void A_piece_that_came_back_refunded_once_and_credited_once_is_right() => Assert.Empty(Judged(["1"], [Bought, Refunded], [Credited]));

    [Fact]
    public void A_return_of_an_order_that_was_taken_back_as_a_whole_may_have_been_refused() => Assert.Empty(Judged(["1"], [Bought, Of("order-cancelled", "1", 0m)], []));

    [Sabotage(6)]
    [Fact]
    public void P6_sabotage_a_refund_given_twice_or_for_nothing_a_missing_one_one_above_the_price_and_a_credit_that_differs_are_seen()
    {
        Assert.Contains("doubled: #1 was refunded 2 times", Assert.Single(Judged(["1"], [Bought, Refunded, Refunded], [Credited, Credited])), StringComparison.Ordinal);
        Assert.Contains("doubled: #1 was refunded 1 times and came back never", Assert.Single(Judged([], [Bought, Refunded], [Credited])), StringComparison.Ordinal);
        Assert.Contains("lost: a piece of #1 came back", Assert.Single(Judged(["1"], [Bought], [])), StringComparison.Ordinal);
        Assert.Contains("wrong: #1 was bought for 50 EUR and 60", Assert.Single(Judged(["1"], [Bought, Refunded with { Amount = 60m }], [Credited with { Amount = 60m }])), StringComparison.Ordinal);
        Assert.Contains("wrong: 1 refunds of 20 were paid and 0", Assert.Single(Judged(["1"], [Bought, Refunded], [])), StringComparison.Ordinal);
    }

    private static Effect Of(string kind, string id, decimal amount) => new() { System = ReturnCounter.Shop, Kind = kind, Id = id, Number = $"#{id}", Currency = "EUR", Amount = amount };

    private static List<string> Judged(string[] returned, List<Effect> shops, List<Effect> books)
    {
        var (lost, doubled, wrong) = (new List<string>(), new List<string>(), new List<string>());
        Judge.Returns(returned, shops, books, lost, doubled, wrong);
        return [.. lost.Select(l => $"lost: {l}"), .. doubled.Select(d => $"doubled: {d}"), .. wrong.Select(w => $"wrong: {w}")];
    }
}
