using ControlTower.Data.Canonical;
using ControlTower.Data.Inventory;
using ControlTower.Tests.Support;
using Xunit;
using static ControlTower.Tests.Data.Inventory.StockBench;

namespace ControlTower.Tests.Data.Inventory;

/// <summary>Goods held for a while: all or nothing, once, never more than the channel may have, and given back when the time is up.</summary>
public sealed class StockHoldTests
{
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    [Fact]
    public async Task Lines_of_one_SKU_are_summed_and_all_lines_are_held_or_none()
    {
        await using var bench = await CreateAsync();
        await bench.HasAsync(("A", "east", 3), ("B", "east", 5));
        Assert.Equal("short: A 1 of 4", Say(await HoldAsync(bench, Cart(("A", 2), ("B", 1), ("A", 2)))));
        Assert.Equal("3/0", await bench.PositionAsync("A", "east"));
        Assert.Equal("5/0", await bench.PositionAsync("B", "east"));
        Assert.Equal("2 A at east, 1 B at east, 1 A at east", Say(await HoldAsync(bench, Cart(("A", 2), ("B", 1), ("A", 1)))));
        Assert.Equal(0, await bench.WrongBooksAsync());
    }

    [Fact]
    public async Task A_wish_that_is_repeated_is_held_once_and_another_wish_under_its_id_is_refused()
    {
        await using var bench = await CreateAsync();
        await bench.HasAsync(("A", "east", 10));
        var wish = Cart(("A", 4));
        var first = await HoldAsync(bench, wish);
        Assert.Equal(Say(first), Say(await HoldAsync(bench, wish)));
        var both = await new StockHoldStore(bench.Database.Sources).HoldAsync([wish, wish, wish with { Lines = [new("1", "A", 5)] }], default);
        Assert.Equal(["4 A at east", "4 A at east", "reused"], both.Select(Say));
        Assert.Equal("reused", Say(await HoldAsync(bench, wish with { Reference = "another cart" })));
        Assert.Equal("10/4", await bench.PositionAsync("A", "east"));
    }

    [Fact]
    public async Task Many_wishes_in_one_batch_get_all_there_is_and_not_a_piece_more()
    {
        await using var bench = await CreateAsync();
        await bench.HasAsync(("A", "east", 5), ("A", "west", 4));
        // Two of four fit whole; the third is split over what is left in both places; the last finds nothing.
        var answers = await new StockHoldStore(bench.Database.Sources).HoldAsync([Cart(("A", 4)), Cart(("A", 3)), Cart(("A", 2)), Cart(("A", 1))], default);
        Assert.Equal(["4 A at east", "3 A at west", "1 A at east, 1 A at west", "short: A 1 of 1"], answers.Select(Say));
        Assert.Equal(0, await bench.WrongBooksAsync());
    }

    [Fact]
    public async Task A_pick_up_is_not_promised_where_the_count_has_been_wrong_again_and_again()
    {
        await using var bench = await CreateAsync();
        await bench.HasAsync(("A", "store-1", 20), ("B", "store-1", 20), ("A", "east", 20));
        var wish = Cart(("A", 1), ("B", 1)) with { Kind = HoldKind.Pickup, Mode = FulfilmentMode.ClickAndCollect, Location = "store-1" };
        var before = await HoldAsync(bench, wish);
        await bench.Database.ExecuteAsync("insert into drift_buffer (connection_id, sku, location, units) values ('shop', 'A', 'store-1', 1)");
        Assert.Equal(Say(before), Say(await HoldAsync(bench, wish))); // What was promised stays promised.
        var answers = await new StockHoldStore(bench.Database.Sources).HoldAsync(
            [wish with { Id = Guid.NewGuid() }, wish with { Id = Guid.NewGuid(), Lines = [new("1", "B", 1)] }, Cart(("A", 1))], default);
        Assert.Equal(["A"], Assert.IsType<HoldAnswer.Uncertain>(answers[0]).Skus);
        Assert.All(answers.Skip(1), answer => Assert.IsType<HoldAnswer.Held>(answer));
        Assert.Equal("20/1", await bench.PositionAsync("A", "store-1"));
    }

