using System.Text;
using ControlTower.Data.Canonical;
using ControlTower.Data.Connections;
using ControlTower.Data.Inbox;
using ControlTower.Sync.Pumps;
using ControlTower.Tests.Conformance;
using ControlTower.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Npgsql;
using Xunit;

namespace ControlTower.Tests.Sync.Pumps;

public sealed class InboxPumpTests
{
    [Fact]
    public async Task An_order_becomes_one_flow_with_its_goods_reserved_and_one_posting_intended()
    {
        await using var world = await EngineWorld.CreateAsync();
        await world.ReceiveAsync(EngineWorld.Message(EngineWorld.Order("1", quantity: 2)));
        await world.WorkInboxAsync();

        Assert.Equal("reserved", await world.StageAsync("1"));
        Assert.Equal(1, await world.Database.ScalarAsync<long>("select count(*) from posting where kind = 'PostSalesOrder' and state = 'intended'"));
        Assert.Equal(2, await world.Database.ScalarAsync<int>("select reserved from stock where sku = 'SKU-1'"));
        Assert.Equal(0, await world.Database.ScalarAsync<long>("select count(*) from inbox_work"));
    }

    [Promise(3)]
    [Fact]
    public async Task A_second_identical_message_changes_nothing()
    {
        await using var world = await EngineWorld.CreateAsync();
        var message = EngineWorld.Message(EngineWorld.Order("1"));
        Assert.Equal(Stored.New, Assert.Single(await world.ReceiveAsync(message)));
        await world.WorkInboxAsync();
        var steps = await world.Database.ScalarAsync<long>("select count(*) from event_log");

        Assert.Equal(Stored.Duplicate, Assert.Single(await world.ReceiveAsync(message)));
        await world.ReceiveAsync(message, message, message);
        await world.WorkInboxAsync();

        Assert.Equal(1, await world.Database.ScalarAsync<long>("select count(*) from inbox_message"));
        Assert.Equal(steps, await world.Database.ScalarAsync<long>("select count(*) from event_log"));
    }

    [Promise(3)]
    [Fact]
    public async Task The_same_id_with_other_bytes_is_kept_apart_with_a_case_and_never_worked()
    {
        await using var world = await EngineWorld.CreateAsync();
        await world.ReceiveAsync(EngineWorld.Message(EngineWorld.Order("1"), "event-1"));
        var reused = EngineWorld.Message(EngineWorld.Order("1", version: 2, quantity: 5), "event-1");

        Assert.Equal(Stored.IdReused, Assert.Single(await world.ReceiveAsync(reused)));
        await world.ReceiveAsync(reused);
        await world.WorkInboxAsync();

        Assert.Equal(2, await world.Database.ScalarAsync<long>("select count(*) from inbox_message"));
        Assert.Equal(1, await world.Database.ScalarAsync<long>("select count(*) from exception_case where code = 'id-reused' and state = 'open'"));
        Assert.Equal(119m, await world.Database.ScalarAsync<decimal>("select value from flow"));
    }

    [Promise(9)]
    [Fact]
    public async Task Statements_of_one_order_that_come_in_any_order_end_at_the_newest()
    {
        await using var world = await EngineWorld.CreateAsync();
        foreach (var version in new[] { 3L, 1L, 4L, 2L })
        {
            await world.ReceiveAsync(EngineWorld.Message(EngineWorld.Order("1", version, quantity: (int)version)));
        }

        await world.WorkInboxAsync();

        Assert.Equal(4, await world.Database.ScalarAsync<long>("select applied_version from flow"));
        Assert.Equal(119m * 4, await world.Database.ScalarAsync<decimal>("select value from flow"));
        Assert.Equal(4, await world.Database.ScalarAsync<int>("select reserved from stock where sku = 'SKU-1'"));
        Assert.Equal(1, await world.Database.ScalarAsync<long>("select count(*) from posting where kind = 'PostSalesOrder'"));
    }

