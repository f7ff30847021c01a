using ControlTower.Data.Canonical;
using ControlTower.Data.Outbox;
using ControlTower.Sync.Connectors;
using ControlTower.Sync.Gateway;

namespace ControlTower.Tests.Simulation;

/// <summary>One call on the line, and who waits for its answer.</summary>
internal sealed class VendorCall(VendorClient from, string connection, VendorCommand command, bool isLookUp, TimeSpan at)
{
    private readonly TaskCompletionSource<Outcome> outcome = new();
    private readonly TaskCompletionSource<LookUp> lookUp = new();

    public string Connection => connection;
    public VendorCommand Command => command;
    public bool IsLookUp => isLookUp;
    public TimeSpan At => at;
    public Task<Outcome> Outcome => outcome.Task;
    public Task<LookUp> LookUp => lookUp.Task;

    /// <summary>Whoever waits goes on at once, on this thread. Nobody waits any more? Then nobody hears it.</summary>
    public void Answer(Outcome? result, LookUp? found)
    {
        if (result is Outcome.NotDone { Kind: FailureKind.RateLimit, RetryAfter: { } wait })
        {
            from.AskedToWait(wait);
        }

        _ = isLookUp ? lookUp.TrySetResult(found!) : outcome.TrySetResult(result!);
    }

    public void GiveUp()
    {
        outcome.TrySetCanceled();
        lookUp.TrySetCanceled();
    }
}

/// <summary>What one gate of one node sees of a vendor.</summary>
internal sealed class VendorClient(Estate estate, string connection) : IVendorClient
{
    private TimeSpan quietUntil;

    /// <summary>The vendor asked this gate for silence, and the time is not over.</summary>
    public bool MustBeQuiet => estate.Elapsed < quietUntil;

    public void AskedToWait(TimeSpan wait) => quietUntil = estate.Elapsed + wait;

    public Task<Outcome> SendAsync(VendorCommand command, CallScope scope, CancellationToken cancel) => Call(command, isLookUp: false, scope, cancel).Outcome;

    public Task<LookUp> LookUpAsync(VendorCommand command, CallScope scope, CancellationToken cancel) => Call(command, isLookUp: true, scope, cancel).LookUp;

    public bool IsRepeatable(VendorCommand command) => command is AcknowledgeOrder;

    public Task<Outcome> TestAsync(CallScope scope, CancellationToken cancel) =>
        Task.FromResult<Outcome>(estate.Down.Contains(connection) ? new Outcome.NotDone(FailureKind.Connection, "refused") : new Outcome.Accepted("here"));

    public Task<FeedAnswer> ReadAsync(FeedRequest request, CallScope scope, CancellationToken cancel) => throw new NotSupportedException();

    public Task<Outcome> SubscribeAsync(Uri callbackBase, CallScope scope, CancellationToken cancel) => throw new NotSupportedException();

    private VendorCall Call(VendorCommand command, bool isLookUp, CallScope scope, CancellationToken cancel)
    {
        var governed = (GovernedCall)scope;
        governed.Requests.Add(governed.Row("POST", "/", DateTimeOffset.UnixEpoch)); // It left the house.
        var call = new VendorCall(this, connection, command, isLookUp, estate.Elapsed);
        estate.Calls.Add(call);
        cancel.Register(call.GiveUp);
        return call;
    }
}

/// <summary>Makes the clients of one node, and no bytes.</summary>
internal sealed class EstateConnector(Estate estate, SystemRole role) : IConnector
{
    public string Kind => "estate";

    public SystemRole Role => role;

    public IReadOnlyList<SettingProblem> Check(ConnectionProfile profile) => [];

    public VendorLimits Limits(ConnectionProfile profile) => new(Concurrency: 2);

    public Receipt Receive(RawRequest request, ConnectionProfile profile, DateTimeOffset now) => throw new NotSupportedException();

    public Translation Translate(StoredMessage message, ConnectionProfile profile) => throw new NotSupportedException();

    public IVendorClient Connect(ConnectionProfile profile, HttpClient http, TimeProvider clock) => new VendorClient(estate, profile.Id);

    public IReadOnlyList<FeedPlan> Feeds(ConnectionProfile profile) => [];
}

/// <summary>Keeps nothing: what was said is in the trace.</summary>
internal sealed class NoCallLog : ICallLog
{
    public Task<long> AppendAsync(CallRow call, CancellationToken cancel) => Task.FromResult(0L);
}
