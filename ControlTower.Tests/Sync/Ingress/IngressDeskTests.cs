using ControlTower.Sync.Connections;
using ControlTower.Sync.Connectors;
using ControlTower.Sync.Ingress;
using ControlTower.Sync.Pumps;
using ControlTower.Tests.Support;
using Microsoft.Extensions.Time.Testing;
using Npgsql;
using Xunit;

namespace ControlTower.Tests.Sync.Ingress;

public sealed class IngressDeskTests
{
    [Fact]
    public async Task A_key_that_is_cut_inside_a_character_is_stored_all_the_same()
    {
        await using var world = await EngineWorld.CreateAsync();
        Assert.IsType<Reception.Taken>(await world.Get<IngressDesk>().ReceiveAsync(EngineWorld.ShopId, Push(new string('k', 199) + "\U0001F9E5tail"), null, default));
        Assert.Equal(1, await world.Database.ScalarAsync<long>("select count(*) from inbox_message"));
    }

    [Fact]
    public async Task A_batch_that_loses_a_deadlock_is_stored_once_more()
    {
        await using var world = await EngineWorld.CreateAsync();
        // As it ends for one of two batches that hold the same events in another order: which of them, and after how long, is the server's choice.
        await world.Database.ExecuteAsync(
            """
            create sequence tries;
            create function loses() returns trigger language plpgsql as $$ begin if nextval('tries') = 1 then raise exception using errcode = 'deadlock_detected'; end if; return null; end $$;
            create trigger loses before insert on inbox_message for each statement execute function loses();
            """);
        Assert.IsType<Reception.Taken>(await world.Get<IngressDesk>().ReceiveAsync(EngineWorld.ShopId, Push("three"), null, default));
        Assert.Equal((2, 1), (await world.Database.ScalarAsync<long>("select last_value from tries"), await world.Database.ScalarAsync<long>("select count(*) from inbox_message")));
    }

    [Promise(1)]
    [Fact]
    public async Task Sessions_that_the_server_ends_cost_no_sender_a_refusal()
    {
        await using var world = await EngineWorld.CreateAsync();
        var desk = world.Get<IngressDesk>();
        Assert.IsType<Reception.Taken>(await desk.ReceiveAsync(EngineWorld.ShopId, Push("one"), null, default));
        Assert.NotEqual(0, await world.Database.ScalarAsync<long>("select count(pg_terminate_backend(pid)) from pg_stat_activity where datname = current_database() and application_name like '%ingress%'"));

        Assert.IsType<Reception.Taken>(await desk.ReceiveAsync(EngineWorld.ShopId, Push("two"), null, default));
        Assert.Equal(2, await world.Database.ScalarAsync<long>("select count(*) from inbox_message"));
    }

    [Promise(15)]
    [Fact]
    public async Task When_more_wait_than_there_is_room_for_the_rest_is_told_to_come_later_at_once_and_what_was_taken_is_stored()
    {
        await using var world = await EngineWorld.CreateAsync();
        var clock = new FakeTimeProvider();
        using var directory = ActivateDirectory(world, clock);
        await using var desk = new IngressDesk(world.Database.Sources, directory, new Doorbell(), world.Get<ControlTower.Data.Live.ChangeNotifier>(), clock);
        await directory.GetFreshAsync(EngineWorld.ShopId, default);
        await using var one = await world.Database.Sources.Work.OpenConnectionAsync();
        await using var inbox = await one.BeginTransactionAsync();
        await RunAsync(one, "lock table inbox_message in access exclusive mode");

        var asked = Enumerable.Range(0, 3_000).Select(i => desk.ReceiveAsync(EngineWorld.ShopId, Push($"{i}"), null, default)).ToList();
        var room = 2_000 + (2 * 256);
        Assert.InRange(asked.Count(answer => answer is { IsCompletedSuccessfully: true, Result: Reception.Later }), asked.Count - room, asked.Count);

        await inbox.RollbackAsync();
        var answers = await Task.WhenAll(asked);
        Assert.All(answers, answer => Assert.True(answer is Reception.Taken or Reception.Later));
        Assert.Equal(answers.Count(answer => answer is Reception.Taken), await world.Database.ScalarAsync<long>("select count(*) from inbox_message"));
        Assert.IsType<Reception.Taken>(await desk.ReceiveAsync(EngineWorld.ShopId, Push("afterwards"), null, default));
    }

