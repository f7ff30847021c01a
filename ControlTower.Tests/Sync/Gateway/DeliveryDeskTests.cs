using ControlTower.Data.Audit;
using ControlTower.Data.Canonical;
using ControlTower.Data.Outbox;
using ControlTower.Sync.Connectors;
using ControlTower.Sync.Gateway;
using ControlTower.Sync.Triage;
using ControlTower.Tests.Support;
using Xunit;

namespace ControlTower.Tests.Sync.Gateway;

public sealed class DeliveryDeskTests
{
    [Fact]
    public async Task An_order_is_posted_once_and_acknowledged_in_the_shop()
    {
        await using var world = await WithOrderAsync();
        await world.WorkOutboxAsync();
        await world.WorkOutboxAsync(EngineWorld.ShopId);

        Assert.Equal("acknowledged", await world.StageAsync("1"));
        Assert.Single(world.Erp.Client.Ledger);
        Assert.IsType<AcknowledgeOrder>(Assert.Single(world.Shop.Client.Ledger));
        Assert.Equal("confirmed", await world.Database.ScalarAsync<string>("select state from posting where kind = 'PostSalesOrder'"));
    }

    [Promise(4)]
    [Fact]
    public async Task A_lost_answer_is_looked_up_and_the_document_adopted()
    {
        await using var world = await WithOrderAsync();
        Lose(world, commits: true);
        await world.WorkOutboxAsync();
        Assert.Equal("unknown", await world.Database.ScalarAsync<string>("select state from posting where kind = 'PostSalesOrder'"));

        world.Erp.Client.Answer = _ => null;
        await world.HurryAsync();
        await world.WorkOutboxAsync();

        Assert.Single(world.Erp.Client.Ledger);
        Assert.Equal("posted", await world.StageAsync("1"));
    }

    [Promise(5)]
    [Fact]
    public async Task Absent_does_not_count_before_the_targets_longest_processing_time()
    {
        await using var world = await WithOrderAsync();
        Lose(world, commits: false);
        await world.WorkOutboxAsync();
        world.Erp.Client.Answer = _ => null;
        await world.HurryAsync();
        await world.WorkOutboxAsync();

        // Looked up, not found, not sent again: the target may still commit it.
        Assert.NotEmpty(world.Erp.Client.LookUps);
        Assert.Single(world.Erp.Client.Calls);

        // And so it does, late.
        world.Erp.Client.Ledger.Enqueue(world.Erp.Client.Calls.First());
        await world.HurryAsync();
        await world.WorkOutboxAsync();

        Assert.Single(world.Erp.Client.Ledger);
        Assert.Equal("posted", await world.StageAsync("1"));
    }

    [Fact]
    public async Task After_that_time_absent_means_absent_and_it_is_sent_once_more()
    {
        await using var world = await WithOrderAsync();
        Lose(world, commits: false);
        await world.WorkOutboxAsync();
        world.Erp.Client.Answer = _ => null;
        await world.AgeSendingsAsync(TimeSpan.FromMinutes(11));
        await world.WorkOutboxAsync();

        Assert.Equal(2, world.Erp.Client.Calls.Count);
        Assert.Single(world.Erp.Client.Ledger);
        Assert.Single(world.Erp.Client.Calls.Select(c => c.Key).Distinct());
        Assert.Equal("posted", await world.StageAsync("1"));
    }

    [Fact]
    public async Task What_a_dead_process_left_open_is_looked_up_and_not_sent_again()
    {
        await using var world = await WithOrderAsync();
        var claim = Assert.Single(await world.ClaimAsync());
        await world.Erp.Client.SendAsync(CommandComposer.Compose(claim), null!, default); // Sent, and the process died before it could say so.
        var successor = await EngineWorld.CreateAsync(other: world);
        await world.Database.ExecuteAsync("update connection_gate set lease_until = now() - interval '1 second'");
        await successor.WorkOutboxAsync();

        Assert.Single(world.Erp.Client.Ledger);
        Assert.Equal("posted", await world.StageAsync("1"));
    }

