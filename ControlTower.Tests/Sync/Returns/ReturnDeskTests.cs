using ControlTower.Data.Audit;
using ControlTower.Data.Canonical;
using ControlTower.Data.Returns;
using ControlTower.Sync.Connectors;
using ControlTower.Sync.Returns;
using ControlTower.Tests.Support;
using Xunit;
using Checker = ControlTower.Verify.Checker;

namespace ControlTower.Tests.Sync.Returns;

/// <summary>Returns through the real engine over a real database: what people do at the desk, once, whatever is repeated or raced.</summary>
public sealed class ReturnDeskTests
{
    private static readonly Actor Tina = new(Guid.Parse("00000000-0000-0000-0000-000000000007"), "Tina", "Operations");
    private static readonly Actor Mona = new(Guid.Parse("00000000-0000-0000-0000-000000000008"), "Mona", "Manager");

    [Fact]
    public async Task What_is_handed_in_over_the_counter_is_credited_refunded_and_back_in_stock_once_however_often_it_is_asked_for()
    {
        await using var world = await EngineWorld.CreateAsync();
        var order = await DeliveredAsync(world, "1", 3);
        var onHand = await OnHandAsync(world);
        var wish = Wish(order, 2, new InspectedLine("1", 2, GoodsCondition.Sound));
        for (var again = 0; again < 3; again++)
        {
            Assert.IsType<ReturnAnswer.Taken>(await world.Get<ReturnDesk>().StartAsync(wish, Tina, default));
            await WorkAsync(world);
        }

        Assert.Equal("closed", await world.Database.ScalarAsync<string>("select stage from flow where kind = 'return-to-refund'"));
        Assert.Equal(238m, Assert.Single(world.Shop.Client.Ledger.OfType<RefundPayment>()).Amount.Amount);
        Assert.Equal(2, Assert.Single(Assert.Single(world.Erp.Client.Ledger.OfType<PostCreditMemo>()).Lines).Quantity);
        Assert.Equal(onHand + 2, await OnHandAsync(world));
        Assert.Equal(1, await world.Database.ScalarAsync<long>("select count(*) from audit where action = 'returns:return:start'"));
        Assert.Equal(0, await world.Database.ScalarAsync<long>("select count(*) from exception_case"));

        var detail = await world.Get<ReturnQueries>().FindAsync((await world.Get<ReturnQueries>().ListAsync(new ReturnFilter { Text = "nl-1-r1" })).Rows[0].Id);
        Assert.Equal(["PostCreditMemo", "RefundPayment"], detail!.Documents.Select(d => d.Kind).Order(StringComparer.Ordinal));
        var view = ReturnView.Of(detail);
        Assert.Equal((2, 2, "within-policy"), (view.Lines[0].Received, view.Lines[0].Accepted, view.Decision!.Grounds[0].Code));
    }

    [Fact]
    public async Task The_shops_word_of_our_own_refund_is_not_counted_again_and_a_refund_of_its_own_is()
    {
        await using var world = await EngineWorld.CreateAsync();
        var order = await DeliveredAsync(world, "1", 3);
        await world.Get<ReturnDesk>().StartAsync(Wish(order, 1, new InspectedLine("1", 1, GoodsCondition.Sound)), Tina, default);
        await WorkAsync(world);
        var key = world.Shop.Client.Ledger.OfType<RefundPayment>().Single().Key;
        var paid = (await world.Database.ScalarAsync<string>("select coalesce(number, reference) from posting where kind = 'RefundPayment'"))!;
        await SayAsync(world, new RefundRecorded("e1", new OrderKey("shop", "1"), 2, paid, new Money(119m, "EUR"), [new RefundLine("1", "SKU-1", 1, 119m)], DateTimeOffset.UnixEpoch, key));
        Assert.Equal((119m, 0m), await LimitAsync(world));
        await SayAsync(world, new RefundRecorded("e2", new OrderKey("shop", "1"), 3, "own", new Money(238m, "EUR"), [new RefundLine("1", "SKU-1", 2, 238m)], DateTimeOffset.UnixEpoch));
        Assert.Equal((119m, 238m), await LimitAsync(world));

        await world.Get<ReturnDesk>().StartAsync(Wish(order, 1), Tina, default);
        await WorkAsync(world);
        Assert.Equal("refused", await world.Database.ScalarAsync<string>("select stage from flow where kind = 'return-to-refund' order by id desc limit 1"));
        Assert.Single(world.Shop.Client.Ledger.OfType<RefundPayment>());
    }

