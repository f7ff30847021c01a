using ControlTower.Data.Audit;
using ControlTower.Data.Canonical;
using ControlTower.Data.Flows;
using ControlTower.Data.Live;
using ControlTower.Data.Triage;
using ControlTower.Sync.Administration;
using ControlTower.Sync.Connectors;
using ControlTower.Sync.Jobs;
using ControlTower.Sync.Triage;
using ControlTower.Tests.Support;
using Microsoft.Extensions.Options;
using Npgsql;
using Xunit;

namespace ControlTower.Tests.Sync.Triage;

public sealed class RetryDeskTests
{
    private static readonly Actor Somebody = Actor.Tower("test");

    [Fact]
    public async Task A_retry_that_is_cut_off_half_way_leaves_a_case_that_people_can_work_again()
    {
        await using var world = await EngineWorld.CreateAsync();
        await world.ReceiveAsync(EngineWorld.Message(EngineWorld.Order("1", sku: "NOWHERE")));
        await world.WorkInboxAsync();
        var id = await world.Database.ScalarAsync<long>("select id from exception_case where flow_id is not null");

        // The freeze is committed, then the database goes away: the desk comes no further.
        await world.Database.ExecuteAsync(
            """
            create function gone() returns trigger language plpgsql as $$ begin raise exception 'gone' using errcode = '57P01'; end $$;
            create trigger gone before update on flow for each row execute function gone();
            """);
        await Assert.ThrowsAsync<PostgresException>(() => world.Get<RetryDesk>().RetryAsync([id], Somebody, default));
        await world.Database.ExecuteAsync("drop trigger gone on flow");
        Assert.False(await CloseAsync(world, id));

        await SweepAsync(world);
        Assert.Equal("retrying", await StateAsync(world, id));
        await world.Database.ExecuteAsync("update exception_case set retried_at = retried_at - interval '2 minutes'");
        await SweepAsync(world);

        Assert.Equal("open", await StateAsync(world, id));
        Assert.True(await CloseAsync(world, id));
    }

    [Fact]
    public async Task A_retry_that_is_still_in_work_is_left_alone_however_long_it_takes()
    {
        await using var world = await EngineWorld.CreateAsync();
        world.Shop.Poison = "NL-666";
        world.Erp.Client.Answer = _ => new Outcome.Refused(FailureKind.Value, "no", "No.");
        await world.ReceiveAsync(EngineWorld.Message(EngineWorld.Order("666")), EngineWorld.Message(EngineWorld.Order("1")));
        await world.WorkInboxAsync();
        await world.WorkOutboxAsync();
        Assert.Equal(2, await world.Database.ScalarAsync<long>("select count(*) from exception_case where state = 'open'"));

        await world.Get<RetryDesk>().RetryAsync([1, 2], Somebody, default);
        await world.Database.ExecuteAsync("update exception_case set retried_at = retried_at - interval '1 day'");
        await SweepAsync(world);
        Assert.Equal(2, await world.Database.ScalarAsync<long>("select count(*) from exception_case where state = 'retrying'"));

        await world.WorkInboxAsync();
        await world.WorkOutboxAsync();
        Assert.Equal(2, await world.Database.ScalarAsync<long>("select count(*) from exception_case where state = 'open' and occurrences = 2"));
    }

    [Fact]
    public async Task A_retry_that_collides_with_the_work_of_a_flow_is_carried_out_all_the_same()
    {
        await using var world = await EngineWorld.CreateAsync();
        await world.ReceiveAsync(EngineWorld.Message(EngineWorld.Order("1", sku: "NOWHERE")));
        await world.WorkInboxAsync();
        await world.Database.ExecuteAsync(
            """
            create sequence collisions;
            create function collide() returns trigger language plpgsql as $$ begin
                if nextval('collisions') <= 2 then raise exception 'deadlock' using errcode = '40P01'; end if;
                return new;
            end $$;
            create trigger collide before update on exception_case for each row when (new.state = 'retrying') execute function collide();
            """);
        var id = await world.Database.ScalarAsync<long>("select id from exception_case");

        Assert.Equal([id], (await world.Get<RetryDesk>().RetryAsync([id], Somebody, default)).Frozen);

        Assert.Equal(1, await world.Database.ScalarAsync<int>("select attempts from exception_case"));
        Assert.Equal(1, await world.Database.ScalarAsync<long>("select count(*) from audit where action = 'exceptions:case:retry'"));
    }