    [Promise(11)]
    [Fact]
    public async Task The_dead_process_wakes_and_its_outcome_changes_nothing_more()
    {
        await using var world = await WithOrderAsync();
        var zombie = Assert.Single(await world.ClaimAsync());
        var gate = world.Gate();
        await world.Erp.Client.SendAsync(CommandComposer.Compose(zombie), null!, default);
        var successor = await EngineWorld.CreateAsync(other: world);
        await world.Database.ExecuteAsync("update connection_gate set lease_until = now() - interval '1 second'");
        await successor.WorkOutboxAsync();
        var steps = await world.Database.ScalarAsync<long>("select count(*) from event_log");

        Assert.Empty(await world.ClaimAsync()); // The gate is lost: nothing is claimed.
        Assert.False(await OutboxWork.OpenAttemptAsync(world.Database.Sources.Work, zombie, absent: false, default));
        Assert.Equal(0, await OutboxWork.PostponeAsync(world.Database.Sources.Work, zombie, TimeSpan.Zero, true, "x", "x", false, default));
        Assert.Equal(steps, await world.Database.ScalarAsync<long>("select count(*) from event_log"));
        Assert.NotNull(gate);
    }

    [Fact]
    public async Task A_refusal_opens_a_case_and_a_retry_sends_the_same_key_on_the_replay_lane()
    {
        await using var world = await WithOrderAsync();
        world.Erp.Client.Answer = _ => new Outcome.Refused(FailureKind.Missing, "Internal_RecordNotFound", "The item SKU-1 does not exist.", "lines.0.sku");
        await world.WorkOutboxAsync();
        await world.HurryAsync();
        Assert.Equal(0, await world.WorkOutboxAsync()); // Held: not tried again by itself.
        var caseId = await world.Database.ScalarAsync<long>("select id from exception_case where state = 'open' and failure = 'missing'");
        Assert.Equal("attention", await world.Database.ScalarAsync<string>("select status from flow"));

        world.Erp.Client.Answer = _ => null;
        var desk = world.Get<RetryDesk>();
        var actor = new Actor(Guid.NewGuid(), "Ida", "Operations");
        var receipts = await Task.WhenAll(desk.RetryAsync([caseId], actor, default), desk.RetryAsync([caseId], actor, default));
        Assert.Equal(1, receipts.Sum(r => r.Frozen.Count));
        Assert.Equal(2, await world.Database.ScalarAsync<short>("select lane from delivery"));
        await world.WorkOutboxAsync();

        Assert.Single(world.Erp.Client.Ledger);
        Assert.Single(world.Erp.Client.Calls.Select(c => c.Key).Distinct());
        Assert.Equal("resolved", await world.Database.ScalarAsync<string>($"select state from exception_case where id = {caseId}"));
        Assert.StartsWith("Read back from the target as SO-", await world.Database.ScalarAsync<string>("select resolution from exception_case"), StringComparison.Ordinal);
        Assert.Single(world.Erp.Client.LookUps);
        Assert.Equal(1, await world.Database.ScalarAsync<long>("select count(*) from audit where action = 'exceptions:case:retry'"));
    }

    [Fact]
    public async Task What_the_target_says_it_took_but_does_not_show_is_not_proven_until_it_shows()
    {
        await using var world = await WithOrderAsync();
        world.Erp.Client.Answer = _ => new Outcome.Refused(FailureKind.Missing, "no-item", "The item does not exist.");
        await world.WorkOutboxAsync();
        var caseId = await world.Database.ScalarAsync<long>("select id from exception_case where state = 'open'");

        world.Erp.Client.Answer = _ => null;
        world.Erp.Client.Finds = _ => new LookUp.Absent();
        await world.Get<RetryDesk>().RetryAsync([caseId], new Actor(Guid.NewGuid(), "Ida", "Operations"), default);
        await world.WorkOutboxAsync();

        Assert.Equal("retrying/true/unknown", await world.Database.ScalarAsync<string>(
            "select c.state || '/' || (c.accepted_at is not null) || '/' || p.state from exception_case c join posting p on p.key = c.posting_key"));
        world.Erp.Client.Finds = null;
        await world.HurryAsync();
        await world.WorkOutboxAsync();

        Assert.Single(world.Erp.Client.Ledger);
        Assert.Equal("resolved/confirmed", await world.Database.ScalarAsync<string>("select c.state || '/' || p.state from exception_case c join posting p on p.key = c.posting_key"));
    }

