using ControlTower.Data.EventLog;
using ControlTower.Tests.Conformance;
using ControlTower.Tests.Support;
using Npgsql;
using Xunit;

namespace ControlTower.Tests.Data.EventLog;

public sealed class FollowerTests : IAsyncLifetime
{
    private static readonly TimeSpan Lease = TimeSpan.FromMinutes(1);
    private static readonly Guid Node = Guid.NewGuid();
    private static readonly Guid OtherNode = Guid.NewGuid();

    private TestDatabase database = null!;
    private long flow;

    private NpgsqlDataSource Data => database.Sources.Work;

    public async ValueTask InitializeAsync()
    {
        database = await TestDatabase.CreateAsync();
        flow = await (await new OrderWorld(database).ConnectAsync()).OrderAsync("NL-1");
    }

    public ValueTask DisposeAsync() => database.DisposeAsync();

    [Fact]
    public async Task An_event_that_commits_late_is_not_skipped()
    {
        await WriteAsync(1);
        await using var slow = await Data.OpenConnectionAsync();
        await using var transaction = await slow.BeginTransactionAsync();
        await WriteAsync(2, slow);
        await WriteAsync(3);
        await WriteAsync(4);

        var before = await ReadAsync(LogPosition.Start, atLeast: 1);
        Assert.Equal([1], before.Select(e => e.Step));
        await transaction.CommitAsync();
        var after = await ReadAsync(before[^1].Position, atLeast: 3);

        Assert.Equal([2, 3, 4], after.Select(e => e.Step));
        Assert.Equal(after.OrderBy(e => e.Position), after);
    }

    [Fact]
    public async Task A_follower_gets_everything_that_it_needs_to_pass_an_event_on()
    {
        await database.ExecuteAsync(
            $"insert into event_log (flow_id, step, type, stage, system, reference, detail, trace_id) values ({flow}, 1, 'order.posted', 'posted', 'bc-eu', 'SO-1', 'a word', 'trace-1')");

        var e = Assert.Single(await ReadAsync(LogPosition.Start, atLeast: 1));

        Assert.Equal((flow, "order-to-cash", "shopify-eu", "Northlane", 1), (e.FlowId, e.Kind, e.Source, e.Brand, e.Step));
        Assert.Equal(("order.posted", "posted", "bc-eu", "SO-1", "a word", "trace-1"), (e.Type, e.Stage, e.System, e.Reference, e.Detail, e.TraceId));
        Assert.Equal(await database.ScalarAsync<string>("select source_id from flow"), e.SourceId);
        Assert.Equal(await database.ScalarAsync<DateTime>("select at from event_log"), e.At.UtcDateTime);
    }

    [Fact]
    public async Task Batches_follow_each_other_without_gap_or_overlap()
    {
        for (var step = 1; step <= 7; step++)
        {
            await WriteAsync(step);
        }

        var all = await ReadAsync(LogPosition.Start, atLeast: 7);
        var read = new List<LoggedEvent>();
        while (await EventLogReader.ReadAsync(Data, read is [.., var last] ? last.Position : LogPosition.Start, 3, default) is { Count: > 0 } batch)
        {
            Assert.InRange(batch.Count, 1, 3);
            read.AddRange(batch);
        }

        Assert.Equal(all, read);
    }

    [Fact]
    public async Task Two_followers_do_not_know_of_each_other()
    {
        await WriteAsync(1);
        await WriteAsync(2);
        var events = await ReadAsync(LogPosition.Start, atLeast: 2);
        var (broker, kpis) = (await TakeAsync("broker", Node), await TakeAsync("kpis", Node));

        Assert.NotNull(await FollowerStore.AdvanceAsync(Data, broker!, events[1].Position, default));

        Assert.Equal(events[1].Position, (await TakeAsync("broker", Node))!.Position);
        Assert.Equal(LogPosition.Start, (await TakeAsync("kpis", Node))!.Position);
        Assert.NotNull(kpis);
    }