    [Fact]
    public async Task A_smaller_wish_is_not_refused_because_a_larger_one_before_it_did_not_fit()
    {
        await using var bench = await CreateAsync();
        await bench.HasAsync(("A", "east", 5));
        var answers = await new StockHoldStore(bench.Database.Sources).HoldAsync([Cart(("A", 4)), Cart(("A", 3)), Cart(("A", 1))], default);
        Assert.Equal(["4 A at east", "short: A 2 of 3", "1 A at east"], answers.Select(Say));
    }

    [Fact]
    public async Task What_is_kept_from_a_channel_it_cannot_hold()
    {
        await using var bench = await CreateAsync();
        await bench.HasAsync(("A", "east", 10), ("B", "east", 10));
        await bench.Database.ExecuteAsync("""
            insert into connection (id, kind, role, name) values ('market', 'shopify', 'shop', 'Market');
            insert into channel_rule (sku, connection_id, buffer, buffer_percent, changed_by) values ('A', 'market', 2, 30, 'test');
            insert into channel_rule (sku, location, connection_id, excluded, changed_by) values ('B', 'east', 'market', true, 'test');
            insert into drift_buffer (connection_id, sku, location, units) values ('market', 'A', 'east', 1);
            """);
        // 10 - 2 - 3 - 1 = 4 are the market's; the percentage is of what is on hand and does not give way while pieces are promised.
        Assert.Equal("short: A 1 of 5", Say(await HoldAsync(bench, Cart(("A", 5)) with { Channel = "market" })));
        Assert.Equal("3 A at east", Say(await HoldAsync(bench, Cart(("A", 3)) with { Channel = "market" })));
        Assert.Equal("short: A 1 of 2", Say(await HoldAsync(bench, Cart(("A", 2)) with { Channel = "market" })));
        Assert.Equal("short: B 1 of 1", Say(await HoldAsync(bench, Cart(("B", 1)) with { Channel = "market" })));
        Assert.Equal("6 A at east", Say(await HoldAsync(bench, Cart(("A", 6)) with { Channel = "shop" })));
    }

    [Fact]
    public async Task Click_and_collect_is_held_at_its_store_alone()
    {
        await using var bench = await CreateAsync();
        await bench.HasAsync(("A", "east", 10), ("A", "store-1", 1));
        var wish = Cart(("A", 2)) with { Kind = HoldKind.Pickup, Mode = FulfilmentMode.ClickAndCollect, Location = "store-1" };
        Assert.Equal("short: A 1 of 2", Say(await HoldAsync(bench, wish)));
        Assert.Equal("1 A at store-1", Say(await HoldAsync(bench, wish with { Id = Guid.NewGuid(), Lines = [new("1", "A", 1)] })));
    }

    [Fact]
    public async Task A_hold_is_committed_or_given_back_once_and_only_by_its_client()
    {
        await using var bench = await CreateAsync();
        await bench.HasAsync(("A", "east", 10));
        var holds = new StockHoldStore(bench.Database.Sources);
        var (sold, dropped) = (Cart(("A", 3)), Cart(("A", 2)));
        await holds.HoldAsync([sold, dropped], default);
        Assert.Null(await holds.CommitAsync(sold.Id, "somebody else", default));
        Assert.Equal(HoldState.Committed, (await holds.CommitAsync(sold.Id, sold.Client, default))!.State);
        Assert.Equal(HoldState.Committed, (await holds.ReleaseAsync(sold.Id, sold.Client, default))!.State);
        Assert.Equal(HoldState.Committed, (await holds.CommitAsync(sold.Id, sold.Client, default))!.State);
        Assert.Equal(HoldState.Released, (await holds.ReleaseAsync(dropped.Id, dropped.Client, default))!.State);
        Assert.Equal(HoldState.Released, (await holds.CommitAsync(dropped.Id, dropped.Client, default))!.State);
        Assert.Equal("7/0", await bench.PositionAsync("A", "east"));
        Assert.Equal(0, await bench.WrongBooksAsync());
    }