    [Fact]
    public async Task What_is_refused_when_nobody_wants_it_any_more_is_taken_back_at_once_and_is_nobodys_case()
    {
        await using var world = await WithOrderAsync();
        await world.WorkOutboxAsync();
        var at = DateTimeOffset.UnixEpoch;
        await world.ReceiveAsync(EngineWorld.Message(new OrderCancelled("cancelled", new OrderKey(EngineWorld.ShopId, "1"), 2, "customer", at), "order/1"));
        await world.WorkInboxAsync();
        var underWay = Assert.Single(await world.ClaimAsync());
        var posting = new PostingKey((await world.Database.ScalarAsync<string>("select key from posting where kind = 'PostSalesOrder'"))!);
        await world.ReceiveAsync(EngineWorld.Message(new ShipmentConfirmed("shipped", null, posting, 1, "S1", [new ShipmentLine("SKU-1", 1)], null, true, at), "order/1", EngineWorld.ErpId));
        await world.WorkInboxAsync();

        world.Erp.Client.Answer = c => c is CancelSalesOrder ? new Outcome.Refused(FailureKind.Refused, "already-shipped", "It has left.") : null;
        await world.Get<DeliveryDesk>().CarryOutAsync(world.Gate(), underWay, default);

        Assert.Equal("withdrawn", await world.Database.ScalarAsync<string>("select state from posting where kind = 'CancelSalesOrder'"));
        Assert.Equal(0, await world.Database.ScalarAsync<long>("select count(*) from delivery where kind = 'CancelSalesOrder'"));
        Assert.Equal(0, await world.Database.ScalarAsync<long>("select count(*) from exception_case where code = 'already-shipped'"));
        Assert.Equal(1, await world.Database.ScalarAsync<long>("select count(*) from exception_case where code = 'cancel-after-shipment' and state = 'open'"));
    }

    [Fact]
    public async Task A_target_that_is_down_uses_up_no_attempts_and_its_work_is_deferred_in_order()
    {
        await using var world = await EngineWorld.CreateAsync();
        await world.ReceiveAsync([.. Enumerable.Range(1, 5).Select(i => EngineWorld.Message(EngineWorld.Order($"{i}")))]);
        await world.WorkInboxAsync();
        world.Erp.Client.Answer = _ => new Outcome.NotDone(FailureKind.Connection, "refused");
        for (var i = 0; i < 20; i++)
        {
            await world.HurryAsync();
            await world.WorkOutboxAsync(limit: 1);
        }

        Assert.Equal(5, await world.Database.ScalarAsync<long>("select count(*) from delivery where lane = 1 and state = 0 and attempts = 0"));
        Assert.Equal(0, await world.Database.ScalarAsync<long>("select count(*) from exception_case"));

        world.Erp.Client.Answer = _ => null;
        await world.ReceiveAsync(EngineWorld.Message(EngineWorld.Order("6")));
        await world.WorkInboxAsync();
        await world.HurryAsync();
        await world.WorkOutboxAsync();

        // New orders pass what waited; what waited goes in its own order.
        Assert.Equal(["6", "1", "2", "3", "4", "5"], world.Erp.Client.Ledger.OfType<PostSalesOrder>().Select(p => p.Order.Key.Id));
    }

    [Fact]
    public async Task Many_that_fail_together_are_the_targets_trouble_and_use_up_no_attempts()
    {
        await using var world = await EngineWorld.CreateAsync();
        await world.PlaceAsync(Enumerable.Range(1, 5));
        world.Erp.Client.Answer = _ => new Outcome.NotDone(FailureKind.Intermittent, "Answered 500.");
        for (var i = 0; i < 20; i++)
        {
            await world.HurryAsync();
            await world.WorkOutboxAsync(limit: 1);
        }

        // The first could not know yet that it was not alone.
        Assert.Equal(5, await world.Database.ScalarAsync<long>("select count(*) from delivery where lane <= 1 and state = 0 and attempts <= 1"));
        Assert.Equal(4, await world.Database.ScalarAsync<long>("select count(*) from delivery where lane = 1 and attempts = 0"));
        Assert.Equal(0, await world.Database.ScalarAsync<long>("select count(*) from exception_case"));

        world.Erp.Client.Answer = _ => null;
        await world.HurryAsync();
        await world.WorkOutboxAsync();
        Assert.Equal(5, world.Erp.Client.Ledger.Select(c => c.Key).Distinct().Count());
    }

