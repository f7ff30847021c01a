using System.Diagnostics;
using ControlTower.Data.Db;
using Npgsql;
using NpgsqlTypes;

namespace ControlTower.Bench;

/// <summary>The limit: 16 clients that each insert one row of the same size under the same kind of key and commit, as pgbench would, over the driver that the product uses.</summary>
internal sealed class SingleInserts(NpgsqlDataSource data)
{
    private const int Clients = 16;
    private long next;

    public Task PrepareAsync() => data.Command(
            "create table if not exists bench_single (id bigint generated always as identity primary key, event_id text not null unique, body jsonb not null, at timestamptz not null default now())")
        .ExecuteAsync(default);

    /// <returns>Rows and seconds.</returns>
    public async Task<(long Rows, double Seconds)> RunAsync(string json, TimeSpan time)
    {
        using var stop = new CancellationTokenSource(time, TimeProvider.System);
        var started = Stopwatch.GetTimestamp();
        var rows = await Task.WhenAll(Enumerable.Range(0, Clients).Select(_ => Task.Run(() => InsertAsync(json, stop.Token))));
        return (rows.Sum(), Stopwatch.GetElapsedTime(started).TotalSeconds);
    }

    /// <returns>What one insert and its commit take one client in the middle, in milliseconds.</returns>
    public async Task<double> CommitMsAsync(int times)
    {
        await using var connection = await data.OpenConnectionAsync();
        var took = new List<double>(times);
        for (var i = 0; i < times; i++)
        {
            await using var command = connection.Command("insert into bench_single (event_id, body) values ($1, '{}')", Sql.Of($"event-{Interlocked.Increment(ref next)}"));
            var started = Stopwatch.GetTimestamp();
            await command.ExecuteAsync(default);
            took.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
        }

        return Benches.Median(took);
    }

    private async Task<long> InsertAsync(string json, CancellationToken stop)
    {
        await using var connection = await data.OpenConnectionAsync(CancellationToken.None);
        await using var command = connection.Command("insert into bench_single (event_id, body) values ($1, $2)", Sql.Of(""), new NpgsqlParameter { Value = json, NpgsqlDbType = NpgsqlDbType.Jsonb });
        await command.PrepareAsync(CancellationToken.None);
        long rows = 0;
        while (!stop.IsCancellationRequested)
        {
            ((NpgsqlParameter<string>)command.Parameters[0]).TypedValue = $"event-{Interlocked.Increment(ref next)}";
            rows += await command.ExecuteNonQueryAsync(CancellationToken.None);
        }

        return rows;
    }
}
