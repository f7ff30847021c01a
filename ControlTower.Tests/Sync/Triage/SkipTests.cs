using ControlTower.Data.Audit;
using ControlTower.Data.Canonical;
using ControlTower.Data.Flows;
using ControlTower.Data.Live;
using ControlTower.Data.Triage;
using ControlTower.Sync.Administration;
using ControlTower.Sync.Connectors;
using ControlTower.Sync.Jobs;
using ControlTower.Sync.Pumps;
using ControlTower.Sync.Triage;
using ControlTower.Tests.Support;
using Microsoft.Extensions.Options;
using Xunit;

namespace ControlTower.Tests.Sync.Triage;

/// <summary>An order goes on without what nothing rests on: the ERP's number on the shop's order.</summary>
public sealed class SkipTests
{
    private static readonly Actor Ida = new(null, "Ida Holm", "Operations");

    [Fact]
    public async Task Skipped_is_done_once_the_act_cannot_be_taken_back_and_nothing_more_is_sent_for_it()
    {
        await using var world = await RefusedAsync();
        var desk = world.Get<CaseDesk>();
        var receipt = await desk.CloseAsync([await SeenAsync(world)], CaseEnding.Skipped, "the shop is closed down", Ida, default);
        Assert.Single(receipt.Moved);

        await world.Get<DeadlinePump>().RunOnceAsync(default);
        Assert.Equal("posted", await world.StageAsync("1"));

        await world.Database.ExecuteAsync("update deadline set due_at = now()");
        await world.Get<DeadlinePump>().RunOnceAsync(default);

        Assert.Equal("acknowledged", await world.StageAsync("1"));
        Assert.Equal("open", await world.Database.ScalarAsync<string>("select status from flow"));
        Assert.Equal("withdrawn", await world.Database.ScalarAsync<string>("select state from posting where kind = 'AcknowledgeOrder'"));
        Assert.Equal(0, await world.Database.ScalarAsync<long>("select count(*) from delivery"));
        Assert.Equal("discarded Ida Holm the shop is closed down", await world.Database.ScalarAsync<string>("select state || ' ' || closed_by || ' ' || resolution from exception_case"));
        Assert.Equal(1, await world.Database.ScalarAsync<long>("select count(*) from audit where detail::text like '%Skipped%'"));
        var calls = world.Shop.Client.Calls.Count;
        await world.WorkOutboxAsync(EngineWorld.ShopId);
        Assert.Equal(calls, world.Shop.Client.Calls.Count);
    }

    [Fact]
    public async Task Taken_back_in_time_the_order_still_waits_and_a_retry_tells_the_shop()
    {
        await using var world = await RefusedAsync();
        var desk = world.Get<CaseDesk>();
        var receipt = await desk.CloseAsync([await SeenAsync(world)], CaseEnding.Skipped, "by mistake", Ida, default);

        Assert.Single(await desk.UndoAsync(receipt.Moved, TimeProvider.System.GetUtcNow(), Ida, default));

        Assert.Equal(0, await world.Database.ScalarAsync<long>("select count(*) from deadline"));
        world.Shop.Client.Answer = _ => null;
        await world.Get<RetryDesk>().RetryAsync([(await SeenAsync(world)).Id], Ida, default);
        await world.WorkOutboxAsync(EngineWorld.ShopId);
        Assert.Equal("acknowledged", await world.StageAsync("1"));
    }

    [Fact]
    public async Task What_was_told_after_all_before_the_deadline_stays_told()
    {
        await using var world = await RefusedAsync();
        await world.Get<CaseDesk>().CloseAsync([await SeenAsync(world)], CaseEnding.Skipped, "late", Ida, default);
        await world.Database.ExecuteAsync("update delivery set state = 0, due_at = now()");
        world.Shop.Client.Answer = _ => null;
        await world.WorkOutboxAsync(EngineWorld.ShopId);

        await world.Database.ExecuteAsync("update deadline set due_at = now()");
        await world.Get<DeadlinePump>().RunOnceAsync(default);

        Assert.Equal("confirmed", await world.Database.ScalarAsync<string>("select state from posting where kind = 'AcknowledgeOrder'"));
        Assert.Equal(0, await world.Database.ScalarAsync<long>("select count(*) from event_log where type = 'order.acknowledgement-forgone'"));
    }