    [Fact]
    public async Task One_poison_item_ends_with_a_person_while_the_target_serves_the_others()
    {
        await using var world = await EngineWorld.CreateAsync();
        await world.PlaceAsync(1);
        world.Erp.Client.Answer = c => c is PostSalesOrder { Order.Key.Id: "1" } ? new Outcome.NotDone(FailureKind.Intermittent, "Answered 500.") : null;
        for (var i = 2; i <= 15; i++)
        {
            await world.PlaceAsync(i);
            await world.HurryAsync();
            await world.WorkOutboxAsync();
        }

        Assert.Equal(DeliveryRules.MaxAttempts, world.Erp.Client.Calls.Count(c => c is PostSalesOrder { Order.Key.Id: "1" }));
        Assert.Equal(1, await world.Database.ScalarAsync<long>("select count(*) from exception_case where code = 'out-of-attempts' and state = 'open'"));
        Assert.Equal(14, world.Erp.Client.Ledger.OfType<PostSalesOrder>().Count());
    }

    [Promise(5)]
    [Fact]
    public async Task An_outage_however_long_leaves_unknown_outcomes_to_be_looked_up_and_asks_nobody()
    {
        await using var world = await WithOrderAsync();
        Lose(world, commits: true);
        await world.WorkOutboxAsync();
        world.Erp.Client.Finds = _ => new LookUp.Undecided(FailureKind.Connection, "The connection was closed before the answer was complete.");
        for (var i = 0; i < 20; i++)
        {
            await world.AgeSendingsAsync(TimeSpan.FromHours(1));
            await world.WorkOutboxAsync(limit: 1);
        }

        Assert.Equal(0, await world.Database.ScalarAsync<long>("select count(*) from exception_case"));
        Assert.Equal(1, await world.Database.ScalarAsync<long>("select count(*) from delivery where lane = 1 and state = 2"));

        // It is back, but stumbles once: that is no reason for a person either.
        world.Erp.Client.Finds = _ => new LookUp.Undecided(FailureKind.Intermittent, "Answered 500.");
        await world.HurryAsync();
        await world.WorkOutboxAsync(limit: 1);
        Assert.Equal(0, await world.Database.ScalarAsync<long>("select count(*) from exception_case"));

        world.Erp.Client.Finds = null;
        world.Erp.Client.Answer = _ => null;
        await world.HurryAsync();
        await world.WorkOutboxAsync();
        Assert.Single(world.Erp.Client.Ledger);
        Assert.Equal("posted", await world.StageAsync("1"));
    }

    [Fact]
    public async Task What_a_target_that_answers_cannot_decide_again_and_again_a_person_decides()
    {
        await using var world = await WithOrderAsync();
        Lose(world, commits: true);
        await world.WorkOutboxAsync();
        world.Erp.Client.Finds = _ => new LookUp.Undecided(FailureKind.Intermittent, "Answered 500.");
        for (var i = 0; i < 15; i++)
        {
            await world.AgeSendingsAsync(TimeSpan.FromMinutes(10));
            await world.WorkOutboxAsync(limit: 1);
        }

        Assert.Equal(1, await world.Database.ScalarAsync<long>("select count(*) from exception_case where code = 'undecided' and state = 'open'"));
        Assert.Single(world.Erp.Client.Calls);
    }

    [Promise(5)]
    [Fact]
    public async Task What_the_target_accepted_and_the_flow_could_not_take_is_looked_up_before_a_retry_sends_anything()
    {
        await using var world = await WithOrderAsync();
        // The database takes no such character: the answer cannot be applied.
        world.Erp.Client.Answer = _ => new Outcome.Accepted("id-\0", "SO-1");
        world.Erp.Client.CommitsAnyway = _ => true;
        await world.WorkOutboxAsync();
        var caseId = await world.Database.ScalarAsync<long>("select id from exception_case where state = 'open' and code = 'not-applied'");
        Assert.Equal("unknown", await world.Database.ScalarAsync<string>("select state from posting where kind = 'PostSalesOrder'"));

        world.Erp.Client.Answer = _ => null;
        await world.Get<RetryDesk>().RetryAsync([caseId], new Actor(Guid.NewGuid(), "Ida", "Operations"), default);
        await world.WorkOutboxAsync();

        Assert.Single(world.Erp.Client.Ledger);
        Assert.Single(world.Erp.Client.LookUps);
        Assert.Equal("posted", await world.StageAsync("1"));
    }

