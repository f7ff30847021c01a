using System.Diagnostics;
using Hangfire;
using Hangfire.PostgreSql;

namespace ControlTower.Bench;

/// <summary>The peer: the same server runs chains of no-op jobs, each of which enqueues the next step.</summary>
internal sealed class HangfirePeer : IAsyncDisposable
{
    private const int Chains = 256;
    private static long steps;
    private static BackgroundJobClient? client;
    private static volatile bool running;
    private readonly PostgreSqlStorage storage;
    private readonly BackgroundJobServer server;

    public HangfirePeer(string connectionString)
    {
        ThreadPool.SetMinThreads(64, 64);
        var options = new PostgreSqlStorageOptions { SchemaName = "hangfire_peer", QueuePollInterval = TimeSpan.FromMilliseconds(200) };
        storage = new PostgreSqlStorage(new Hangfire.PostgreSql.Factories.NpgsqlConnectionFactory(connectionString, options), options);
        client = new BackgroundJobClient(storage);
        server = new BackgroundJobServer(new BackgroundJobServerOptions { WorkerCount = 20 }, storage);
    }

    /// <returns>Steps per second.</returns>
    public async Task<double> RunAsync(TimeSpan time)
    {
        running = true;
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() =>
        {
            for (var i = 0; i < Chains / 8; i++)
            {
                client!.Enqueue(() => Step(0));
            }
        })));
        var before = Interlocked.Read(ref steps);
        var started = Stopwatch.GetTimestamp();
        await Task.Delay(time, TimeProvider.System);
        var done = Interlocked.Read(ref steps) - before;
        var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        running = false;
        while (storage.GetMonitoringApi().GetStatistics() is { Enqueued: > 0 } or { Processing: > 0 })
        {
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System);
        }

        return done / seconds;
    }

    public static void Step(int number)
    {
        Interlocked.Increment(ref steps);
        if (running)
        {
            client!.Enqueue(() => Step(number + 1));
        }
    }

    public ValueTask DisposeAsync()
    {
        server.Dispose();
        return ValueTask.CompletedTask;
    }
}