    [Fact]
    public async Task When_its_time_is_up_it_cannot_be_committed_or_lengthened_and_its_goods_come_back()
    {
        await using var bench = await CreateAsync();
        await bench.HasAsync(("A", "east", 10));
        var holds = new StockHoldStore(bench.Database.Sources);
        var (late, longer) = (Cart(("A", 3)), Cart(("A", 2)));
        await holds.HoldAsync([late, longer], default);
        await holds.ExtendAsync(longer.Id, longer.Client, TimeSpan.FromHours(5), default);
        await bench.Database.ExecuteAsync("update stock_hold set expires_at = expires_at - interval '2 hours'");
        Assert.Equal(HoldState.Active, (await holds.CommitAsync(late.Id, late.Client, default))!.State);
        Assert.True((await holds.ExtendAsync(late.Id, late.Client, Hour, default))!.ExpiresAt < TimeProvider.System.GetUtcNow());
        Assert.Equal("10/5", await bench.PositionAsync("A", "east"));
        Assert.Equal(1, await holds.ExpireAsync(100, default));
        Assert.Equal(0, await holds.ExpireAsync(100, default));
        Assert.Equal(HoldState.Expired, (await holds.FindAsync(late.Id, late.Client, default))!.State);
        Assert.Equal("10/2", await bench.PositionAsync("A", "east"));
        Assert.Equal("ended", Say(await HoldAsync(bench, late)));
    }

    [Fact]
    public async Task The_order_takes_over_what_was_held_for_it_so_that_nothing_is_set_aside_twice()
    {
        await using var bench = await CreateAsync();
        await bench.HasAsync(("LAST", "east", 2));
        var holds = new StockHoldStore(bench.Database.Sources);
        var wish = Cart(("LAST", 2));
        await holds.HoldAsync([wish], default);
        Assert.Equal("short: LAST 2 of 2", await bench.ReserveAsync(Wants(2, ("LAST", 2))));
        await holds.NameOrderAsync(wish.Id, wish.Client, new OrderKey("shop", "1"), default);
        Assert.Equal("line-1: 2 LAST at east", await bench.ReserveAsync(Wants(1, ("LAST", 2))));
        Assert.Equal(HoldState.Taken, (await holds.FindAsync(wish.Id, wish.Client, default))!.State);
        Assert.Equal("2/2", await bench.PositionAsync("LAST", "east"));
        Assert.Equal(0, await bench.WrongBooksAsync());
    }

    [Fact]
    public async Task An_order_that_reserved_before_it_was_named_ends_the_hold_at_once()
    {
        await using var bench = await CreateAsync();
        await bench.HasAsync(("A", "east", 5));
        var holds = new StockHoldStore(bench.Database.Sources);
        var wish = Cart(("A", 2));
        await holds.HoldAsync([wish], default);
        await bench.ReserveAsync(Wants(1, ("A", 2)));
        Assert.Equal(HoldState.Taken, (await holds.NameOrderAsync(wish.Id, wish.Client, new OrderKey("shop", "1"), default))!.State);
        Assert.Equal("5/2", await bench.PositionAsync("A", "east"));
    }

    [Fact]
    public async Task A_basket_that_was_held_and_sold_at_the_till_leaves_the_stock_once()
    {
        await using var bench = await CreateAsync();
        await bench.HasAsync(("LAST", "store-1", 1));
        var holds = new StockHoldStore(bench.Database.Sources);
        var basket = Cart(("LAST", 1)) with { Kind = HoldKind.Till, Mode = FulfilmentMode.ClickAndCollect, Location = "store-1" };
        await holds.HoldAsync([basket], default);
        Assert.Equal("short: LAST 1 of 1", await bench.ReserveAsync(Wants(2, ("LAST", 1))));
        await holds.NameOrderAsync(basket.Id, basket.Client, new OrderKey("shop", "1"), default);
        await bench.ApplyAsync(new StockRequest.Take(1, [new("1", "LAST", 1)], "store-1"));
        Assert.Equal("0/0", await bench.PositionAsync("LAST", "store-1"));
        Assert.Equal(0, await bench.Database.ScalarAsync<int>("select oversold from stock"));
    }