    [Fact]
    public async Task A_target_that_fails_every_time_is_tried_ten_times_then_a_person_is_asked()
    {
        await using var world = await WithOrderAsync();
        world.Erp.Client.Answer = _ => new Outcome.NotDone(FailureKind.Intermittent, "Answered 500.");
        for (var i = 0; i < 30; i++)
        {
            await world.HurryAsync();
            await world.WorkOutboxAsync(limit: 1);
        }

        Assert.Equal(DeliveryRules.MaxAttempts, world.Erp.Client.Calls.Count);
        Assert.Equal(1, await world.Database.ScalarAsync<long>("select count(*) from exception_case where code = 'out-of-attempts' and state = 'open'"));
    }

    [Promise(4)]
    [Fact]
    public async Task What_may_have_happened_is_not_taken_back_because_a_later_attempt_did_not_get_through()
    {
        await using var world = await WithOrderAsync();
        world.Erp.Client.Repeatable = true;
        Lose(world, commits: true);
        await world.WorkOutboxAsync();
        world.Erp.Client.CommitsAnyway = _ => false;
        world.Erp.Client.Answer = _ => new Outcome.NotDone(FailureKind.Connection, "Connection refused.");
        await world.HurryAsync();
        await world.WorkOutboxAsync(limit: 1);

        await world.ReceiveAsync(EngineWorld.Message(new OrderCancelled("cancelled", EngineWorld.Order("1").Key, 2, "customer", EngineWorld.Order("1").PlacedAt), "order/1"));
        await world.WorkInboxAsync();
        Assert.Equal("unknown", await world.Database.ScalarAsync<string>("select state from posting where kind = 'PostSalesOrder'"));
        Assert.Equal("open", await world.Database.ScalarAsync<string>("select status from flow"));

        // The ERP is back and says that it has the order: now it is cancelled there.
        world.Erp.Client.Answer = _ => null;
        await world.HurryAsync();
        await world.WorkOutboxAsync();
        await world.HurryAsync();
        await world.WorkOutboxAsync();
        Assert.Contains(world.Erp.Client.Ledger, c => c is CancelSalesOrder);
        Assert.Equal("cancelled", await world.Database.ScalarAsync<string>("select status from flow"));
    }

    [Fact]
    public async Task What_was_proven_absent_and_then_not_sent_is_taken_back_by_a_cancellation()
    {
        await using var world = await WithOrderAsync();
        Lose(world, commits: false);
        await world.WorkOutboxAsync();
        world.Erp.Client.Answer = _ => new Outcome.NotDone(FailureKind.Connection, "Connection refused.");
        await world.AgeSendingsAsync(TimeSpan.FromHours(1));
        await world.WorkOutboxAsync(limit: 1);

        await world.ReceiveAsync(EngineWorld.Message(new OrderCancelled("cancelled", EngineWorld.Order("1").Key, 2, "customer", EngineWorld.Order("1").PlacedAt), "order/1"));
        await world.WorkInboxAsync();
        Assert.Equal("withdrawn", await world.Database.ScalarAsync<string>("select state from posting where kind = 'PostSalesOrder'"));
        Assert.Equal("cancelled", await world.Database.ScalarAsync<string>("select status from flow"));
        Assert.Empty(world.Erp.Client.Ledger);
    }

    private static async Task<EngineWorld> WithOrderAsync()
    {
        var world = await EngineWorld.CreateAsync();
        await world.ReceiveAsync(EngineWorld.Message(EngineWorld.Order("1")));
        await world.WorkInboxAsync();
        return world;
    }

    private static void Lose(EngineWorld world, bool commits)
    {
        world.Erp.Client.Answer = _ => new Outcome.Unknown("no answer");
        world.Erp.Client.CommitsAnyway = _ => commits;
    }
}
