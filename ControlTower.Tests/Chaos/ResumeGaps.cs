using System.Collections.Concurrent;

namespace ControlTower.Tests.Chaos;

/// <summary>Measures how long the work of a killed worker lay there until another one had it (P10). A run of chaos only says it: the database is struck there, too.</summary>
internal sealed class ResumeGaps(ChaosWorld world)
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly ConcurrentBag<TimeSpan> all = [];

    public IReadOnlyCollection<TimeSpan> All => all;

    /// <summary>The node id of the process and the gates it holds now; null if it holds none.</summary>
    public async Task<Guid?> HeldByAsync(TowerNode node)
    {
        try
        {
            var held = await world.ListAsync(
                "select connection_id, fence, owner from connection_gate where owner is not null and lease_until > now()", r => (Gate: r.GetString(0), Fence: r.GetInt64(1), Owner: r.GetGuid(2)));
            return held.Where(h => node.Owns(h.Gate, h.Fence)).Select(h => (Guid?)h.Owner).FirstOrDefault();
        }
        catch (Npgsql.NpgsqlException)
        {
            return null;
        }
    }

    /// <summary>Waits until nothing is in the hands of the dead any more.</summary>
    public async Task WatchAsync(Guid? dead, CancellationToken cancel)
    {
        if (dead is not { } id)
        {
            return;
        }

        var began = TimeProvider.System.GetTimestamp();
        using var look = new PeriodicTimer(TimeSpan.FromMilliseconds(200), TimeProvider.System);
        while (await look.WaitForNextTickAsync(cancel) && TimeProvider.System.GetElapsedTime(began) is var gap && gap < Patience)
        {
            var left = await world.TryAsync<object>(
                "select (select count(*) from connection_gate where owner = $1) + (select count(*) from inbox_work where lease_owner = $1)", id);
            if (left is 0L)
            {
                all.Add(gap);
                return;
            }
        }
    }
}