    [Fact]
    public async Task Whoever_names_connections_that_never_were_costs_one_look_a_second()
    {
        await using var world = await EngineWorld.CreateAsync();
        var desk = world.Get<IngressDesk>();
        var before = world.Erp.Checks;
        var answers = await Task.WhenAll(Enumerable.Range(0, 200).Select(i => Task.Run(() => desk.ReceiveAsync($"never-{i}", Push("x"), null, default))));
        Assert.All(answers, answer => Assert.IsType<Reception.NoSuchConnection>(answer));
        Assert.InRange(world.Erp.Checks - before, 1, 3);
    }

    [Fact]
    public async Task One_connection_whose_settings_cannot_be_checked_leaves_the_others_in_use()
    {
        await using var world = await EngineWorld.CreateAsync();
        world.Erp.CheckFails = true;
        var directory = world.Get<ConnectionDirectory>();
        await directory.RefreshAsync(default);
        Assert.Contains("FormatException", directory.Get(EngineWorld.ErpId)!.Unusable, StringComparison.Ordinal);
        Assert.Null(directory.Get(EngineWorld.ShopId)!.Unusable);
    }

    [Fact]
    public async Task Looking_up_a_connection_and_storing_share_one_patience()
    {
        await using var world = await EngineWorld.CreateAsync();
        var clock = new FakeTimeProvider();
        using var directory = ActivateDirectory(world, clock);
        await using var desk = new IngressDesk(world.Database.Sources, directory, new Doorbell(), world.Get<ControlTower.Data.Live.ChangeNotifier>(), clock);
        await using var one = await world.Database.Sources.Work.OpenConnectionAsync();
        await using var two = await world.Database.Sources.Work.OpenConnectionAsync();
        await using var connections = await one.BeginTransactionAsync();
        await using var inbox = await two.BeginTransactionAsync();
        await RunAsync(one, "lock table connection in access exclusive mode");
        await RunAsync(two, "lock table inbox_message in access exclusive mode");

        var answer = desk.ReceiveAsync(EngineWorld.ShopId, Push("x"), null, default);
        await LockedAsync(world, 1, "connection");
        clock.Advance(TimeSpan.FromSeconds(2));
        await connections.RollbackAsync();
        await LockedAsync(world, 1, "inbox_message");
        clock.Advance(TimeSpan.FromSeconds(1.1));

        // Answered while the store still waits, not when the database gave up.
        Assert.IsType<Reception.Later>(await answer.WaitAsync(TimeSpan.FromSeconds(1), TimeProvider.System));
        Assert.Equal(1, await LocksAsync(world, "inbox_message"));
        await inbox.RollbackAsync();
    }

    [Fact]
    public async Task A_tower_that_stops_asks_the_sender_to_come_again()
    {
        await using var world = await EngineWorld.CreateAsync();
        await world.Get<ConnectionDirectory>().GetFreshAsync(EngineWorld.ShopId, default);
        await using var gone = new ControlTower.Data.Db.TowerDataSources(world.Database.ConnectionString);
        await using var desk = new IngressDesk(gone, world.Get<ConnectionDirectory>(), new Doorbell(), world.Get<ControlTower.Data.Live.ChangeNotifier>(), TimeProvider.System);
        await gone.DisposeAsync();
        Assert.IsType<Reception.Later>(await desk.ReceiveAsync(EngineWorld.ShopId, Push("x"), null, default));
    }

    private static ConnectionDirectory ActivateDirectory(EngineWorld world, TimeProvider clock) => new(
        world.Database.Sources, world.Get<ConnectorCatalog>(), world.Get<SecretSeal>(), world.Get<ControlTower.Data.Live.ChangeListener>(), world.Get<ControlTower.Data.Db.DatabaseWatch>(), clock,
        Microsoft.Extensions.Logging.Abstractions.NullLogger<ConnectionDirectory>.Instance);

    private static RawRequest Push(string id) => new(
        "order", new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase) { ["x-test-signature"] = "genuine", ["x-test-id"] = id },
        new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase), "{}"u8.ToArray());

    private static async Task RunAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        await command.ExecuteNonQueryAsync();
    }

    private static Task<long> LocksAsync(EngineWorld world, string words) => world.Database.ScalarAsync<long>(
        $"select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock' and query like '%{words}%'");

    private static async Task LockedAsync(EngineWorld world, int count, string words = "inbox_message")
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        while (await LocksAsync(world, words) < count)
        {
            patience.Token.ThrowIfCancellationRequested();
        }
    }
}
