using ControlTower.Data.Connections;
using ControlTower.Data.EventLog;
using ControlTower.Data.Notifications;
using ControlTower.Sync.Pumps;
using ControlTower.Tests.Support;
using Xunit;

namespace ControlTower.Tests.Sync.Pumps;

/// <summary>A node dies with work in its hands. The database is told that time has passed: nobody waits for it, and no machine is too slow for it.</summary>
public sealed class DeadNodeTests : IAsyncLifetime
{
    private static readonly TimeSpan Promised = TimeSpan.FromSeconds(15);

    private EngineWorld dead = null!;
    private EngineWorld heir = null!;

    public async ValueTask InitializeAsync()
    {
        dead = await EngineWorld.CreateAsync(maxProcessingSeconds: 0);
        heir = await EngineWorld.CreateAsync(other: dead);
    }

    public ValueTask DisposeAsync() => dead.DisposeAsync();

    [Promise(10)]
    [Fact]
    public async Task What_a_dead_node_had_in_hand_is_taken_up_at_the_first_look_after_ten_seconds()
    {
        await DieAsync();
        await PassAsync(OutboxPump.Lease);

        await heir.WorkInboxAsync();
        await heir.WorkOutboxAsync();
        Assert.Equal(0, await HeldByAsync(dead));
        Assert.Equal(2, await heir.Database.ScalarAsync<long>("select count(*) from posting where kind = 'PostSalesOrder' and state = 'confirmed'"));
        Assert.Equal(2, heir.Erp.Client.Ledger.Count);
    }

    [Promise(10)]
    [Fact]
    public void Every_lease_and_the_longest_way_to_the_next_look_together_are_within_the_promise()
    {
        var pumps = heir.Get<IEnumerable<IPump>>().ToList();
        var rest = PumpProcess.PauseAfter(int.MaxValue);

        Assert.Contains(pumps, pump => pump is DeadlinePump);
        Assert.All(pumps, pump => Assert.InRange(pump.Idle, TimeSpan.Zero, TimeSpan.FromSeconds(5)));
        Assert.InRange(rest, TimeSpan.Zero, TimeSpan.FromSeconds(5));
        Assert.All([InboxPump.Lease, OutboxPump.Lease, RelayPump.Lease, BatchPump.Lease, ExportPump.Lease, PosImportPump.Lease], lease => Assert.InRange(lease + rest, TimeSpan.Zero, Promised));
        Assert.InRange(OutboxPump.Lease + OutboxPump.Renewal, TimeSpan.Zero, Promised);
    }

    [Promise(10)]
    [Theory]
    [InlineData(4, false)]
    [InlineData(11, true)]
    public async Task What_was_lent_for_long_is_free_when_its_node_gives_no_sign_of_life(int silentSeconds, bool free)
    {
        var (work, hour) = (heir.Database.Sources.Work, TimeSpan.FromHours(1));
        await heir.Database.ExecuteAsync(
            $"""
            insert into node (id, roles, host, version, beat_at) values ('{dead.Node}', 'worker', 'here', '1', now() - interval '{silentSeconds} seconds')
                on conflict (id) do update set beat_at = excluded.beat_at;
            insert into notification_channel (id, name, kind, events, lease_owner, lease_until) values (gen_random_uuid(), 'Ops', 'webhook', array['sla'], '{dead.Node}', now() + interval '1 hour');
            insert into notification (channel_id, event, key) select id, 'sla', 'x' from notification_channel;
            """);
        Assert.NotNull(await FollowerStore.TakeTurnAsync(work, "kpis", dead.Node, hour, default));

        var turn = await FollowerStore.TakeTurnAsync(work, "kpis", heir.Node, hour, default);
        Assert.Equal(free ? 2 : null, turn?.Fence);
        Assert.Equal(free ? 1 : 0, (await NoticeWork.HoldAsync(work, heir.Node, hour, default)).Count);
    }

    [Promise(10)]
    [Fact]
    public async Task A_timer_belongs_to_no_node_and_is_told_by_whoever_looks_first()
    {
        await dead.PlaceAsync(1);
        await dead.Database.ExecuteAsync("delete from deadline; insert into deadline (flow_id, name, due_at) select id, 'wake', now() from flow");

        Assert.Equal(1, (await heir.Get<DeadlinePump>().RunOnceAsync(default)).Taken);
        Assert.Equal(0, (await dead.Get<DeadlinePump>().RunOnceAsync(default)).Taken);
    }

    [Sabotage(10)]
    [Fact]
    public async Task P10_sabotage_with_leases_of_ten_minutes_the_work_of_the_dead_lies_there()
    {
        await dead.Database.ExecuteAsync(
            """
            create function lend() returns trigger language plpgsql as $$ begin new.lease_until := now() + interval '10 minutes'; return new; end $$;
            create trigger lend before update on inbox_work for each row when (new.lease_until is not null) execute function lend();
            create trigger lend before update on connection_gate for each row when (new.lease_until is not null) execute function lend();
            """);
        await DieAsync();
        await dead.Database.ExecuteAsync("drop function lend cascade");
        await PassAsync(Promised);

        await heir.WorkInboxAsync();
        Assert.Empty(await GateStore.HoldAsync(heir.Database.Sources.Work, heir.Node, OutboxPump.Lease, default));
        Assert.Equal(1, await heir.Database.ScalarAsync<long>("select count(*) from flow"));
        Assert.NotEqual(0, await HeldByAsync(dead));
    }

    /// <summary>One order is being posted, the other being read; and then there is nobody any more.</summary>
    private async Task DieAsync()
    {
        await dead.PlaceAsync(1);
        Assert.Single(await dead.ClaimAsync());
        dead.Shop.Killer = "NL-2\"";
        await dead.ReceiveAsync(EngineWorld.Message(EngineWorld.Order("2")));
        await Assert.ThrowsAsync<OutOfMemoryException>(dead.WorkInboxAsync);
        dead.Shop.Killer = null;
        Assert.Equal(1, await dead.Database.ScalarAsync<long>("select count(*) from inbox_work where lease_until is not null"));
        Assert.NotEqual(0, await HeldByAsync(dead));
    }

    private static Task<long> HeldByAsync(EngineWorld node) => node.Database.ScalarAsync<long>($"select count(*) from connection_gate where owner = '{node.Node}'");

    private Task PassAsync(TimeSpan time) => dead.Database.ExecuteAsync(
        $"update inbox_work set lease_until = lease_until - interval '{time.TotalSeconds} seconds'; update connection_gate set lease_until = lease_until - interval '{time.TotalSeconds} seconds'");
}
