using System.Diagnostics;
using System.Globalization;
using ControlTower.Tests.Support;
using Npgsql;
using Xunit;

namespace ControlTower.Tests.Data.Db;

/// <summary>The limits that keep one frozen party from holding up all others. Times are real: the driver and the server keep them.</summary>
public sealed class TowerDataSourcesTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Screens_cannot_write()
    {
        await using var database = await TestDatabase.CreateAsync();

        await using var write = database.Sources.Read.CreateCommand("create table written ()");
        var refusal = await Assert.ThrowsAsync<PostgresException>(() => write.ExecuteNonQueryAsync(Cancel));

        Assert.Equal(PostgresErrorCodes.ReadOnlySqlTransaction, refusal.SqlState);
    }

    [Promise(2)]
    [Fact]
    public async Task Ingress_gives_up_within_4_s_when_its_session_freezes()
    {
        await using var database = await TestDatabase.CreateAsync(durable: true);
        await using var connection = await database.Sources.Ingress.OpenConnectionAsync(Cancel);
        await using var whoAmI = new NpgsqlCommand("select pg_backend_pid()", connection);
        var session = (int)(await whoAmI.ExecuteScalarAsync(Cancel))!;
        await using var frozen = await Frozen.StopAsync(session);

        var began = TimeProvider.System.GetTimestamp();
        await using var command = new NpgsqlCommand("select 1", connection);
        await Assert.ThrowsAnyAsync<Exception>(() => command.ExecuteScalarAsync(Cancel));

        Assert.InRange(TimeProvider.System.GetElapsedTime(began), TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(4));
    }

    [Sabotage(2)]
    [Fact]
    public async Task P2_sabotage_with_the_limits_that_the_driver_has_by_itself_the_sender_is_long_gone()
    {
        await using var database = await TestDatabase.CreateAsync(durable: true);
        await using var plain = NpgsqlDataSource.Create(database.ConnectionString);
        await using var connection = await plain.OpenConnectionAsync(Cancel);
        await using var whoAmI = new NpgsqlCommand("select pg_backend_pid()", connection);
        var session = (int)(await whoAmI.ExecuteScalarAsync(Cancel))!;
        await using var command = new NpgsqlCommand("select 1", connection);
        Task<object?> waiting;
        await using (await Frozen.StopAsync(session))
        {
            waiting = command.ExecuteScalarAsync(Cancel);
            await Assert.ThrowsAsync<TimeoutException>(() => waiting.WaitAsync(TimeSpan.FromSeconds(5), TimeProvider.System, Cancel));
        }

        Assert.Equal(1, await waiting);
    }

    [Promise(2)]
    [Fact]
    public async Task Ingress_gives_up_within_4_s_when_the_server_takes_no_connections()
    {
        await using var database = await TestDatabase.CreateAsync(durable: true);
        await using var frozen = await Frozen.StopAsync(database.Postgres.Server.ProcessId);

        var began = TimeProvider.System.GetTimestamp();
        await using var command = database.Sources.Ingress.CreateCommand("select 1");
        await Assert.ThrowsAnyAsync<NpgsqlException>(() => command.ExecuteScalarAsync(Cancel));

        Assert.InRange(TimeProvider.System.GetElapsedTime(began), TimeSpan.Zero, TimeSpan.FromSeconds(4));
    }

    [Fact]
    public async Task A_node_that_freezes_inside_a_transaction_loses_its_row_lock_before_others_give_up()
    {
        await using var database = await TestDatabase.CreateAsync();
        await database.ExecuteAsync("create table row (n int); insert into row values (1)");
        await using var holder = await database.Sources.Work.OpenConnectionAsync(Cancel);
        await using var transaction = await holder.BeginTransactionAsync(Cancel);
        await using (var hold = new NpgsqlCommand("update row set n = 2", holder))
        {
            await hold.ExecuteNonQueryAsync(Cancel);
        }

        await database.ExecuteAsync("update row set n = 3");

        Assert.Equal(3, await database.ScalarAsync<int>("select n from row"));
        await Assert.ThrowsAnyAsync<NpgsqlException>(() => transaction.CommitAsync(Cancel));
    }

    [Promise(2)]
    [Fact]
    public async Task A_used_up_pool_of_workers_leaves_ingress_and_screens_untouched()
    {
        await using var database = await TestDatabase.CreateAsync();
        var taken = new List<NpgsqlConnection>();
        try
        {
            for (var n = 0; n < 30; n++)
            {
                taken.Add(await database.Sources.Work.OpenConnectionAsync(Cancel));
            }

            await Assert.ThrowsAnyAsync<NpgsqlException>(() => database.Sources.Work.OpenConnectionAsync(Cancel).AsTask());
            await using var ingress = database.Sources.Ingress.CreateCommand("select 1");
            await using var read = database.Sources.Read.CreateCommand("select 1");
            Assert.Equal(1, await ingress.ExecuteScalarAsync(Cancel));
            Assert.Equal(1, await read.ExecuteScalarAsync(Cancel));
        }
        finally
        {
            foreach (var connection in taken)
            {
                await connection.DisposeAsync();
            }
        }
    }

    /// <summary>A process stopped by SIGSTOP, continued at disposal.</summary>
    private sealed class Frozen(int process) : IAsyncDisposable
    {
        public static async Task<Frozen> StopAsync(int process)
        {
            await SignalAsync("-STOP", process);
            return new Frozen(process);
        }

        public async ValueTask DisposeAsync() => await SignalAsync("-CONT", process);

        private static async Task SignalAsync(string signal, int process)
        {
            using var kill = Process.Start("kill", [signal, process.ToString(CultureInfo.InvariantCulture)]);
            await kill.WaitForExitAsync(CancellationToken.None);
        }
    }
}
