using ControlTower.Data.Audit;
using ControlTower.Data.Canonical;
using ControlTower.Data.Triage;
using ControlTower.Sync.Connectors;
using ControlTower.Sync.Orders;
using ControlTower.Sync.Triage;
using ControlTower.Tests.Support;
using Xunit;

namespace ControlTower.Tests.Sync.Orders;

/// <summary>A person calls an order off: the consequence is said before, carried out in each system, and told of in the trail.</summary>
public sealed class CallOffTests
{
    private static readonly Actor Ida = new(Guid.Parse("00000000-0000-4000-8000-00000000000a"), "Ida Holm", "Operations");

    [Fact]
    public async Task An_order_in_the_books_is_cancelled_there_its_goods_are_free_and_the_trail_says_so_under_the_name_of_who_asked()
    {
        await using var world = await EngineWorld.CreateAsync();
        await world.PlaceAsync(1);
        await world.WorkOutboxAsync();
        await world.WorkOutboxAsync(EngineWorld.ShopId);
        var desk = world.Get<OrderDesk>();
        var outlook = (await desk.OutlookAsync(1, default))!;
        Assert.Equal((BooksOutlook.CancelledThere, "Test ERP", "Test shop", 1, new Money(119m, "EUR"), null), (outlook.Books, outlook.Erp, outlook.Shop, outlook.HeldLines, outlook.Paid, outlook.WhyNot));
        Assert.NotNull(outlook.Number);

        var act = Guid.NewGuid();
        Assert.IsType<OrderAnswer.Taken>(await desk.CallOffAsync(act, 1, outlook.Version, " bought twice ", Ida, default));
        Assert.IsType<OrderAnswer.Taken>(await desk.CallOffAsync(act, 1, outlook.Version, "bought twice", Ida, default));
        await world.WorkInboxAsync();
        await world.Get<OutcomeTrail>().WriteAsync(default);
        Assert.Equal(1, await TrailAsync(world));
        Assert.Contains("being cancelled already", (await desk.OutlookAsync(1, default))!.WhyNot, StringComparison.Ordinal);

        await world.WorkOutboxAsync();
        Assert.Equal("cancelled", await world.StageAsync("1"));
        Assert.Equal(0, await world.Database.ScalarAsync<int>("select reserved from stock where sku = 'SKU-1'"));
        Assert.Single(world.Erp.Client.Calls.OfType<CancelSalesOrder>());
        await world.Get<OutcomeTrail>().WriteAsync(default);
        await world.Get<OutcomeTrail>().WriteAsync(default);
        Assert.Equal(
            "acknowledged, open/done, cancelled/done",
            await world.Database.ScalarAsync<string>(
                "select string_agg(coalesce(detail::jsonb ->> 'before', detail::jsonb ->> 'result') || '/' || outcome, ', ' order by seq) from audit where action = 'orders:order:cancel' and actor_name = 'Ida Holm'"));
    }

    [Fact]
    public async Task What_the_books_refused_is_taken_back_and_its_case_closes_as_no_longer_wanted()
    {
        await using var world = (await BatchWorld.CreateAsync(refused: 1)).World;
        var desk = world.Get<OrderDesk>();
        var outlook = (await desk.OutlookAsync(1, default))!;
        Assert.Equal(BooksOutlook.TakenBack, outlook.Books);

        Assert.IsType<OrderAnswer.Taken>(await desk.CallOffAsync(Guid.NewGuid(), 1, outlook.Version, "the customer is blocked", Ida, default));
        await world.WorkInboxAsync();
        var calls = world.Erp.Client.Calls.Count;
        await world.HurryAsync();
        await world.WorkOutboxAsync();

        Assert.Equal(calls, world.Erp.Client.Calls.Count);
        Assert.Equal("cancelled", await world.StageAsync("1"));
        Assert.Equal($"resolved/{CaseStore.TakenBack}", await world.Database.ScalarAsync<string>("select state || '/' || resolution from exception_case"));
    }

    [Fact]
    public async Task Of_which_goods_have_left_is_refused_by_name_and_nothing_is_said()
    {
        await using var world = await EngineWorld.CreateAsync();
        await world.PlaceAsync(1);
        await world.WorkOutboxAsync();
        var posting = new PostingKey((await world.Database.ScalarAsync<string>("select key from posting where kind = 'PostSalesOrder'"))!);
        var before = (await world.Get<OrderDesk>().OutlookAsync(1, default))!;
        await world.ReceiveAsync(EngineWorld.Message(
            new ShipmentConfirmed("shipped", null, posting, 1, "S1", [new ShipmentLine("SKU-1", 1)], null, true, new DateTimeOffset(2026, 11, 24, 10, 0, 0, TimeSpan.Zero)), "order/1", EngineWorld.ErpId));
        await world.WorkInboxAsync();
        var desk = world.Get<OrderDesk>();
        var after = (await desk.OutlookAsync(1, default))!;

        Assert.IsType<OrderAnswer.Stale>(await desk.CallOffAsync(Guid.NewGuid(), 1, before.Version, "not wanted", Ida, default));
        var refused = Assert.IsType<OrderAnswer.NotAllowed>(await desk.CallOffAsync(Guid.NewGuid(), 1, after.Version, "not wanted", Ida, default));

        Assert.Contains("Goods of it have left", refused.Why, StringComparison.Ordinal);
        Assert.Equal(refused.Why, after.WhyNot);
        Assert.Equal(0, await TrailAsync(world));
        Assert.Equal(0, await world.Database.ScalarAsync<long>($"select count(*) from inbox_message where topic = '{OrderDesk.Topic}'"));
        Assert.Equal(0, await world.Database.ScalarAsync<long>("select count(*) from awaited_outcome"));
    }

    [Theory]
    [InlineData("   no ")]
    [InlineData("two\nlines of it")]
    public async Task A_reason_that_says_nothing_is_refused(string reason)
    {
        await using var world = await EngineWorld.CreateAsync();
        await world.PlaceAsync(1);
        Assert.Contains("Say why", (await Assert.ThrowsAsync<ArgumentException>(() => world.Get<OrderDesk>().CallOffAsync(Guid.NewGuid(), 1, 1, reason, Ida, default))).Message, StringComparison.Ordinal);
        Assert.Null(await world.Get<OrderDesk>().OutlookAsync(99, default));
    }

    private static Task<long> TrailAsync(EngineWorld world) => world.Database.ScalarAsync<long>("select count(*) from audit where action = 'orders:order:cancel'");
}