    [Promise(6)]
    [Fact]
    public async Task P6_of_twelve_returns_of_one_order_at_once_as_many_are_paid_as_pieces_were_sold()
    {
        await using var world = await EngineWorld.CreateAsync();
        await using var other = await EngineWorld.CreateAsync(world);
        var order = await DeliveredAsync(world, "1", 3);
        await Task.WhenAll(Enumerable.Range(0, 12).Select(n => world.Get<ReturnDesk>().StartAsync(Wish(order, 1, new InspectedLine("1", 1, GoodsCondition.NeedsWork)), Tina, default)));
        await Task.WhenAll(world.WorkInboxAsync(), other.WorkInboxAsync());
        await WorkAsync(world);
        Assert.Equal(3, await world.Database.ScalarAsync<long>("select count(*) from flow where kind = 'return-to-refund' and stage = 'closed'"));
        Assert.Equal(357m, world.Shop.Client.Ledger.OfType<RefundPayment>().Sum(r => r.Amount.Amount));
        Assert.Equal(3, world.Erp.Client.Ledger.OfType<PostCreditMemo>().Count());
        Assert.Equal(3, await world.Database.ScalarAsync<int>("select damaged from stock where sku = 'SKU-1'"));
        await SoundAsync(world);
        Assert.Equal(9, await world.Database.ScalarAsync<long>("select count(*) from flow where kind = 'return-to-refund' and stage = 'refused' and state -> 'Decision' -> 'Grounds' -> 0 ->> 'Code' = 'quantity-left'"));
    }

    [Fact]
    public async Task A_manager_agrees_to_what_the_policy_leaves_to_a_person_and_the_desk_says_why_it_does_not_do_things()
    {
        await using var world = await EngineWorld.CreateAsync();
        var order = await DeliveredAsync(world, "1", 3);
        var desk = world.Get<ReturnDesk>();
        await desk.StartAsync(Wish(order, 1) with { Receipt = false }, Tina, default);
        await WorkAsync(world);
        var flow = await world.Database.ScalarAsync<long>("select id from flow where kind = 'return-to-refund'");
        Assert.Equal("refused", await world.Database.ScalarAsync<string>("select stage from flow where kind = 'return-to-refund'"));
        Assert.Contains("refused", Assert.IsType<ReturnAnswer.Refused>(await desk.ApproveAsync(flow, Guid.NewGuid(), Tina, default)).Words, StringComparison.Ordinal);

        await world.Database.ExecuteAsync("update flow set state = state || '{\"Shipments\":[{\"Id\":\"s1\",\"At\":\"2020-01-01T00:00:00+00:00\",\"Complete\":true,\"Lines\":[]}]}' where kind = 'order-to-cash'");
        await desk.StartAsync(Wish(order, 1), Tina, default);
        await WorkAsync(world);
        flow = await world.Database.ScalarAsync<long>("select max(id) from flow where kind = 'return-to-refund'");
        Assert.Equal("attention", await world.Database.ScalarAsync<string>($"select status from flow where id = {flow}"));
        var act = Guid.NewGuid();
        Assert.Contains("yourself", Assert.IsType<ReturnAnswer.Refused>(await desk.ApproveAsync(flow, act, Tina, default)).Words, StringComparison.Ordinal);
        Assert.IsType<ReturnAnswer.Taken>(await desk.ApproveAsync(flow, act, Mona, default));
        await WorkAsync(world);
        Assert.Equal("authorised", await world.Database.ScalarAsync<string>($"select stage from flow where id = {flow}"));
        Assert.IsType<ReturnAnswer.Taken>(await desk.ApproveAsync(flow, act, Mona, default));
        Assert.IsType<ReturnAnswer.Refused>(await desk.ApproveAsync(flow, Guid.NewGuid(), Mona, default));
        Assert.IsType<ReturnAnswer.Refused>(await desk.ReceiveAsync(flow, Guid.NewGuid(), "nowhere", [new ReceivedLine("1", 1)], false, 0, Tina, default));
        Assert.IsType<ReturnAnswer.Refused>(await desk.ReceiveAsync(flow, Guid.NewGuid(), "WEB", [new ReceivedLine("9", 1)], false, 0, Tina, default));
        Assert.IsType<ReturnAnswer.Refused>(await desk.ReceiveAsync(flow, Guid.NewGuid(), "WEB", [new ReceivedLine("1", -1)], false, 0, Tina, default));
        Assert.IsType<ReturnAnswer.Taken>(await desk.CancelAsync(flow, Guid.NewGuid(), "changed their mind", Tina, default));
        await WorkAsync(world);
        Assert.Equal("cancelled", await world.Database.ScalarAsync<string>($"select stage from flow where id = {flow}"));
        Assert.Equal(0m, (await LimitAsync(world)).Claimed);
    }