    [Fact]
    public async Task An_undo_of_something_else_about_the_same_order_leaves_the_skip_alone()
    {
        await using var world = await RefusedAsync();
        var desk = world.Get<CaseDesk>();
        await desk.CloseAsync([await SeenAsync(world)], CaseEnding.Skipped, "the shop is closed down", Ida, default);
        await world.Database.ExecuteAsync("insert into exception_case (fingerprint, failure, code, title, message, subject, flow_id) select 'f', 'value', 'c', 't', 'm', 'flow/other', id from flow");
        var snoozed = await desk.ShelveAsync([await SeenAsync(world)], ShelfKind.Snoozed, null, null, Ida, default);

        await desk.UndoAsync(snoozed.Moved, TimeProvider.System.GetUtcNow(), Ida, default);

        Assert.Equal(1, await world.Database.ScalarAsync<long>("select count(*) from deadline"));
    }

    [Fact]
    public async Task Too_late_for_an_undo_the_case_of_what_has_gone_on_stays_closed()
    {
        await using var world = await RefusedAsync();
        var desk = world.Get<CaseDesk>();
        var receipt = await desk.CloseAsync([await SeenAsync(world)], CaseEnding.Skipped, "the shop is closed down", Ida, default);
        await world.Database.ExecuteAsync("update deadline set due_at = now()");
        await world.Get<DeadlinePump>().RunOnceAsync(default);

        Assert.Empty(await desk.UndoAsync(receipt.Moved, TimeProvider.System.GetUtcNow(), Ida, default));
        Assert.Equal(0, await world.Database.ScalarAsync<long>("select count(*) from exception_case where state = 'open'"));
    }

    [Fact]
    public async Task A_deadline_that_an_older_node_passed_over_is_set_again()
    {
        await using var world = await RefusedAsync();
        await world.Get<CaseDesk>().CloseAsync([await SeenAsync(world)], CaseEnding.Skipped, "the shop is closed down", Ida, default);
        await world.Database.ExecuteAsync("delete from deadline; update exception_case set closed_at = now() - interval '5 minutes'");

        await new DeskUpkeepJob(world.Database.Sources, world.Get<ChangeNotifier>(), new StageLimitBook(Options.Create(new StageLimits())), TimeProvider.System).RunAsync(default);
        await world.Get<DeadlinePump>().RunOnceAsync(default);

        Assert.Equal("acknowledged", await world.StageAsync("1"));
    }

    [Fact]
    public async Task A_document_on_which_something_rests_cannot_be_skipped()
    {
        await using var world = await EngineWorld.CreateAsync();
        world.Erp.Client.Answer = _ => new Outcome.Refused(FailureKind.Value, "blocked-customer", "The customer is blocked.");
        await world.PlaceAsync(1);
        await world.WorkOutboxAsync();

        Assert.Empty((await world.Get<CaseDesk>().CloseAsync([await SeenAsync(world)], CaseEnding.Skipped, "not wanted", Ida, default)).Moved);
        Assert.Equal(0, await world.Database.ScalarAsync<long>("select (select count(*) from deadline) + (select count(*) from audit where action = 'exceptions:case:resolve')"));
    }

    /// <summary>An order that is in the ERP, and whose number the shop does not take.</summary>
    private static async Task<EngineWorld> RefusedAsync()
    {
        var world = await EngineWorld.CreateAsync();
        world.Shop.Client.Answer = _ => new Outcome.Refused(FailureKind.Refused, "archived", "The order is archived.");
        await world.PlaceAsync(1);
        await world.WorkOutboxAsync();
        await world.WorkOutboxAsync(EngineWorld.ShopId);
        Assert.Equal("posted", await world.StageAsync("1"));
        return world;
    }

    private static async Task<CaseSeen> SeenAsync(EngineWorld world) => new(
        await world.Database.ScalarAsync<long>("select id from exception_case where state = 'open'"), await world.Database.ScalarAsync<int>("select version from exception_case where state = 'open'"));
}