    [Fact]
    public async Task What_comes_before_its_order_waits_and_is_applied_when_the_order_is_there()
    {
        await using var world = await EngineWorld.CreateAsync();
        var refund = new RefundRecorded("r1", new OrderKey(EngineWorld.ShopId, "1"), 5, "refund-1", new Money(19m, "EUR"), [], DateTimeOffset.UnixEpoch);
        await world.ReceiveAsync(EngineWorld.Message(refund, "order/1"));
        await world.WorkInboxAsync();
        Assert.Equal(1, await world.Database.ScalarAsync<long>("select count(*) from inbox_work where state = 1"));

        await world.ReceiveAsync(EngineWorld.Message(EngineWorld.Order("1")));
        await world.WorkInboxAsync();

        Assert.Equal(0, await world.Database.ScalarAsync<long>("select count(*) from inbox_work"));
        Assert.Equal(1, await world.Database.ScalarAsync<long>("select count(*) from event_log where type like '%refund%'"));
    }

    [Fact]
    public async Task Many_hints_about_one_order_cost_one_read_and_hold_up_nothing_behind_them()
    {
        await using var world = await EngineWorld.CreateAsync();
        await world.ReceiveAsync([.. Enumerable.Range(1, 5).Select(i => new Arrival(EngineWorld.ShopId, "hint", $"hint-{i}", "order/1", "{}", "order/1"u8.ToArray(), null)),
            EngineWorld.Message(EngineWorld.Order("1"))]);
        await world.WorkInboxAsync();

        var read = Assert.Single(await ErrandStore.FetchesAsync(world.Database.Sources.Work, EngineWorld.ShopId, 20, default));
        Assert.Equal(("order/1", 5), (read.Resource, read.Messages.Length));
        Assert.Equal("reserved", await world.StageAsync("1"));
    }

    [Fact]
    public async Task Bytes_that_cannot_be_read_are_set_aside_with_their_body_and_a_case()
    {
        await using var world = await EngineWorld.CreateAsync();
        await world.ReceiveAsync(new Arrival(EngineWorld.ShopId, "order", "bad", "order/9", "{}", Encoding.UTF8.GetBytes("{\"broken\":"), null), EngineWorld.Message(EngineWorld.Order("1")));
        await world.WorkInboxAsync();

        Assert.Equal("excepted", await world.Database.ScalarAsync<string>("select outcome from inbox_outcome o join inbox_message m on m.id = o.message_id where m.event_id = 'bad'"));
        Assert.Equal(1, await world.Database.ScalarAsync<long>("select count(*) from exception_case where failure = 'parse' and state = 'open'"));
        Assert.Equal("reserved", await world.StageAsync("1"));
    }

    [Fact]
    public async Task A_translator_that_throws_does_not_hold_up_others()
    {
        await using var world = await EngineWorld.CreateAsync();
        world.Shop.Poison = "NL-666";
        await world.ReceiveAsync([EngineWorld.Message(EngineWorld.Order("666")), .. Enumerable.Range(1, 20).Select(i => EngineWorld.Message(EngineWorld.Order($"{i}")))]);
        await world.WorkInboxAsync();

        Assert.Equal(20, await world.Database.ScalarAsync<long>("select count(*) from flow where stage = 'reserved'"));
        Assert.Equal(1, await world.Database.ScalarAsync<long>("select count(*) from exception_case where code = 'translator-failed'"));
    }

    [Promise(12)]
    [Fact]
    public async Task A_message_that_kills_its_worker_three_times_is_quarantined()
    {
        await using var world = await EngineWorld.CreateAsync();
        await world.ReceiveAsync(EngineWorld.Message(EngineWorld.Order("1")));
        for (var i = 0; i < 3; i++)
        {
            // Claimed, and never heard of again: the process died.
            Assert.Single(await InboxWork.ClaimAsync(world.Database.Sources.Work, Guid.NewGuid(), TimeSpan.Zero, 10, default));
        }

        await world.WorkInboxAsync();

        Assert.Equal(1, await world.Database.ScalarAsync<long>("select count(*) from exception_case where code = 'poison' and state = 'open'"));
        Assert.Equal(0, await world.Database.ScalarAsync<long>("select count(*) from inbox_work"));
    }

