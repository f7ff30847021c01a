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
