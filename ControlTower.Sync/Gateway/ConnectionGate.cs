using ControlTower.Data.Canonical;
using ControlTower.Sync.Connections;
using ControlTower.Sync.Connectors;

namespace ControlTower.Sync.Gateway;

/// <summary>The door to one connection on the node that owns it: breaker, budget, slots, the vendor's Retry-After, and the client behind it.</summary>
public sealed class ConnectionGate : IDisposable
{
    /// <summary>A vendor that asks for a longer silence than this is asked again after it: a slip of theirs must not cut a connection off for years.</summary>
    public static readonly TimeSpan LongestWait = TimeSpan.FromHours(1);

    private readonly HttpClient http;
    private readonly string[] secrets;
    private readonly SteadyClock clock;
    private readonly Lock judging = new();
    private readonly HashSet<string> failing = new(StringComparer.Ordinal);
    private int inFlight;
    private long notBeforeTicks;

    internal ConnectionGate(LiveConnection connection, HttpMessageHandler transport, BreakerRule rule, TimeProvider clock)
    {
        this.clock = new SteadyClock(clock);
        Connection = connection;
        Limits = connection.Connector!.Limits(connection.Profile);
        Breaker = new CircuitBreaker(rule, clock);
        Budget = new Budget(Limits, clock);
        secrets = [.. connection.Profile.Secrets.Values.Where(s => s.Length >= 4)];
        http = new HttpClient(new GovernedHandler(clock) { InnerHandler = transport }, disposeHandler: true) { Timeout = Timeout.InfiniteTimeSpan };
        Client = connection.Connector.Connect(connection.Profile, http, clock);
    }

    public string Id => Connection.Profile.Id;

    public LiveConnection Connection { get; }

    public VendorLimits Limits { get; }

    public CircuitBreaker Breaker { get; }

    public Budget Budget { get; }

    public IVendorClient Client { get; }

    /// <summary>See <see cref="IVendorClient.IsRepeatable"/>: asks nobody.</summary>
    public bool IsRepeatable(VendorCommand command) => Client.IsRepeatable(command);

    public int InFlight => Volatile.Read(ref inFlight);

    /// <summary>The vendor asked not to be called before this time.</summary>
    public DateTimeOffset? NotBefore => Volatile.Read(ref notBeforeTicks) is var ticks and > 0 && ticks > clock.Now.UtcTicks ? new DateTimeOffset(ticks, TimeSpan.Zero) : null;

    /// <summary>How many calls may start now.</summary>
    public int FreeSlots => SlotsBeside(InFlight);

    /// <summary>How many calls may start now beside those that somebody has places for, whether they have begun or not.</summary>
    public int SlotsBeside(int taken) => Connection.Paused || NotBefore is not null ? 0 : Breaker.Admit(Math.Max(0, Limits.Concurrency - taken));

    /// <summary>Nothing is called for this long, at most <see cref="LongestWait"/>.</summary>
    public void Wait(TimeSpan time)
    {
        var until = (clock.Now + (time < LongestWait ? time : LongestWait)).UtcTicks;
        if (until > Volatile.Read(ref notBeforeTicks))
        {
            Volatile.Write(ref notBeforeTicks, until);
        }
    }

    /// <summary>The vendor has just answered well to somebody who asked in spite of its Retry-After.</summary>
    internal void StopWaiting() => Volatile.Write(ref notBeforeTicks, 0);

    /// <summary>The target did, or decided, what a delivery asked: whatever failed before it does so for reasons of its own.</summary>
    internal void Served()
    {
        lock (judging)
        {
            failing.Clear();
        }
    }

    /// <summary>
    /// A delivery failed. True if it is the only one that did since the target last served any: then the trouble is its own and it may use up its attempts. If several fail in a
    /// row, the target is in trouble, and that is nobody's attempt.
    /// </summary>
    internal bool Blames(string key)
    {
        lock (judging)
        {
            failing.Add(key);
            return failing.Count == 1;
        }
    }

    /// <summary>The trouble of a delivery is its own: not if the target is away or wants a rest, and not if others fail with it.</summary>
    internal bool IsOwn(string key, FailureKind kind) => kind is not (FailureKind.Connection or FailureKind.RateLimit) && Blames(key);

    /// <summary>A person has it now.</summary>
    internal void Forget(string key)
    {
        lock (judging)
        {
            failing.Remove(key);
        }
    }

    /// <summary>Null if the call may begin, else why not: the vendor's places are taken, or the door lets one call through at a time and one is on its way.</summary>
    internal string? Enter(bool anyway, out BreakerTicket ticket)
    {
        if (Interlocked.Increment(ref inFlight) > Limits.Concurrency)
        {
            ticket = default;
            Leave();
            return "All places at the vendor are taken.";
        }

        if (!Breaker.TryBegin(out ticket) && !anyway)
        {
            Leave();
            return "The door is just being tried with another call.";
        }

        return null;
    }

    internal void Leave() => Interlocked.Decrement(ref inFlight);

    internal bool CarriesSecret(string text) => secrets.Any(s => text.Contains(s, StringComparison.Ordinal)) || text.Contains("\"access_token\"", StringComparison.Ordinal);

    public void Dispose() => http.Dispose();
}
