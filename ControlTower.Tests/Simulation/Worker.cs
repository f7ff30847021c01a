using ControlTower.Data.Outbox;
using ControlTower.Sync.Connectors;
using ControlTower.Sync.Gateway;
using ControlTower.Sync.Pumps;

namespace ControlTower.Tests.Simulation;

/// <summary>One delivery in the hands of a node: what was decided about it, and the call that is under way.</summary>
internal sealed class Carrying(ClaimedDelivery claim, VendorCommand command)
{
    public ClaimedDelivery Claim { get; set; } = claim;

    public VendorCommand Command => command;

    /// <summary>Decided and not done yet. Null while a call is under way.</summary>
    public DeliveryStep? Next { get; set; }

    public Task<Answered<Outcome>>? Sending { get; set; }

    public Task<Answered<LookUp>>? Asking { get; set; }

    /// <summary>What the target said yes to, while it is being read back.</summary>
    public Outcome.Accepted? Said { get; set; }

    public bool Waits => Next is null && (Sending is { IsCompleted: false } || Asking is { IsCompleted: false });

    /// <summary>Where a fault would meet it.</summary>
    public string Point => this switch
    {
        { Next: DeliveryStep.Send, Claim.Before: not DeliveryState.Ready } => "attempt opened",
        { Next: DeliveryStep.Send or DeliveryStep.Ask } => "claimed",
        { Next: DeliveryStep.SendAgain } => "found absent",
        { Next: not null } => "answer heard",
        { Asking: not null } => "look-up under way",
        { Sending: not null } => "call under way",
        _ => "claimed",
    };
}

/// <summary>What a node has of a connection whose gate it holds, as <see cref="ConnectionWorker"/> has it.</summary>
internal sealed class Worker(ConnectionGate gate, long fence, TimeProvider clock) : IDisposable
{
    private long renewedAt = clock.GetTimestamp();

    public ConnectionGate Gate => gate;

    public long Fence => fence;

    public SortedDictionary<long, Carrying> InFlight { get; } = [];

    public CancellationTokenSource Abort { get; } = new();

    public BreakerState Seen { get; set; }

    public VendorClient Client => (VendorClient)gate.Client;

    /// <summary>As the worker's own: false once the lease may have ended.</summary>
    public bool MayStart => clock.GetElapsedTime(renewedAt) < OutboxPump.Lease * 0.8;

    public int Slots => MayStart && gate.Breaker.AdmitsWork ? gate.SlotsBeside(InFlight.Count) : 0;

    /// <summary>The door is to be tried with a test: <see cref="ConnectionErrands"/>.</summary>
    public bool MayProbe => MayStart && InFlight.Count < gate.Limits.Concurrency && gate.Breaker.State != BreakerState.Closed && gate.FreeSlots > 0;

    public void Renewed() => renewedAt = clock.GetTimestamp();

    /// <summary>Calls are cut off; what they did is looked up by whoever comes next.</summary>
    public void Stop()
    {
        Abort.Cancel();
        InFlight.Clear();
        Dispose();
    }

    public void Dispose()
    {
        gate.Dispose();
        Abort.Dispose();
    }
}
