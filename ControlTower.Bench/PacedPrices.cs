using System.Collections.Concurrent;
using ControlTower.Data.Canonical;
using ControlTower.Sync.Connectors;

namespace ControlTower.Bench;

/// <summary>Channels that show prices and answer so many calls a second, each for itself: whoever asks faster waits for their turn, as a vendor's limit makes them.</summary>
internal sealed class PacedPrices : IConnector
{
    private readonly ConcurrentDictionary<string, PacedPriceClient> clients = new(StringComparer.Ordinal);

    /// <summary>Calls a second and channel; 0: as many as come.</summary>
    public int PerSecond { get; set; }

    public IReadOnlyDictionary<string, PacedPriceClient> Clients => clients;

    public string Kind => "paced-prices";

    public SystemRole Role => SystemRole.Shop;

    public int PriceBatch => 50;

    public PriceAbilities Prices(ConnectionProfile profile) => PriceAbilities.Everywhere;

    public IReadOnlyList<SettingProblem> Check(ConnectionProfile profile) => [];

    public VendorLimits Limits(ConnectionProfile profile) => new(Concurrency: 4);

    public Receipt Receive(RawRequest request, ConnectionProfile profile, DateTimeOffset now) => new Receipt.Forged("it does not push");

    public Translation Translate(StoredMessage message, ConnectionProfile profile) => new Translation.Ignored("not modelled");

    public IVendorClient Connect(ConnectionProfile profile, HttpClient http, TimeProvider clock) => clients.GetOrAdd(profile.Id, _ => new PacedPriceClient(this, clock));

    public IReadOnlyList<FeedPlan> Feeds(ConnectionProfile profile) => [];
}

internal sealed class PacedPriceClient(PacedPrices pace, TimeProvider clock) : IVendorClient
{
    private readonly ConcurrentDictionary<string, decimal> book = new(StringComparer.Ordinal);
    private readonly Lock turns = new();
    private long next;
    private int calls;

    public int Calls => Volatile.Read(ref calls);

    public IEnumerable<decimal> Shown => book.Values;

    public void List(string item, decimal price) => book[item] = price;

    public bool IsRepeatable(VendorCommand command) => true;

    public async Task<PricesAnswer> PricesAsync(IReadOnlyList<PriceSpot> spots, CallScope scope, CancellationToken cancel)
    {
        await TurnAsync(cancel);
        return new PricesAnswer.Prices([.. spots.Select(s => book.TryGetValue(s.Item, out var price) ? new PriceShown(s, true, new PriceTag(price), new PriceTag(price)) : new PriceShown(s, false, null, null))]);
    }

    public async Task<Outcome> SendAsync(VendorCommand command, CallScope scope, CancellationToken cancel)
    {
        await TurnAsync(cancel);
        foreach (var move in ((SetPrices)command).Moves)
        {
            book[move.Spot.Item] = move.To!.Amount;
        }

        return new Outcome.Accepted(command.Key.Value);
    }

    public Task<LookUp> LookUpAsync(VendorCommand command, CallScope scope, CancellationToken cancel) => Task.FromResult<LookUp>(new LookUp.Absent());

    public Task<FeedAnswer> ReadAsync(FeedRequest request, CallScope scope, CancellationToken cancel) => Task.FromResult<FeedAnswer>(new FeedAnswer.Page([], null, false));

    public Task<Outcome> TestAsync(CallScope scope, CancellationToken cancel) => Task.FromResult<Outcome>(new Outcome.Accepted("here"));

    public Task<Outcome> SubscribeAsync(Uri callbackBase, CallScope scope, CancellationToken cancel) => Task.FromResult<Outcome>(new Outcome.Accepted(""));

    // A turn that was not used is lost, but for one: as in a window of one call.
    private Task TurnAsync(CancellationToken cancel)
    {
        Interlocked.Increment(ref calls);
        if (pace.PerSecond == 0)
        {
            return Task.CompletedTask;
        }

        TimeSpan wait;
        lock (turns)
        {
            var (now, step) = (clock.GetTimestamp(), clock.TimestampFrequency / pace.PerSecond);
            next = Math.Max(next, now - step) + step;
            wait = clock.GetElapsedTime(now, next);
        }

        return wait > TimeSpan.Zero ? Task.Delay(wait, clock, cancel) : Task.CompletedTask;
    }
}
