using System.Collections.Concurrent;
using ControlTower.Data.Canonical;
using ControlTower.Sync.Connectors;

namespace ControlTower.Tests.Support;

/// <summary>Systems that show prices, each with a price book of its own, which fail as they are told to. What each can do stands in its settings: <c>can</c>.</summary>
public sealed class TestPriceSystems : IConnector
{
    private readonly ConcurrentDictionary<string, TestPrices> books = new(StringComparer.Ordinal);

    public string Kind => "test-price";

    public SystemRole Role => SystemRole.Shop;

    public int PriceBatch => 50;

    public int? DiscountItems { get; set; }

    public string? NotPlanned { get; set; }

    public string? NoPriceLists { get; set; }

    public TestPrices Of(string connection) => books.GetOrAdd(connection, _ => new TestPrices());

    public PriceAbilities Prices(ConnectionProfile profile) => Enum.Parse<PriceAbilities>(profile.Settings.GetValueOrDefault("can") ?? nameof(PriceAbilities.Everywhere));

    public IReadOnlyList<SettingProblem> Check(ConnectionProfile profile) => [];

    public VendorLimits Limits(ConnectionProfile profile) => new(Concurrency: 4);

    public Receipt Receive(RawRequest request, ConnectionProfile profile, DateTimeOffset now) => new Receipt.Forged("it does not push");

    public Translation Translate(StoredMessage message, ConnectionProfile profile) => new Translation.Ignored("not modelled");

    public IVendorClient Connect(ConnectionProfile profile, HttpClient http, TimeProvider clock) => Of(profile.Id);

    public IReadOnlyList<FeedPlan> Feeds(ConnectionProfile profile) => [];
}

/// <summary>The price book of one system: changed only where a price still is what the sender saw.</summary>
public sealed class TestPrices : IVendorClient
{
    private readonly List<(int In, SetPrices What)> late = [];

    /// <summary>What stands where; the empty place is everywhere.</summary>
    public Dictionary<(string Item, string Place), PriceTag> Book { get; } = [];

    public Dictionary<string, (DiscountTerms Terms, bool On)> Discounts { get; } = new(StringComparer.Ordinal);

    /// <summary>Places that reckon their price from the one for everywhere, by this factor, unless they have their own.</summary>
    public Dictionary<string, decimal> Listed { get; } = new(StringComparer.Ordinal);

    /// <summary>Every command that was sent, in order.</summary>
    public List<VendorCommand> Sent { get; } = [];

    public bool IsDown { get; set; }

    /// <summary>Decides about a command, before it does anything: the answer instead, and whether it takes effect anyway. Null: as usual.</summary>
    public Func<SetPrices, (Outcome Answer, bool TakesEffect)?> Instead { get; set; } = _ => null;

    /// <summary>It accepts, and changes nothing.</summary>
    public Predicate<SetPrices> Lies { get; set; } = _ => false;

    /// <summary>It accepts now and carries out only after so many calls.</summary>
    public Func<SetPrices, int> Delays { get; set; } = _ => 0;

    public int Reads { get; private set; }

    public bool IsRepeatable(VendorCommand command) => true;

    public void Edit(string item, decimal price, string place = "") => Book[(item, place)] = new PriceTag(price);

    public Task<PricesAnswer> PricesAsync(IReadOnlyList<PriceSpot> spots, CallScope scope, CancellationToken cancel)
    {
        Tick();
        Reads++;
        return Task.FromResult<PricesAnswer>(IsDown ? new PricesAnswer.Failed(Away()) : new PricesAnswer.Prices([.. spots.Select(Shown)]));
    }

    public Task<DiscountAnswer> DiscountAsync(DiscountTerms terms, CallScope scope, CancellationToken cancel) => Task.FromResult<DiscountAnswer>(
        IsDown ? new DiscountAnswer.Failed(Away())
        : new DiscountAnswer.Shown(Discounts.TryGetValue(terms.Mark, out var there) ? new DiscountShown(terms.Mark, there.On, there.Terms.Value == terms.Value, there.Terms.Value == terms.Value ? null : "value") : new DiscountShown(null, false, false, null)));

