using ControlTower.Sync.Connections;
using ControlTower.Sync.Connectors;

namespace ControlTower.Sync.Gateway;

/// <summary>The door to one connection on the node that owns it: breaker, budget, slots, the vendor's Retry-After, and the client behind it.</summary>
public sealed class ConnectionGate : IDisposable
{
    private readonly HttpClient http;
    private readonly string[] secrets;
    private readonly TimeProvider clock;
    private int inFlight;
    private long notBeforeTicks;

    internal ConnectionGate(LiveConnection connection, HttpMessageHandler transport, BreakerRule rule, TimeProvider clock)
    {
        this.clock = clock;
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

    public int InFlight => Volatile.Read(ref inFlight);

    /// <summary>The vendor asked not to be called before this time.</summary>
    public DateTimeOffset? NotBefore => Volatile.Read(ref notBeforeTicks) is var ticks and > 0 && ticks > clock.GetUtcNow().UtcTicks ? new DateTimeOffset(ticks, TimeSpan.Zero) : null;

    /// <summary>How many calls may start now.</summary>
    public int FreeSlots => Connection.Paused || NotBefore is not null ? 0 : Breaker.Admit(Math.Max(0, Limits.Concurrency - InFlight));

    public void Wait(TimeSpan time)
    {
        var until = (clock.GetUtcNow() + time).UtcTicks;
        if (until > Volatile.Read(ref notBeforeTicks))
        {
            Volatile.Write(ref notBeforeTicks, until);
        }
    }

    /// <summary>False if the door lets one call through at a time and one is on its way.</summary>
    internal bool TryEnter(bool anyway)
    {
        if (!Breaker.TryBegin() && !anyway)
        {
            return false;
        }

        Interlocked.Increment(ref inFlight);
        return true;
    }

    internal void Leave() => Interlocked.Decrement(ref inFlight);

    internal bool CarriesSecret(string text) => secrets.Any(s => text.Contains(s, StringComparison.Ordinal)) || text.Contains("\"access_token\"", StringComparison.Ordinal);

    public void Dispose() => http.Dispose();
}
