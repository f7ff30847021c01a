using System.Collections.Concurrent;
using ControlTower.Data.Connections;
using ControlTower.Data.Db;
using ControlTower.Data.Live;
using ControlTower.Data.Outbox;
using ControlTower.Sync.Connections;
using ControlTower.Sync.Gateway;
using Microsoft.Extensions.Logging;

namespace ControlTower.Sync.Pumps;

/// <summary>What every worker needs; one per node.</summary>
public sealed record ConnectionWorkerParts(
    TowerDataSources Data, Gateway.Gateway Gateway, DeliveryDesk Deliveries, ConnectionErrands Errands, ChangeNotifier Changes, Doorbell Doorbell, NodeIdentity Node,
    DatabaseWatch Watch, TimeProvider Clock, ILogger<ConnectionWorker> Log);

/// <summary>
/// Sends to one connection while this node holds its gate: deliveries by lane, then errands (tests, fetches, feeds, subscriptions). Asks the database only when its bell rings,
/// after work that was made or done on this node, and for what <see cref="OutboxPump"/> saw due. Starts nothing once the lease could have ended by its own clock, which
/// began before the lease was asked for.
/// </summary>
public sealed partial class ConnectionWorker : IDisposable
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan Show = TimeSpan.FromSeconds(1);

    private readonly ConnectionWorkerParts parts;
    private readonly ConnectionGate gate;
    private readonly CancellationTokenSource stop = new();
    private readonly CancellationTokenSource abort = new();
    private readonly ConcurrentDictionary<long, Task> inFlight = new();
    private Task errand = Task.CompletedTask;
    private int due = (int)GateWork.Any;
    private Task loop = Task.CompletedTask;
    private long renewedAt;
    private long shownAt;
    private string shown = "";
    private BreakerState lastBreaker;
    private BreakerState seenBreaker;
    private int count;
    private int failed;

    private ConnectionWorker(ConnectionWorkerParts parts, LiveConnection connection, GateLease lease, long renewedAt)
    {
        this.parts = parts;
        this.renewedAt = renewedAt;
        (Fence, Version, Paused) = (lease.Fence, connection.Version, connection.Paused);
        gate = parts.Gateway.Open(connection);
    }

    public string Id => gate.Id;

    public long Fence { get; }

    public int Version { get; }

    public bool Paused { get; }

    public int InFlight => inFlight.Count;

    public bool IsRunning => !loop.IsCompleted;

    /// <summary>False once the lease may have ended: another node may be sending.</summary>
    private bool MayStart => parts.Clock.GetElapsedTime(Volatile.Read(ref renewedAt)) < OutboxPump.Lease * 0.8;

    public static async Task<ConnectionWorker> StartAsync(ConnectionWorkerParts parts, LiveConnection connection, GateLease lease, long renewedAt, CancellationToken cancel)
    {
        var worker = new ConnectionWorker(parts, connection, lease, renewedAt);
        await worker.InheritAsync(cancel);
        worker.loop = Task.Run(worker.RunAsync, CancellationToken.None);
        return worker;
    }

    public void Renewed(long at) => Volatile.Write(ref renewedAt, at);

    /// <summary>This is to be looked at, within half a second.</summary>
    public void Due(GateWork what) => Interlocked.Or(ref due, (int)what);

    public int TakeCount() => Interlocked.Exchange(ref count, 0);

    public int TakeFailed() => Interlocked.Exchange(ref failed, 0);

    /// <summary>Starts nothing more; gives calls in flight this long to end. What is cut off is of unknown outcome and is looked up later.</summary>
    public async Task StopAsync(TimeSpan grace)
    {
        await stop.CancelAsync();
        abort.CancelAfter(grace);
        await loop.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await Task.WhenAll([.. inFlight.Values, errand]).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        Dispose();
    }

    public void Dispose()
    {
        gate.Dispose();
        stop.Dispose();
        abort.Dispose();
    }

    /// <summary>Whoever had the gate before has used of the vendor's limits and knows how its door stood: a new owner goes on from there.</summary>
    private async Task InheritAsync(CancellationToken cancel)
    {
        var now = parts.Clock.GetUtcNow();
        var last = await GateStore.LastAsync(parts.Data.Work, Id, cancel);
        gate.Breaker.Inherit(last.Breaker != "closed", last.BreakerSince, "as the last owner left it");
        if (last.NotBefore - now is { Ticks: > 0 } wait)
        {
            gate.Wait(wait);
        }

        if (gate.Limits.RequestsPerWindow is { } most)
        {
            gate.Budget.Inherit(await CallLog.LatelyAsync(parts.Data.Work, Id, now - gate.Budget.Window, most, cancel));
        }

        gate.Budget.Inherit(GateBudget.Parse(last.BudgetJson).Points, last.Age);
        lastBreaker = gate.Breaker.State;
    }

    private async Task RunAsync()
    {
        var errors = 0;
        while (!stop.IsCancellationRequested)
        {
            try
            {
                await DeferAsync();
                var started = await StartDeliveriesAsync();
                StartErrand();
                await ShowAsync();
                errors = 0;
                if (started == 0 && await parts.Doorbell.WaitAsync(Id, Look, stop.Token))
                {
                    Due(GateWork.Any);
                }
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                return;
            }
            catch (Exception error) when (error is not OutOfMemoryException)
            {
                errors++;
                if (!parts.Watch.Missed(Id, error))
                {
                    Troubled(parts.Log, Id, error);
                }

                await Task.Delay(PumpProcess.PauseAfter(errors), parts.Clock, stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    // A place is kept for the errand that runs or is due, or a long backlog would never let one through.
    private int Taken => inFlight.Count + (errand.IsCompleted && !parts.Errands.IsDue(Id) ? 0 : 1);

    /// <summary>Everything that queued up while the door was shut goes behind what is new once it is open, in its own order.</summary>
    private async Task DeferAsync()
    {
        var state = gate.Breaker.State;
        if (state != BreakerState.Closed || state != seenBreaker)
        {
            await OutboxWork.DeferAsync(parts.Data.Work, Id, stop.Token);
            seenBreaker = state;
        }
    }

    private async Task<int> StartDeliveriesAsync()
    {
        // Asked even if nothing is to be sent: it is what lets the door be tried once its pause is over.
        var slots = MayStart ? gate.SlotsBeside(Taken) : 0;
        if (slots == 0 || !gate.Breaker.AdmitsWork || Take(GateWork.Deliveries) == GateWork.None)
        {
            return 0;
        }

        var claimed = await OutboxWork.ClaimAsync(parts.Data.Work, Id, parts.Node.Id, Fence, [.. inFlight.Keys], slots, DeliveryLane.Batch, stop.Token);
        foreach (var claim in claimed)
        {
            var work = new Task<Task>(() => CarryOutAsync(claim));
            inFlight[claim.Id] = work.Unwrap();
            work.Start(TaskScheduler.Default);
        }

        if (claimed.Count > 0)
        {
            Due(GateWork.Deliveries);
        }

        return claimed.Count;
    }

    private async Task CarryOutAsync(ClaimedDelivery claim)
    {
        try
        {
            if (!MayStart)
            {
                return;
            }

            await parts.Deliveries.CarryOutAsync(gate, claim, abort.Token);
            Interlocked.Increment(ref count);
        }
        catch (OperationCanceledException) when (abort.IsCancellationRequested)
        {
            CutOff(parts.Log, claim.Key);
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            // Our database failed after the call: the attempt stays open and is looked up.
            Interlocked.Increment(ref failed);
            NotSaved(parts.Log, claim.Key, parts.Watch.Missed(Id, error) ? null : error);
        }
        finally
        {
            inFlight.TryRemove(claim.Id, out _);
            parts.Doorbell.Ring(Id);
        }
    }

    private void StartErrand()
    {
        if (errand.IsCompleted && MayStart && inFlight.Count < gate.Limits.Concurrency && parts.Errands.IsDue(Id))
        {
            var asked = Take(GateWork.Errands);
            errand = Task.Run(() => RunErrandAsync(asked), CancellationToken.None);
        }
    }

    private GateWork Take(GateWork what) => (GateWork)Interlocked.And(ref due, (int)~what) & what;

    private async Task RunErrandAsync(GateWork asked)
    {
        var tried = gate.Breaker.State != BreakerState.Closed;
        if (!await parts.Errands.RunAsync(gate, abort.Token, asked))
        {
            Due(asked);
        }

        if (tried)
        {
            parts.Doorbell.Ring(Id); // The door may let a delivery through now.
        }
    }

    private async Task ShowAsync()
    {
        var state = gate.Breaker.State;
        if (state != lastBreaker)
        {
            BreakerTurned(parts.Log, Id, state, gate.Breaker.Reason);
            lastBreaker = state;
        }
        else if (parts.Clock.GetElapsedTime(shownAt) < Show)
        {
            return;
        }

        shownAt = parts.Clock.GetTimestamp();
        var view = GateView.Of(gate, Fence);
        var text = view.ToString();
        if (text != shown)
        {
            await GateStore.ShowAsync(parts.Data.Work, view, stop.Token);
            parts.Changes.Announce(LiveTopics.Connections);
            shown = text;
        }
    }

    [LoggerMessage(EventId = 2421, Level = LogLevel.Error, Message = "Sending to {Connection} is troubled")]
    private static partial void Troubled(ILogger log, string connection, Exception error);

    [LoggerMessage(EventId = 2422, Level = LogLevel.Error, Message = "The outcome of {Key} could not be saved; it will be looked up")]
    private static partial void NotSaved(ILogger log, string key, Exception? error);

    [LoggerMessage(EventId = 2423, Level = LogLevel.Warning, Message = "The call for {Key} was cut off by the shutdown; it will be looked up")]
    private static partial void CutOff(ILogger log, string key);

    [LoggerMessage(EventId = 2424, Level = LogLevel.Warning, Message = "The breaker of {Connection} is {State}: {Reason}")]
    private static partial void BreakerTurned(ILogger log, string connection, BreakerState state, string? reason);
}