    [Promise(12)]
    [Fact]
    public async Task A_message_whose_translation_never_comes_back_is_quarantined_while_the_others_go_on()
    {
        var clock = new FakeTimeProvider();
        await using var world = await EngineWorld.CreateAsync(configure: services => services.AddSingleton<TimeProvider>(clock));
        world.Shop.Hangs = "NL-3\"";
        await world.ReceiveAsync([.. Enumerable.Range(1, 3).Select(i => EngineWorld.Message(EngineWorld.Order($"{i}")))]);
        for (var attempt = 1; attempt <= InboxPump.MaxAttempts; attempt++)
        {
            await world.Database.ExecuteAsync("update inbox_work set due_at = now()");
            var run = world.Get<InboxPump>().RunOnceAsync(default);
            await Wait.ForAsync(() => Task.FromResult(world.Shop.Hanging == attempt));
            await Wait.ForAsync(() =>
            {
                clock.Advance(MessageTranslator.Limit);
                return Task.FromResult(run.IsCompleted);
            });
            await run;
            Assert.Equal(2, await world.Database.ScalarAsync<long>("select count(*) from flow"));
        }

        world.Shop.Released.Set();
        Assert.Equal(1, await world.Database.ScalarAsync<long>("select count(*) from exception_case where code = 'poison' and state = 'open'"));
        Assert.Equal(0, await world.Database.ScalarAsync<long>("select count(*) from inbox_work"));
    }

    [Promise(12)]
    [Fact]
    public async Task A_message_that_kills_its_worker_takes_no_other_into_quarantine()
    {
        await using var world = await EngineWorld.CreateAsync();
        world.Shop.Killer = "NL-50\"";
        await world.ReceiveAsync([.. Enumerable.Range(1, 101).Select(i => EngineWorld.Message(EngineWorld.Order($"{i}")))]);

        for (var again = true; again;)
        {
            try
            {
                again = (await world.Get<InboxPump>().RunOnceAsync(default)).Again;
            }
            catch (OutOfMemoryException)
            {
                // Dead. In time its leases end, and another worker comes.
                await world.Database.ExecuteAsync("update inbox_work set lease_until = now() - interval '1 second' where lease_until is not null");
            }
        }

        Assert.Equal(100, await world.Database.ScalarAsync<long>("select count(*) from inbox_outcome where outcome = 'processed'"));
        Assert.Equal("50@1", await world.Database.ScalarAsync<string>(
            "select string_agg(m.event_id, ' ') from exception_case c join inbox_message m on m.id = c.message_id where c.code = 'poison' and c.state = 'open'"));
        Assert.Equal(0, await world.Database.ScalarAsync<long>("select count(*) from inbox_work"));
        Assert.InRange(world.Shop.Killed, 1, InboxPump.MaxAttempts);
    }

    [Promise(12)]
    [Promise(29)]
    [Fact]
    public async Task Failures_of_the_database_are_held_against_no_message()
    {
        await using var world = await EngineWorld.CreateAsync();
        await world.ReceiveAsync([.. Enumerable.Range(1, 10).Select(i => EngineWorld.Message(EngineWorld.Order($"{i}")))]);
        foreach (var state in new[] { "55P03", "57014", "57P01", "53100" })
        {
            await FailAsync(world, state, "true");
            Assert.Equal(state, (await Assert.ThrowsAsync<PostgresException>(() => world.Get<InboxPump>().RunOnceAsync(default))).SqlState);
            await PauseAsync(world);
        }

        await world.Database.ExecuteAsync("drop trigger fails on flow");
        await world.WorkInboxAsync();

        Assert.Equal(10, await world.Database.ScalarAsync<long>("select count(*) from inbox_outcome where outcome = 'processed' and attempts = 1"));
        Assert.Equal(0, await world.Database.ScalarAsync<long>("select count(*) from exception_case"));
    }

    [Theory]
    [InlineData("40P01")]
    [InlineData("40001")]
    public async Task A_batch_that_collided_with_another_is_applied_again_at_once_and_uses_up_no_try(string state)
    {
        await using var world = await EngineWorld.CreateAsync();
        await world.ReceiveAsync([.. Enumerable.Range(1, 10).Select(i => EngineWorld.Message(EngineWorld.Order($"{i}")))]);
        // A sequence counts on when the transaction is rolled back.
        await world.Database.ExecuteAsync("create sequence collisions");
        await FailAsync(world, state, "nextval('collisions') <= 3");

        await world.WorkInboxAsync();

        Assert.Equal(10, await world.Database.ScalarAsync<long>("select count(*) from inbox_outcome where outcome = 'processed' and attempts = 1"));
        Assert.Equal(10, await world.Database.ScalarAsync<int>("select reserved from stock where sku = 'SKU-1'"));
    }