    [Fact]
    public async Task A_retry_is_taken_back_while_nothing_went_out_and_can_be_asked_for_again()
    {
        await using var world = (await BatchWorld.CreateAsync(refused: 1)).World;
        var desk = world.Get<RetryDesk>();
        var id = await world.Database.ScalarAsync<long>("select id from exception_case");
        var retry = await desk.RetryAsync([id], CaseDesk.UndoTime, Somebody, default);
        var calls = world.Erp.Client.Calls.Count;
        await world.WorkOutboxAsync();
        Assert.Equal(calls, world.Erp.Client.Calls.Count);

        Assert.Equal([id], await desk.TakeBackAsync(retry, Somebody, default));
        Assert.Empty(await desk.TakeBackAsync(retry, Somebody, default));
        await world.HurryAsync();
        await world.WorkOutboxAsync();
        Assert.Equal(calls, world.Erp.Client.Calls.Count);
        Assert.Equal("open/3/refused", await HeldAsync(world));
        Assert.Equal(1, await world.Database.ScalarAsync<long>($"select count(*) from audit where action = 'exceptions:case:undo' and subject = 'case:{id}'"));

        await desk.RetryAsync([id], Somebody, default);
        await world.WorkOutboxAsync();
        Assert.Single(world.Erp.Client.Ledger);
        Assert.Equal("resolved", await StateAsync(world, id));
    }

    [Fact]
    public async Task A_batch_whose_last_case_is_called_off_is_finished_and_the_trail_says_what_it_led_to()
    {
        await using var batches = await BatchWorld.CreateAsync(refused: 1);
        var frozen = await batches.StartAsync();
        await batches.TurnAsync();
        var id = (await batches.Database.ScalarAsync<long>("select id from exception_case where state = 'retrying'"));
        var seen = new CaseSeen(id, await batches.Database.ScalarAsync<int>($"select version from exception_case where id = {id}"));

        Assert.Null(await batches.World.Get<RetryDesk>().CallOffAsync(seen, Somebody, default));
        await batches.TurnAsync();

        Assert.Equal("done 1", await batches.Database.ScalarAsync<string>(
            $"select string_agg(concat_ws(' ', detail::jsonb ->> 'state', detail::jsonb ->> 'skipped'), ', ') from audit where subject = 'batch:{frozen.Id}' and detail::jsonb ->> 'act' = 'outcome'"));
    }

    [Fact]
    public async Task A_retry_that_waits_is_called_off_by_anybody_and_its_batch_lets_go_of_it()
    {
        await using var batches = await BatchWorld.CreateAsync(refused: 2);
        var (world, desk) = (batches.World, batches.World.Get<RetryDesk>());
        var frozen = await batches.StartAsync(plan: new BatchPlan([2], 8, 0m));
        await batches.TurnAsync();
        var calls = world.Erp.Client.Calls.Count;
        var id = (await batches.Database.ScalarAsync<long>("select min(id) from exception_case where state = 'retrying'"));
        var seen = new CaseSeen(id, await batches.Database.ScalarAsync<int>($"select version from exception_case where id = {id}"));

        Assert.Contains("changed meanwhile", await desk.CallOffAsync(seen with { Version = 0 }, Somebody, default), StringComparison.Ordinal);
        var answers = await Task.WhenAll(desk.CallOffAsync(seen, Somebody, default), desk.CallOffAsync(seen, Somebody, default));

        Assert.Equal(1, answers.Count(answer => answer is null));
        Assert.Equal("open/refused/3", await batches.Database.ScalarAsync<string>(
            $"select c.state || '/' || p.state || '/' || d.state from exception_case c join posting p on p.key = c.posting_key join delivery d on d.posting_key = p.key where c.id = {id}"));
        Assert.StartsWith("Called off by", await batches.Database.ScalarAsync<string>($"select detail from batch_item where case_id = {id}"), StringComparison.Ordinal);
        Assert.Equal(1, await batches.Database.ScalarAsync<long>($"select count(*) from audit where action = 'exceptions:case:call-off' and subject = 'case:{id}'"));
        await world.WorkOutboxAsync();
        Assert.Equal(calls + 1, world.Erp.Client.Calls.Count);

        // Nothing failed by it: the other one is proven and the batch is done.
        var row = await batches.FinishAsync(frozen.Id);
        Assert.Equal(("done", 1, 0, 1), (row.State, row.Proven, row.Failed, row.Skipped));
        Assert.Equal("Done/1/0/1", await batches.Database.ScalarAsync<string>(
            $"select initcap(outcome) || '/' || (detail::jsonb ->> 'proven') || '/' || (detail::jsonb ->> 'failed') || '/' || (detail::jsonb ->> 'skipped') from audit where subject = 'batch:{frozen.Id}' and detail::jsonb ->> 'act' = 'outcome'"));
        await desk.RetryAsync([id], Somebody, default);
        await world.WorkOutboxAsync();
        Assert.Equal("resolved", await batches.Database.ScalarAsync<string>($"select state from exception_case where id = {id}"));
    }