    [Fact]
    public async Task A_refund_that_was_heard_before_its_return_is_not_in_the_returns_way_and_one_that_an_older_node_kept_is_in_everybodys()
    {
        await using var world = await EngineWorld.CreateAsync();
        await DeliveredAsync(world, "1", 3);
        var (order, key) = (new OrderKey("shop", "1"), new OrderKey("shop", "r1"));
        await SayAsync(world, new RefundRecorded("e1", order, 2, "early", new Money(238m, "EUR"), [new RefundLine("1", "SKU-1", 2, 238m)], DateTimeOffset.UnixEpoch, OfReturn: "r1"));
        Assert.Equal((0m, 238m), await LimitAsync(world));
        await SayAsync(world, new ReturnStated("s", key, order, 1, [new ReturnedLine("1", 2, ReturnReasons.Unwanted)], null, null, true, true, DateTimeOffset.UnixEpoch));
        Assert.Equal((238m, 0m), await LimitAsync(world));
        Assert.Equal("authorised", await world.Database.ScalarAsync<string>("select stage from flow where kind = 'return-to-refund'"));

        await world.Database.ExecuteAsync("update flow set state = jsonb_set(state, '{Refunds}', state -> 'Refunds' || '[{\"Id\": \"old\", \"Amount\": 119, \"At\": \"2026-01-01T00:00:00+00:00\"}]') where kind = 'order-to-cash'");
        await SayAsync(world, new ReturnStated("s2", new OrderKey("shop", "r2"), order, 1, [new ReturnedLine("1", 1, ReturnReasons.Unwanted)], null, null, true, true, DateTimeOffset.UnixEpoch));
        Assert.Equal((238m, 119m), await LimitAsync(world));
        Assert.Equal("requested", await world.Database.ScalarAsync<string>("select stage from flow where source_id = 'r2' and kind = 'return-to-refund'"));
        await SoundAsync(world);
    }

    [Fact]
    public async Task What_has_not_left_yet_cannot_come_back()
    {
        await using var world = await EngineWorld.CreateAsync();
        var order = await DeliveredAsync(world, "1", 3);
        await world.Database.ExecuteAsync("""
            update flow set state = state || '{"Shipments":[{"Id":"s1","At":"2126-01-01T00:00:00+00:00","Lines":[{"Sku":"SKU-1","Quantity":1}]}]}' where kind = 'order-to-cash'
            """);
        await world.Get<ReturnDesk>().StartAsync(Wish(order, 2), Tina, default);
        await world.Get<ReturnDesk>().StartAsync(Wish(order, 1), Tina, default);
        await WorkAsync(world);
        Assert.Equal("not-shipped", await world.Database.ScalarAsync<string>("select state -> 'Decision' -> 'Grounds' -> 0 ->> 'Code' from flow where kind = 'return-to-refund' and stage = 'refused'"));
        Assert.Equal(1, await world.Database.ScalarAsync<long>("select count(*) from flow where kind = 'return-to-refund' and stage = 'authorised'"));
    }

    [Fact]
    public async Task Pressed_twice_an_inspection_counts_once_and_who_did_not_see_it_is_told()
    {
        await using var world = await EngineWorld.CreateAsync();
        var order = await DeliveredAsync(world, "1", 3);
        var desk = world.Get<ReturnDesk>();
        await desk.StartAsync(Wish(order, 2), Tina, default);
        await WorkAsync(world);
        var flow = await world.Database.ScalarAsync<long>("select id from flow where kind = 'return-to-refund'");
        InspectedLine[] one = [new InspectedLine("1", 1, GoodsCondition.Sound)];
        Assert.IsType<ReturnAnswer.Taken>(await desk.InspectAsync(flow, Guid.NewGuid(), "WEB", one, 0, Tina, default));
        Assert.IsType<ReturnAnswer.Taken>(await desk.InspectAsync(flow, Guid.NewGuid(), "WEB", one, 0, Tina, default));
        await WorkAsync(world);
        await WorkAsync(world);
        Assert.Equal("authorised", await world.Database.ScalarAsync<string>($"select stage from flow where id = {flow}"));
        Assert.Empty(world.Shop.Client.Ledger.OfType<RefundPayment>());
        Assert.IsType<ReturnAnswer.Refused>(await desk.InspectAsync(flow, Guid.NewGuid(), "WEB", one, 0, Tina, default));
        Assert.IsType<ReturnAnswer.Taken>(await desk.InspectAsync(flow, Guid.NewGuid(), "WEB", one, 1, Tina, default));
        await WorkAsync(world);
        Assert.Equal(238m, world.Shop.Client.Ledger.OfType<RefundPayment>().Sum(r => r.Amount.Amount));
    }