    [Fact]
    public async Task Only_one_node_follows_for_a_follower_and_another_takes_over_when_it_falls_silent_or_ends()
    {
        var turn = await TakeAsync("broker", Node);
        Assert.Null(await TakeAsync("broker", OtherNode));
        Assert.Equal(turn, await TakeAsync("broker", Node));

        await database.ExecuteAsync("update event_cursor set lease_until = now() - interval '1 second'");
        var taken = await TakeAsync("broker", OtherNode);
        Assert.Equal(turn!.Fence + 1, taken!.Fence);
        Assert.Null(await TakeAsync("broker", Node));

        await FollowerStore.EndTurnAsync(Data, taken, default);
        Assert.NotNull(await TakeAsync("broker", Node));
    }

    [Fact]
    public async Task Nodes_that_race_for_a_turn_get_it_once()
    {
        var turns = await Task.WhenAll(Enumerable.Range(0, 12).Select(_ => TakeAsync("broker", Guid.NewGuid())));
        Assert.Single(turns, t => t is not null);
    }

    [Fact]
    public async Task What_a_node_moves_after_it_lost_its_turn_changes_nothing()
    {
        await WriteAsync(1);
        await WriteAsync(2);
        var events = await ReadAsync(LogPosition.Start, atLeast: 2);
        var zombie = await TakeAsync("broker", Node);
        await database.ExecuteAsync("update event_cursor set lease_until = now() - interval '1 second'");
        var successor = await TakeAsync("broker", OtherNode);

        Assert.Null(await FollowerStore.AdvanceAsync(Data, zombie!, events[1].Position, default));
        Assert.Equal(0, await FollowerStore.EndTurnAsync(Data, zombie!, default));

        Assert.Equal(successor, await TakeAsync("broker", OtherNode));
        Assert.Equal(LogPosition.Start, successor!.Position);
    }

    [Fact]
    public async Task Advancing_again_changes_nothing_and_going_back_or_from_elsewhere_is_refused()
    {
        await WriteAsync(1);
        await WriteAsync(2);
        var events = await ReadAsync(LogPosition.Start, atLeast: 2);
        var turn = await TakeAsync("broker", Node);
        var moved = await FollowerStore.AdvanceAsync(Data, turn!, events[1].Position, default);

        Assert.Equal(moved, await FollowerStore.AdvanceAsync(Data, turn!, events[1].Position, default));
        Assert.Null(await FollowerStore.AdvanceAsync(Data, turn!, events[0].Position, default));
        Assert.Null(await FollowerStore.AdvanceAsync(Data, moved!, events[0].Position, default));
        Assert.Equal(moved, await TakeAsync("broker", Node));
    }

    [Fact]
    public async Task What_a_follower_writes_and_its_place_are_saved_together_or_not_at_all()
    {
        await WriteAsync(1);
        var events = await ReadAsync(LogPosition.Start, atLeast: 1);
        var turn = await TakeAsync("kpis", Node);
        await using (var connection = await Data.OpenConnectionAsync())
        await using (await connection.BeginTransactionAsync())
        {
            Assert.NotNull(await FollowerStore.AdvanceAsync(connection, turn!, events[0].Position, default));
        }

        Assert.Equal(LogPosition.Start, (await TakeAsync("kpis", Node))!.Position);
    }

    private Task<FollowerTurn?> TakeAsync(string follower, Guid node) => FollowerStore.TakeTurnAsync(Data, follower, node, Lease, default);

    private Task WriteAsync(int step) => database.ExecuteAsync(Entry(step));

    private async Task WriteAsync(int step, NpgsqlConnection connection)
    {
        await using var command = new NpgsqlCommand(Entry(step), connection);
        await command.ExecuteNonQueryAsync();
    }

    private string Entry(int step) => $"insert into event_log (flow_id, step, type, stage) values ({flow}, {step}, 'order.noted', 'reserved')";

    // Other tests write on the same server: behind their open transactions, events become readable a little later.
    private async Task<List<LoggedEvent>> ReadAsync(LogPosition after, int atLeast)
    {
        List<LoggedEvent> events = [];
        await Wait.ForAsync(async () => (events = await EventLogReader.ReadAsync(Data, after, 100, default)).Count >= atLeast);
        return events;
    }
}