    [Sabotage(29)]
    [Fact]
    public async Task P29_sabotage_a_full_disk_that_is_taken_for_a_fault_of_the_message_sets_sound_orders_aside()
    {
        await using var world = await EngineWorld.CreateAsync();
        await world.ReceiveAsync(EngineWorld.Message(EngineWorld.Order("1")), EngineWorld.Message(EngineWorld.Order("2")));
        // The same trouble under a code that nobody takes for the database's own.
        await FailAsync(world, "22000", "true");
        for (var i = 0; i < 2 * InboxPump.MaxAttempts; i++)
        {
            await world.HurryAsync();
            await world.WorkInboxAsync();
        }

        Assert.Equal(2, await world.Database.ScalarAsync<long>("select count(*) from exception_case where code = 'poison'"));
    }

    [Fact]
    public async Task A_message_under_which_the_database_always_fails_holds_up_no_other_and_ends_in_quarantine()
    {
        await using var world = await EngineWorld.CreateAsync();
        await world.ReceiveAsync([.. Enumerable.Range(1, 10).Select(i => EngineWorld.Message(EngineWorld.Order($"{i}")))]);
        await FailAsync(world, "57014", "new.source_id = '5'");
        for (var run = 1; await world.Database.ScalarAsync<long>("select count(*) from inbox_work") > 0; run++)
        {
            Assert.InRange(run, 1, 2 * InboxPump.MaxHiccups);
            try
            {
                await world.WorkInboxAsync();
            }
            catch (PostgresException error) when (error.SqlState == "57014")
            {
                await PauseAsync(world);
            }
        }

        Assert.Equal(9, await world.Database.ScalarAsync<long>("select count(*) from inbox_outcome where outcome = 'processed'"));
        Assert.Equal("5@1", await world.Database.ScalarAsync<string>(
            "select string_agg(m.event_id, ' ') from exception_case c join inbox_message m on m.id = c.message_id where c.code = 'database-failed' and c.state = 'open'"));
    }

    [Fact]
    public async Task What_waited_longer_than_allowed_while_the_tower_was_off_is_tried_again_when_the_polls_have_had_their_time()
    {
        await using var world = await EngineWorld.CreateAsync();
        await ParkRefundAsync(world);
        await world.Database.ExecuteAsync("update inbox_work set park_until = now() - interval '40 hours', due_at = now() - interval '41 hours'");
        await world.WorkInboxAsync();
        Assert.True(await world.Database.ScalarAsync<bool>("select state = 1 and due_at > now() from inbox_work"));

        await world.ReceiveAsync(EngineWorld.Message(EngineWorld.Order("1")));
        await world.WorkInboxAsync();

        Assert.Equal(0, await world.Database.ScalarAsync<long>("select count(*) from inbox_work"));
        Assert.Equal(1, await world.Database.ScalarAsync<long>("select count(*) from event_log where type like '%refund%'"));
        Assert.Equal(0, await world.Database.ScalarAsync<long>("select count(*) from exception_case where code = 'never-came'"));
    }

    [Fact]
    public async Task What_never_comes_is_set_aside_after_a_last_look()
    {
        await using var world = await EngineWorld.CreateAsync();
        await ParkRefundAsync(world);
        await world.Database.ExecuteAsync("update inbox_work set park_until = now() - interval '2 minutes', due_at = now() - interval '1 minute'");
        await world.WorkInboxAsync();

        Assert.Equal(0, await world.Database.ScalarAsync<long>("select count(*) from inbox_work"));
        Assert.Equal("19.00 EUR", await world.Database.ScalarAsync<string>("select round(value, 2) || ' ' || currency from exception_case where code = 'never-came' and state = 'open'"));
    }

    [Fact]
    public async Task What_never_comes_and_can_be_read_is_read_instead_of_becoming_a_case()
    {
        await using var world = await EngineWorld.CreateAsync();
        await ParkRefundAsync(world, "readable");
        await world.Database.ExecuteAsync("update inbox_work set park_until = now() - interval '2 minutes', due_at = now() - interval '1 minute'");
        await world.WorkInboxAsync();

        Assert.Equal("return/55", await world.Database.ScalarAsync<string>("select reason from inbox_work where state = 2"));
        Assert.Equal(0, await world.Database.ScalarAsync<long>("select count(*) from exception_case"));
    }