    public Task<Outcome> SendAsync(VendorCommand command, CallScope scope, CancellationToken cancel)
    {
        Tick();
        if (IsDown)
        {
            return Task.FromResult<Outcome>(Away());
        }

        Sent.Add(command);
        if (command is SetDiscount discount)
        {
            Discounts[discount.Terms.Mark] = (discount.Terms, discount.On);
            return Task.FromResult<Outcome>(new Outcome.Accepted(discount.Terms.Mark));
        }

        var set = (SetPrices)command;
        if (Instead(set) is { } other)
        {
            if (other.TakesEffect)
            {
                Arrive(set);
            }

            return Task.FromResult(other.Answer);
        }

        if (Lies(set))
        {
            return Task.FromResult<Outcome>(new Outcome.Accepted(set.Key.Value));
        }

        if (Delays(set) is > 0 and var calls)
        {
            late.Add((calls, set));
            return Task.FromResult<Outcome>(new Outcome.Accepted(set.Key.Value));
        }

        return Task.FromResult(Arrive(set));
    }

    public Task<LookUp> LookUpAsync(VendorCommand command, CallScope scope, CancellationToken cancel) => Task.FromResult<LookUp>(
        IsDown ? new LookUp.Undecided(FailureKind.Connection, "away")
        : command is SetPrices set && set.Moves.All(m => m.IsDone(Shown(m.Spot).Own)) ? new LookUp.Found(new Outcome.Accepted(command.Key.Value)) : new LookUp.Absent());

    public Task<FeedAnswer> ReadAsync(FeedRequest request, CallScope scope, CancellationToken cancel) => Task.FromResult<FeedAnswer>(new FeedAnswer.Page([], null, false));

    public Task<Outcome> TestAsync(CallScope scope, CancellationToken cancel) => Task.FromResult<Outcome>(IsDown ? Away() : new Outcome.Accepted("here"));

    public Task<Outcome> SubscribeAsync(Uri callbackBase, CallScope scope, CancellationToken cancel) => Task.FromResult<Outcome>(new Outcome.Accepted(""));

    private void Tick()
    {
        for (var i = late.Count - 1; i >= 0; i--)
        {
            var (calls, what) = late[i];
            late[i] = (calls - 1, what);
            if (calls <= 1)
            {
                late.RemoveAt(i);
                Write(what);
            }
        }
    }

    private Outcome Arrive(SetPrices set)
    {
        foreach (var (move, at) in set.Moves.Select((m, i) => (m, i)))
        {
            var shown = Shown(move.Spot);
            if (!shown.IsListed)
            {
                return new Outcome.Refused(FailureKind.Missing, "unknown-item", "It is not listed.", $"changes.{at}");
            }

            if (!move.IsDone(shown.Own) && !move.IsFresh(shown.Own))
            {
                return new Outcome.Refused(FailureKind.Value, SetPrices.Stale, "It is another.", $"changes.{at}");
            }
        }

        Write(set);
        return new Outcome.Accepted(set.Key.Value);
    }

    private void Write(SetPrices set)
    {
        foreach (var move in set.Moves)
        {
            if (move.To is { } to)
            {
                Book[(move.Spot.Item, move.Spot.Place)] = move.WithCompareAt ? to : new PriceTag(to.Amount, Book.GetValueOrDefault((move.Spot.Item, move.Spot.Place))?.CompareAt);
            }
            else
            {
                Book.Remove((move.Spot.Item, move.Spot.Place));
            }
        }
    }

    private PriceShown Shown(PriceSpot spot)
    {
        var everywhere = Book.GetValueOrDefault((spot.Item, ""));
        var own = Book.GetValueOrDefault((spot.Item, spot.Place));
        return new PriceShown(spot, everywhere is not null, own, own ?? (everywhere is not null && Listed.TryGetValue(spot.Place, out var factor) ? new PriceTag(everywhere.Amount * factor) : everywhere));
    }

    private static Outcome.NotDone Away() => new(FailureKind.Connection, "The system is away.");
}