    [Fact]
    public async Task In_one_batch_a_stranger_that_stands_before_it_does_not_get_what_is_held_for_an_order()
    {
        await using var bench = await CreateAsync();
        await bench.HasAsync(("LAST", "east", 1));
        var holds = new StockHoldStore(bench.Database.Sources);
        var wish = Cart(("LAST", 1));
        await holds.HoldAsync([wish], default);
        await holds.NameOrderAsync(wish.Id, wish.Client, new OrderKey("shop", "2"), default);
        var answers = await bench.ApplyAsync(Wants(1, ("LAST", 1)), Wants(2, ("LAST", 1)));
        Assert.IsType<StockAnswer.Short>(answers[1]);
        Assert.IsType<StockAnswer.Reserved>(answers[2]);
    }

    [Fact]
    public async Task An_order_that_falls_short_of_something_else_keeps_what_was_held_for_it_until_it_comes()
    {
        await using var bench = await CreateAsync();
        await bench.HasAsync(("A", "east", 2));
        var holds = new StockHoldStore(bench.Database.Sources);
        var wish = Cart(("A", 2));
        await holds.HoldAsync([wish], default);
        await holds.NameOrderAsync(wish.Id, wish.Client, new OrderKey("shop", "1"), default);
        Assert.Equal("short: Z 1 of 1", await bench.ReserveAsync(Wants(1, ("A", 2), ("Z", 1))));
        Assert.Equal(HoldState.Active, (await holds.FindAsync(wish.Id, wish.Client, default))!.State);
        Assert.Equal("short: A 2 of 2", await bench.ReserveAsync(Wants(2, ("A", 2))));
        await bench.HasAsync(("Z", "east", 1));
        Assert.Equal("line-1: 2 A at east, line-2: 1 Z at east", await bench.ReserveAsync(Wants(1, ("A", 2), ("Z", 1))));
        Assert.Equal(0, await bench.WrongBooksAsync());
    }

    [Fact]
    public async Task What_is_named_for_an_order_is_not_committed_beside_it_nor_kept_when_the_order_is_over()
    {
        await using var bench = await CreateAsync();
        await bench.HasAsync(("A", "east", 9));
        var holds = new StockHoldStore(bench.Database.Sources);
        var (first, second) = (Cart(("A", 2)), Cart(("A", 3)));
        await holds.HoldAsync([first, second], default);
        await holds.NameOrderAsync(first.Id, first.Client, new OrderKey("shop", "1"), default);
        Assert.Equal(HoldState.Active, (await holds.CommitAsync(first.Id, first.Client, default))!.State);
        Assert.Equal("9/5", await bench.PositionAsync("A", "east"));
        await bench.Database.ExecuteAsync("update flow set status = 'cancelled' where id in (1, 2)");
        Assert.Equal(1, await holds.ExpireAsync(100, default));
        Assert.Equal(HoldState.Released, (await holds.NameOrderAsync(second.Id, second.Client, new OrderKey("shop", "2"), default))!.State);
        Assert.Equal("9/0", await bench.PositionAsync("A", "east"));
    }

    private static HoldRequest Cart(params (string Sku, int Quantity)[] lines) => new(
        Guid.NewGuid(), HoldKind.Cart, null, FulfilmentMode.Ship, null, true, "cart", "test", Hour, [.. lines.Select((l, i) => new StockLine($"{i + 1}", l.Sku, l.Quantity))]);

    private static async Task<HoldAnswer> HoldAsync(StockBench bench, HoldRequest wish) => (await new StockHoldStore(bench.Database.Sources).HoldAsync([wish], default))[0];

    private static string Say(HoldAnswer answer) => answer switch
    {
        HoldAnswer.Held h => string.Join(", ", h.Parts.Select(p => $"{p.Quantity} {p.Sku} at {p.Location}")),
        HoldAnswer.Short s => "short: " + string.Join(", ", s.Shortages.Select(x => $"{x.Sku} {x.Missing} of {x.Wanted}")),
        HoldAnswer.Reused => "reused",
        _ => "ended",
    };
}
