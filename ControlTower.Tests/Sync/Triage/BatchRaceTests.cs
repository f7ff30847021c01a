using ControlTower.Data.Triage;
using ControlTower.Sync.Pumps;
using ControlTower.Tests.Support;
using Npgsql;
using Xunit;

namespace ControlTower.Tests.Sync.Triage;

/// <summary>Several nodes and several people at one batch: nothing is sent twice, nothing after a pause, nothing is left behind by a node that died.</summary>
public sealed class BatchRaceTests
{
    [Fact]
    public async Task Two_nodes_send_every_case_once()
    {
        await using var world = await BatchWorld.CreateAsync(refused: 40);
        await using var second = await EngineWorld.CreateAsync(other: world.World);
        var frozen = await world.StartAsync(plan: new BatchPlan([40], 5, 0.1m));

        // Leases that end at once: the turn goes to and fro all the time.
        await world.Database.ExecuteAsync(
            """
            create function brief() returns trigger language plpgsql as $$ begin new.lease_until := now() - interval '1 second'; new.next_send_at := now() - interval '1 second'; return new; end $$;
            create trigger brief before update on batch for each row when (new.lease_until is not null) execute function brief();
            """);
        await Task.WhenAll(new[] { world.Pump, second.Get<BatchPump>() }.Select(pump => Task.Run(async () =>
        {
            while ((await world.ReadAsync(frozen.Id)).Waiting > 0)
            {
                await pump.RunOnceAsync(default);
            }
        })));
        await world.Database.ExecuteAsync("drop trigger brief on batch");

        Assert.True(await world.Database.ScalarAsync<long>("select fence from batch") > 2);
        Assert.Equal(40, await world.Database.ScalarAsync<long>("select sum(attempts) from exception_case"));
        Assert.Equal(40, (await world.FinishAsync(frozen.Id)).Proven);
        Assert.Equal(40, world.World.Erp.Client.Ledger.Count);
    }

    [Fact]
    public async Task A_node_that_lost_the_batch_while_it_froze_sends_nothing()
    {
        await using var world = await BatchWorld.CreateAsync(refused: 4);
        await using var second = await EngineWorld.CreateAsync(other: world.World);
        var frozen = await world.StartAsync(plan: new BatchPlan([4], 1, 0.1m));
        var mine = Assert.Single(await BatchWork.HoldAsync(world.Database.Sources.Work, world.World.Node, BatchPump.Lease, default));
        Assert.Empty(await BatchWork.HoldAsync(world.Database.Sources.Work, second.Node, BatchPump.Lease, default));

        await world.Database.ExecuteAsync("update batch set lease_until = now() - interval '1 second'");
        Assert.Single(await BatchWork.HoldAsync(world.Database.Sources.Work, second.Node, BatchPump.Lease, default));
        var step = await world.Pump.WorkAsync(mine, default);

        Assert.Equal((0, false), step);
        Assert.Equal((0, 4), ((await world.ReadAsync(frozen.Id)).Sent, (await world.ReadAsync(frozen.Id)).Waiting));
        Assert.Equal(0, await world.Database.ScalarAsync<long>("select count(*) from exception_case where state = 'retrying'"));
    }

    [Fact]
    public async Task After_a_pause_nothing_more_is_sent_and_what_is_in_work_is_still_counted()
    {
        await using var world = await BatchWorld.CreateAsync(refused: 30);
        var frozen = await world.StartAsync(plan: new BatchPlan([30], 3, 0.1m));
        await world.TurnAsync();

        var sending = Task.Run(async () =>
        {
            for (var i = 0; i < 5; i++)
            {
                await world.TurnAsync();
            }
        });
        Assert.Null((await world.Desk.PauseAsync(frozen.Id, (await world.ReadAsync(frozen.Id)).Version, BatchWorld.Somebody, default)).Refusal);
        var atPause = (await world.ReadAsync(frozen.Id)).Sent;
        await sending;
        await world.TurnAsync();
        Assert.Equal((atPause, 30 - atPause), ((await world.ReadAsync(frozen.Id)).Sent, (await world.ReadAsync(frozen.Id)).Waiting));

        await world.World.WorkOutboxAsync();
        await world.TurnAsync();
        var paused = await world.ReadAsync(frozen.Id);
        Assert.Equal(("paused", atPause, "Ida Holm"), (paused.State, paused.Proven, paused.StateBy));

        Assert.Null((await world.Desk.ResumeAsync(frozen.Id, paused.Version, BatchWorld.Somebody, default)).Refusal);
        Assert.Equal(30, (await world.FinishAsync(frozen.Id)).Proven);
    }

