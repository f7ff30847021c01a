using System.Collections.Concurrent;
using ControlTower.Data.Connections;
using ControlTower.Data.Db;
using ControlTower.Sync.Connections;
using ControlTower.Sync.Gateway;
using Microsoft.Extensions.Logging;

namespace ControlTower.Sync.Pumps;

/// <summary>
/// Holds the gates that this node owns and keeps one <see cref="ConnectionWorker"/> behind each. A gate is renewed at a fraction of its lease; a node that stops
/// renewing loses it, and its successor looks up what was left open. A node that holds more gates than another lets calls in flight end and gives some away, so that a worker that was added has its share. Between, one look for all of them tells which has something due, so that the workers need not ask each for itself.
/// </summary>
public sealed partial class OutboxPump(
    TowerDataSources data, ConnectionDirectory connections, ConnectionWorkerParts parts, NodeIdentity node, TimeProvider clock, ILogger<OutboxPump> log) : IPump
{
    /// <summary>Work of a dead node is taken over after this long.</summary>
    public static readonly TimeSpan Lease = TimeSpan.FromSeconds(10);

    /// <summary>So often it is looked for gates that nobody holds.</summary>
    internal static readonly TimeSpan Renewal = TimeSpan.FromSeconds(3);

    /// <summary>So often it is looked whether another node has fewer gates.</summary>
    internal static readonly TimeSpan Sharing = TimeSpan.FromSeconds(10);

    /// <summary>Whom a gate is given has this long to find it: one look and a little.</summary>
    internal static readonly TimeSpan Gift = TimeSpan.FromSeconds(4);

    /// <summary>Calls in flight have this long to end before a gate is given away: longer than any may take.</summary>
    private static readonly TimeSpan Farewell = TimeSpan.FromMinutes(2);

    private long? heldAt;
    private long sharedAt = clock.GetTimestamp();

    private readonly ConcurrentDictionary<string, ConnectionWorker> workers = new(StringComparer.Ordinal);

    // Gates that are being given away: still held, but nothing is begun.
    private readonly ConcurrentDictionary<string, Task> leaving = new(StringComparer.Ordinal);

    public string Name => "outbox";

    public string Bell => Doorbell.Gates;

    public TimeSpan Idle => TimeSpan.FromSeconds(1.5);

    public async Task<PumpRun> RunOnceAsync(CancellationToken cancel)
    {
        if (heldAt is not { } last || clock.GetElapsedTime(last) > Renewal - (Idle / 2))
        {
            await HoldAsync(cancel);
            await ShareAsync(cancel);
        }
        else
        {
            Tell(await GateStore.DueAsync(data.Work, node.Id, cancel));
        }

        return new PumpRun(workers.Values.Sum(w => w.TakeCount()), workers.Values.Sum(w => w.TakeFailed()), Again: false);
    }

    private async Task HoldAsync(CancellationToken cancel)
    {
        var asked = clock.GetTimestamp();
        var leases = await GateStore.HoldAsync(data.Work, node.Id, Lease, cancel);
        var held = leases.ToDictionary(l => l.ConnectionId, StringComparer.Ordinal);
        foreach (var worker in workers.Values.Where(w => !StillRight(w, held)).ToList())
        {
            workers.TryRemove(worker.Id, out _);
            await worker.StopAsync(TimeSpan.Zero);
        }

        foreach (var lease in leases.Where(l => !leaving.ContainsKey(l.ConnectionId)))
        {
            if (workers.TryGetValue(lease.ConnectionId, out var running))
            {
                if (lease.Renewed)
                {
                    running.Renewed(asked);
                }
            }
            else if (lease.Renewed && await connections.GetFreshAsync(lease.ConnectionId, cancel) is { Unusable: null } connection)
            {
                workers[lease.ConnectionId] = await ConnectionWorker.StartAsync(parts, connection, lease, asked, cancel);
                Took(log, lease.ConnectionId, lease.Fence);
            }
        }

        heldAt = asked;
        Tell(leases.ConvertAll(l => (l.ConnectionId, l.Due)));
    }

    private async Task ShareAsync(CancellationToken cancel)
    {
        if (workers.Count < 2 || !leaving.IsEmpty || clock.GetElapsedTime(sharedAt) < Sharing)
        {
            return;
        }

        sharedAt = clock.GetTimestamp();
        if (await GateStore.SurplusAsync(data.Work, node.Id, cancel) is { } surplus)
        {
            foreach (var worker in workers.Values.OrderBy(w => w.InFlight).ThenBy(w => w.Id, StringComparer.Ordinal).Take(surplus.Gates).ToList())
            {
                workers.TryRemove(worker.Id, out _);
                leaving[worker.Id] = GiveAsync(worker, surplus.Heir);
            }
        }
    }

    // Beside the pump, which goes on renewing: a slow call at one vendor costs no other gate its lease.
    private async Task GiveAsync(ConnectionWorker worker, Guid heir)
    {
        try
        {
            await Task.Yield();
            await worker.StopAsync(Farewell);
            await GateStore.GiveAsync(data.Work, worker.Id, worker.Fence, heir, Gift, CancellationToken.None);
            Gave(log, worker.Id, heir);
        }
        catch (Exception error) when (DatabaseTrouble.Is(error))
        {
            NotGiven(log, worker.Id, error.GetType().Name);
        }
        finally
        {
            leaving.TryRemove(worker.Id, out _);
        }
    }

    private void Tell(List<(string ConnectionId, GateWork Due)> looked)
    {
        foreach (var (id, due) in looked)
        {
            workers.GetValueOrDefault(id)?.Due(due);
        }
    }

    /// <summary>Lets calls in flight end, then lets go of the gates so that another node takes over without waiting for the leases.</summary>
    public async Task StopAsync(CancellationToken cancel)
    {
        await Task.WhenAll([.. workers.Values.Select(w => w.StopAsync(TimeSpan.FromSeconds(15))), Task.WhenAny(Task.WhenAll(leaving.Values), Task.Delay(TimeSpan.FromSeconds(15), clock, cancel))]);
        workers.Clear();
        await GateStore.ReleaseAsync(data.Work, node.Id, cancel);
    }

    // A changed connection gets a new worker with a new client; a gate that was lost and won again has a new fence.
    private bool StillRight(ConnectionWorker worker, Dictionary<string, GateLease> held) =>
        held.TryGetValue(worker.Id, out var lease) && lease.Fence == worker.Fence && worker.IsRunning
        && connections.Get(worker.Id) is { Unusable: null } now && now.Version == worker.Version && now.Paused == worker.Paused;

    [LoggerMessage(EventId = 2801, Level = LogLevel.Information, Message = "This node gave {Connection} to {Heir}, which had less to do")]
    private static partial void Gave(ILogger log, string connection, Guid heir);

    [LoggerMessage(EventId = 2802, Level = LogLevel.Warning, Message = "{Connection} could not be given away ({Error}); it stays here")]
    private static partial void NotGiven(ILogger log, string connection, string error);

    [LoggerMessage(EventId = 2411, Level = LogLevel.Information, Message = "This node sends to {Connection} now (fence {Fence})")]
    private static partial void Took(ILogger log, string connection, long fence);
}