    [Fact]
    public async Task A_retry_whose_call_has_begun_is_not_called_off()
    {
        await using var batches = await BatchWorld.CreateAsync(refused: 1);
        var (world, desk) = (batches.World, batches.World.Get<RetryDesk>());
        var id = await batches.Database.ScalarAsync<long>("select id from exception_case");
        await desk.RetryAsync([id], Somebody, default);
        await batches.Database.ExecuteAsync("update delivery set last_sent_at = now() + interval '1 second'");
        var version = await batches.Database.ScalarAsync<int>("select version from exception_case");

        Assert.Contains("Its call has begun", await desk.CallOffAsync(new CaseSeen(id, version), Somebody, default), StringComparison.Ordinal);

        Assert.Equal("retrying", await batches.Database.ScalarAsync<string>("select state from exception_case"));
        Assert.Equal(0, await batches.Database.ScalarAsync<long>("select count(*) from audit where action = 'exceptions:case:call-off'"));
    }

    [Fact]
    public async Task A_retry_that_went_out_is_not_taken_back_any_more()
    {
        await using var world = (await BatchWorld.CreateAsync(refused: 1)).World;
        world.Erp.Client.Answer = _ => new Outcome.Refused(FailureKind.Value, "no", "No.");
        var id = await world.Database.ScalarAsync<long>("select id from exception_case");
        var retry = await world.Get<RetryDesk>().RetryAsync([id], CaseDesk.UndoTime, Somebody, default);
        await world.HurryAsync();
        await world.WorkOutboxAsync();
        var held = await HeldAsync(world);

        Assert.Empty(await world.Get<RetryDesk>().TakeBackAsync(retry, Somebody, default));
        Assert.Equal(held, await HeldAsync(world));
    }

    private static Task<string?> HeldAsync(EngineWorld world) => world.Database.ScalarAsync<string>(
        "select concat_ws('/', c.state, d.state, p.state) from exception_case c join delivery d on d.posting_key = c.posting_key join posting p on p.key = c.posting_key");

    internal static async Task<bool> CloseAsync(EngineWorld world, long id, Actor? by = null)
    {
        var version = await world.Database.ScalarAsync<int>($"select version from exception_case where id = {id}");
        return (await world.Get<CaseDesk>().CloseAsync([new CaseSeen(id, version)], CaseEnding.Resolved, "done by hand", by ?? Somebody, default)).Moved.Count == 1;
    }

    private static Task SweepAsync(EngineWorld world) => new DeskUpkeepJob(world.Database.Sources, world.Get<ChangeNotifier>(), new StageLimitBook(Options.Create(new StageLimits())), TimeProvider.System).RunAsync(default);

    private static Task<string?> StateAsync(EngineWorld world, long id) => world.Database.ScalarAsync<string>($"select state from exception_case where id = {id}");
}