    [Fact]
    public async Task A_stop_lets_go_of_the_rest_and_counts_what_is_still_in_work()
    {
        await using var world = await BatchWorld.CreateAsync(refused: 5);
        var frozen = await world.StartAsync(plan: new BatchPlan([2, 9], 5, 0.1m));
        await world.TurnAsync();

        Assert.Null((await world.Desk.StopAsync(frozen.Id, 1, BatchWorld.Somebody, default)).Refusal);
        var stopped = await world.ReadAsync(frozen.Id);
        Assert.Equal(("cancelled", 2, 3, null), (stopped.State, stopped.Sent, stopped.Skipped, stopped.FinishedAt));

        await world.World.WorkOutboxAsync();
        await world.TurnAsync();
        var over = await world.ReadAsync(frozen.Id);
        Assert.Equal(("cancelled", 0, 2, 3), (over.State, over.Sent, over.Proven, over.Skipped));
        Assert.NotNull(over.FinishedAt);
        Assert.Equal(3, (await world.StartAsync()).Count);
    }

    [Fact]
    public async Task The_second_of_two_people_is_told_what_the_first_did()
    {
        await using var world = await BatchWorld.CreateAsync(refused: 2);
        var frozen = await world.StartAsync();

        var answers = await Task.WhenAll(Enumerable.Range(0, 2).Select(_ => Task.Run(() => world.Desk.PauseAsync(frozen.Id, 1, BatchWorld.Somebody, default))));

        Assert.Equal("Ida Holm has paused it meanwhile. Nothing was changed.", Assert.Single(answers, a => a.Refusal is not null).Refusal);
        Assert.Equal("Ida Holm has paused it meanwhile. Nothing was changed.", (await world.Desk.StopAsync(frozen.Id, 1, BatchWorld.Somebody, default)).Refusal);
        Assert.Equal("There is no such batch. Nothing was changed.", (await world.Desk.StopAsync(99, 1, BatchWorld.Somebody, default)).Refusal);
        Assert.Equal(1, await world.Database.ScalarAsync<long>("select count(*) from audit where detail::jsonb ->> 'act' = 'pause'"));
    }

    [Fact]
    public async Task A_node_that_dies_between_the_commit_and_the_flow_leaves_a_batch_that_its_successor_ends()
    {
        await using var world = new BatchWorld(await EngineWorld.CreateAsync());
        await world.World.ReceiveAsync([.. Enumerable.Range(1, 2).Select(i => EngineWorld.Message(EngineWorld.Order($"{i}", sku: "NOWHERE")))]);
        await world.World.WorkInboxAsync();
        await world.Database.ExecuteAsync("insert into stock (sku, location, on_hand) values ('NOWHERE', 'WEB', 10)");
        var frozen = await world.StartAsync(plan: new BatchPlan([2], 5, 0.1m));
        await world.Database.ExecuteAsync(
            """
            create function gone() returns trigger language plpgsql as $$ begin raise exception 'gone' using errcode = '57P01'; end $$;
            create trigger gone before update on flow for each row execute function gone();
            """);
        await Assert.ThrowsAsync<PostgresException>(() => world.Pump.RunOnceAsync(default));
        await world.Database.ExecuteAsync("drop trigger gone on flow; update batch set lease_until = now() - interval '1 second'");
        Assert.Equal(2, (await world.ReadAsync(frozen.Id)).Sent);

        await using var successor = await EngineWorld.CreateAsync(other: world.World);
        while ((await successor.Get<BatchPump>().RunOnceAsync(default)).Again)
        {
        }

        var row = await world.ReadAsync(frozen.Id);
        Assert.Equal(("done", 2), (row.State, row.Passed));
        Assert.Equal(2, await world.Database.ScalarAsync<long>("select count(*) from exception_case where attempts = 1 and state = 'resolved' and not proven"));
    }
}
