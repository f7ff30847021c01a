using ControlTower.Tests.Chaos.Wire;
using Npgsql;

namespace ControlTower.Tests.Chaos;

/// <summary>States of a database in which it takes nothing; each lasts until it is disposed.</summary>
internal sealed class DatabaseTroubles : IAsyncDisposable
{
    private readonly List<Func<Task>> healing = [];

    /// <param name="state">stopped: nobody listens. frozen: the server and its sessions stand still. silent: connections are there and no byte comes. locked: somebody has the inbox. full: no session is left.</param>
    public static async Task<DatabaseTroubles> OfAsync(ChaosWorld world, string state, CancellationToken cancel)
    {
        var trouble = new DatabaseTroubles();
        switch (state)
        {
            case "stopped":
                trouble.OnTheWay(world, new WireFault(WireFaultKind.Refuse));
                break;
            case "silent":
                trouble.OnTheWay(world, new WireFault(WireFaultKind.HalfOpen));
                break;
            case "frozen":
                var thawed = new CancellationTokenSource();
                var frozen = world.FreezeDatabaseAsync(Timeout.InfiniteTimeSpan, thawed.Token);
                trouble.healing.Add(async () =>
                {
                    await thawed.CancelAsync();
                    await frozen.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                    thawed.Dispose();
                });
                break;
            case "locked":
                var holder = await OpenAsync(world, cancel);
                trouble.healing.Add(() => holder.DisposeAsync().AsTask());
                await RunAsync(holder, "begin; lock table inbox_message in access exclusive mode", cancel);
                break;
            case "full":
                await trouble.UseUpAsync(world, cancel);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(state), state, "There is no such state.");
        }

        return trouble;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var heal in healing)
        {
            await heal();
        }
    }

    private void OnTheWay(ChaosWorld world, WireFault fault)
    {
        world.Nodes.ForEach(n => n.Database.Set(fault));
        healing.Add(() =>
        {
            world.Nodes.ForEach(n => n.Database.CutAll());
            world.Nodes.ForEach(n => n.Database.Heal());
            return Task.CompletedTask;
        });
    }

    /// <summary>Takes every session that the server has, those of the tower too, whatever it opens meanwhile.</summary>
    private async Task UseUpAsync(ChaosWorld world, CancellationToken cancel)
    {
        var all = new List<NpgsqlConnection>();
        healing.Add(async () =>
        {
            foreach (var one in all)
            {
                await one.DisposeAsync();
            }
        });
        while (true)
        {
            try
            {
                all.Add(await OpenAsync(world, cancel));
            }
            catch (PostgresException full) when (full.SqlState == PostgresErrorCodes.TooManyConnections)
            {
                if (await RunAsync(all[0], "select count(pg_terminate_backend(pid)) from pg_stat_activity where application_name like 'controltower%'", cancel) is 0L)
                {
                    return;
                }
            }
        }
    }

    private static async Task<NpgsqlConnection> OpenAsync(ChaosWorld world, CancellationToken cancel)
    {
        var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(world.ConnectionString) { Pooling = false, ApplicationName = "trouble" }.ConnectionString);
        try
        {
            await connection.OpenAsync(cancel);
            return connection;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    private static async Task<object?> RunAsync(NpgsqlConnection connection, string sql, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync(cancel);
    }
}