    [Fact]
    public async Task A_refund_whose_answer_was_lost_is_found_by_its_key_and_not_paid_again()
    {
        await using var world = await EngineWorld.CreateAsync(maxProcessingSeconds: 5);
        var order = await DeliveredAsync(world, "1", 1);
        world.Shop.Client.Answer = c => c is RefundPayment && world.Shop.Client.Calls.OfType<RefundPayment>().Count() == 1 ? new ControlTower.Sync.Connectors.Outcome.Unknown("no answer") : null;
        world.Shop.Client.CommitsAnyway = c => c is RefundPayment;
        await world.Get<ReturnDesk>().StartAsync(Wish(order, 1, new InspectedLine("1", 1, GoodsCondition.Sound)), Tina, default);
        await WorkAsync(world);
        Assert.Equal("unknown", await world.Database.ScalarAsync<string>("select state from posting where kind = 'RefundPayment'"));
        await world.HurryAsync();
        await WorkAsync(world);
        Assert.Single(world.Shop.Client.Ledger.OfType<RefundPayment>());
        Assert.Equal("closed", await world.Database.ScalarAsync<string>("select stage from flow where kind = 'return-to-refund'"));
    }

    /// <summary>The separate checker finds nothing in what the engine left.</summary>
    private static async Task SoundAsync(EngineWorld world)
    {
        await using var connection = await world.Database.Sources.Read.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        foreach (var invariant in Checker.All.Where(i => i.Name is "refunds-within-capture" or "returns-within-sold" or "return-paid-once" or "returned-goods-booked-once" or "stock-is-sum-of-ledger"
            or "flow-steps-without-gap" or "posting-has-one-end" or "posting-document-kept"))
        {
            var found = await Checker.CheckAsync(connection, invariant, default);
            Assert.True(found is { Count: 0, Error: null }, $"{invariant.Name}: {found.Error} {string.Join(' ', found.Rows.SelectMany(r => r))}");
        }
    }

    private static ReturnWish Wish(long order, int quantity, params InspectedLine[] atHand) =>
        new(Guid.NewGuid(), order, [new ReturnedLine("1", quantity, ReturnReasons.Unwanted)], "WEB", Receipt: true, atHand);

    /// <summary>An order of one line that was posted, shipped and invoiced a day ago.</summary>
    private static async Task<long> DeliveredAsync(EngineWorld world, string id, int quantity)
    {
        await world.ReceiveAsync(EngineWorld.Message(EngineWorld.Order(id, quantity: quantity)));
        await world.WorkInboxAsync();
        await WorkAsync(world);
        var key = new PostingKey((await world.Database.ScalarAsync<string>("select key from posting where kind = 'PostSalesOrder'"))!);
        var yesterday = TimeProvider.System.GetUtcNow().AddDays(-1);
        await SayAsync(world, new ShipmentConfirmed("s1", null, key, 2, "s1", [new ShipmentLine("SKU-1", quantity)], null, true, yesterday), EngineWorld.ErpId);
        await SayAsync(world, new InvoicePosted("i1", key, 3, "inv-1", "INV-1", new Money(119m * quantity, "EUR"), new Money(0m, "EUR"), yesterday), EngineWorld.ErpId);
        await WorkAsync(world);
        return await world.Database.ScalarAsync<long>("select id from flow where kind = 'order-to-cash'");
    }

    private static async Task SayAsync(EngineWorld world, CanonicalEvent what, string from = EngineWorld.ShopId)
    {
        await world.ReceiveAsync(EngineWorld.Message(what, "order/1", from));
        await world.WorkInboxAsync();
    }

    private static async Task WorkAsync(EngineWorld world)
    {
        await world.WorkInboxAsync();
        await world.WorkOutboxAsync();
        await world.WorkOutboxAsync(EngineWorld.ShopId);
    }

    private static async Task<long> OnHandAsync(EngineWorld world) => await world.Database.ScalarAsync<int>("select on_hand from stock where sku = 'SKU-1'");

    private static async Task<(decimal Claimed, decimal Stated)> LimitAsync(EngineWorld world) =>
        (await world.Database.ScalarAsync<decimal>("select claimed from refund_limit"), await world.Database.ScalarAsync<decimal>("select stated from refund_limit"));
}