    [Promise(11)]
    [Fact]
    public async Task A_worker_that_lost_its_claim_changes_nothing()
    {
        await using var world = await EngineWorld.CreateAsync();
        await world.ReceiveAsync(EngineWorld.Message(EngineWorld.Order("1")));
        var zombie = Assert.Single(await InboxWork.ClaimAsync(world.Database.Sources.Work, Guid.NewGuid(), TimeSpan.Zero, 10, default));
        await world.WorkInboxAsync();
        var steps = await world.Database.ScalarAsync<long>("select count(*) from event_log");

        var order = EngineWorld.Order("1", version: 9, quantity: 7);
        var answer = await world.Get<ControlTower.Sync.Flows.FlowRunner>().ApplyAsync(
            [new ControlTower.Sync.Flows.FlowInput.Message(zombie, [new OrderStated("late", order, DateTimeOffset.UnixEpoch)])], default);

        Assert.IsType<ControlTower.Sync.Flows.FlowAnswer.Lost>(Assert.Single(answer));
        Assert.Equal(steps, await world.Database.ScalarAsync<long>("select count(*) from event_log"));
        Assert.Equal(1, await world.Database.ScalarAsync<long>("select count(*) from inbox_outcome"));
    }

    [Fact]
    public async Task Two_nodes_on_one_database_share_the_work_and_do_none_of_it_twice()
    {
        await using var first = await EngineWorld.CreateAsync();
        var second = await EngineWorld.CreateAsync(other: first);
        await first.ReceiveAsync([.. Enumerable.Range(1, 300).Select(i => EngineWorld.Message(EngineWorld.Order($"{i}")))]);

        await Task.WhenAll(first.WorkInboxAsync(), second.WorkInboxAsync(), first.WorkInboxAsync(), second.WorkInboxAsync());

        Assert.Equal(300, await first.Database.ScalarAsync<long>("select count(*) from flow where stage = 'reserved'"));
        Assert.Equal(300, await first.Database.ScalarAsync<long>("select count(*) from inbox_outcome where outcome = 'processed'"));
        Assert.Equal(300, await first.Database.ScalarAsync<int>("select reserved from stock where sku = 'SKU-1'"));
        Assert.Equal(0, await first.Database.ScalarAsync<long>("select count(*) from (select flow_id, step from event_log group by 1, 2 having count(*) > 1) d"));
    }

    [Fact]
    public async Task The_last_piece_goes_to_one_of_many_orders()
    {
        await using var world = await EngineWorld.CreateAsync();
        await world.ReceiveAsync([.. Enumerable.Range(1, 20).Select(i => EngineWorld.Message(EngineWorld.Order($"{i}", sku: "RARE")))]);
        await world.WorkInboxAsync();

        Assert.Equal(1, await world.Database.ScalarAsync<int>("select reserved from stock where sku = 'RARE'"));
        Assert.Equal(1, await world.Database.ScalarAsync<long>("select count(*) from posting"));
        Assert.Equal(19, await world.Database.ScalarAsync<long>("select count(*) from exception_case where state = 'open'"));
    }

    private static async Task ParkRefundAsync(EngineWorld world, string topic = "event")
    {
        var refund = new RefundRecorded("r1", new OrderKey(EngineWorld.ShopId, "1"), 5, "refund-1", new Money(19m, "EUR"), [], DateTimeOffset.UnixEpoch);
        await world.ReceiveAsync(EngineWorld.Message(refund, "order/1") with { Topic = topic });
        await world.WorkInboxAsync();
        Assert.Equal(1, await world.Database.ScalarAsync<long>("select count(*) from inbox_work where state = 1"));
    }

    // The claims are given back, at the latest when the pump stops, and are due again a little later.
    private static async Task PauseAsync(EngineWorld world)
    {
        await ((IPump)world.Get<InboxPump>()).StopAsync(default);
        await world.HurryAsync();
    }

    private static Task FailAsync(EngineWorld world, string state, string when) => world.Database.ExecuteAsync(
        $"create or replace function fails() returns trigger language plpgsql as $$ begin raise exception 'the database is troubled' using errcode = '{state}'; end $$;"
        + $"create or replace trigger fails before insert on flow for each row when ({when}) execute function fails()");
}
