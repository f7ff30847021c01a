using System.Collections.Concurrent;
using ControlTower.Data.ApiClients;

namespace ControlTower.Web.Api;

/// <summary>
/// What clients may still ask for today, taken from the database in batches, so that all nodes together never pass a quota. What a node took and did not use it gives back when it stops; if it dies, the day of
/// that client is shorter by a hundredth at most.
/// </summary>
internal sealed class ApiQuotas(ApiLimitStore limits, TimeProvider clock) : IHostedService
{
    /// <summary>A day that is used up is looked at again so often: its quota may have been raised.</summary>
    private static readonly TimeSpan Again = TimeSpan.FromSeconds(2);

    private readonly ConcurrentDictionary<Guid, Purse> purses = new();

    /// <returns>Whether one more may come today, and how many are left about then.</returns>
    public async Task<(bool In, long Left)> TakeAsync(Guid client, long quota, CancellationToken cancel)
    {
        var (purse, today) = (purses.GetOrAdd(client, _ => new Purse()), DateOnly.FromDateTime(clock.GetUtcNow().UtcDateTime));
        await purse.Gate.WaitAsync(cancel);
        try
        {
            if (purse.Day != today)
                (purse.Day, purse.Here, purse.Elsewhere, purse.EmptyAt) = (today, 0, 0, null);
            if (purse.Here == 0 && (purse.EmptyAt is not { } at || clock.GetElapsedTime(at) >= Again))
            {
                (purse.Here, purse.Elsewhere) = await limits.TakeAsync(client, today, quota, Math.Clamp(quota / 100, 1, 1_000), CancellationToken.None);
                purse.EmptyAt = purse.Here == 0 ? clock.GetTimestamp() : null;
            }

            if (purse.Here == 0)
                return (false, 0);
            purse.Here--;
            return (true, purse.Here + Math.Max(0, quota - purse.Elsewhere));
        }
        finally
        {
            purse.Gate.Release();
        }
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        foreach (var (client, purse) in purses)
        {
            if (purse.Here > 0)
                await limits.GiveBackAsync(client, purse.Day, purse.Here, cancellationToken);
            purse.Here = 0;
        }
    }

    private sealed class Purse
    {
        public SemaphoreSlim Gate { get; } = new(1);

        public DateOnly Day { get; set; }

        public long Here { get; set; }

        /// <summary>Taken by all nodes, when this one last took some.</summary>
        public long Elsewhere { get; set; }

        public long? EmptyAt { get; set; }
    }
}
