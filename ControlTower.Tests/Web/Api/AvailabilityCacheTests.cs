using ControlTower.Data.Inventory;
using ControlTower.Tests.Support;
using ControlTower.Web.Api;
using Xunit;

namespace ControlTower.Tests.Web.Api;

/// <summary>What everybody looks at is asked for once, whoever hangs up.</summary>
public sealed class AvailabilityCacheTests
{
    [Fact]
    public async Task Whoever_comes_while_it_is_asked_for_gets_that_answer_also_when_the_first_asker_has_hung_up()
    {
        await using var database = await TestDatabase.CreateAsync();
        await StockStore.AddLocationsAsync(database.Sources.Work, [new("east", "East", "warehouse")], default);
        await StockStore.CountAsync(database.Sources.Work, [new StockCount("A", "east", 5)], "test", default);
        using var cache = new AvailabilityCache(new AvailabilityQueries(database.Sources), TimeProvider.System);
        using var gone = new CancellationTokenSource();
        var first = cache.OfAsync(null, ["A"], null, gone.Token);
        var second = cache.OfAsync(null, ["A"], null, default);
        await gone.CancelAsync();
        try
        {
            await first;
        }
        catch (OperationCanceledException)
        {
            // It may have been answered before it hung up.
        }

        Assert.Equal(5, (await second).Items[0].Available);
        // Within the second a change is not seen, and after it, it is.
        await StockStore.CountAsync(database.Sources.Work, [new StockCount("A", "east", 4)], "test", default);
        await Conformance.Wait.ForAsync(async () => (await cache.OfAsync(null, ["A"], null, default)).Items[0].Available == 4);
    }

    [Fact]
    public async Task A_question_that_failed_is_asked_again()
    {
        await using var database = await TestDatabase.CreateAsync();
        using var cache = new AvailabilityCache(new AvailabilityQueries(database.Sources), TimeProvider.System);
        await database.ExecuteAsync("alter function stock_offer(text, text[], text) rename to stock_offer_gone");
        await Assert.ThrowsAnyAsync<Exception>(() => cache.OfAsync(null, ["A"], null, default));
        await database.ExecuteAsync("alter function stock_offer_gone(text, text[], text) rename to stock_offer");
        Assert.False((await cache.OfAsync(null, ["A"], null, default)).Items[0].Known);
    }
}
