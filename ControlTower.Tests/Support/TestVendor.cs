using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using System.Text.Json;
using ControlTower.Data.Canonical;
using ControlTower.Sync.Connectors;

namespace ControlTower.Tests.Support;

/// <summary>A shop whose messages are canonical orders as JSON, so that engine tests say exactly what they mean.</summary>
public sealed class TestShop : IConnector
{
    private int hanging;

    public string Kind => "test-shop";

    public SystemRole Role => SystemRole.Shop;

    /// <summary>Makes the translator throw for messages whose body contains this text.</summary>
    public string? Poison { get; set; }

    /// <summary>Makes the translator do what ends a process: nobody catches it, nothing is given back.</summary>
    public string? Killer { get; set; }

    /// <summary>Makes the translator never come back from messages whose body contains this text, until <see cref="Released"/> is set.</summary>
    public string? Hangs { get; set; }

    public ManualResetEventSlim Released { get; } = new();

    /// <summary>How many translations have not come back.</summary>
    public int Hanging => Volatile.Read(ref hanging);

    /// <summary>Topics that a message of each of them makes needless; none unless a test says so.</summary>
    public IReadOnlySet<string> Whole { get; set; } = new HashSet<string>(StringComparer.Ordinal);

    public IReadOnlySet<string> CoveredBy(string topic) => Whole.Contains(topic) ? Whole : new HashSet<string>(StringComparer.Ordinal);

    public int StockBatch { get; set; }

    public ListingParts Listings { get; set; }

    public int ListingBatch { get; set; }

    /// <summary>How often <see cref="Killer"/> has struck.</summary>
    public int Killed { get; private set; }

    public TestClient Client { get; } = new();

    public IReadOnlyList<SettingProblem> Check(ConnectionProfile profile) => [];

    public VendorLimits Limits(ConnectionProfile profile) => new(Concurrency: 4);

    public Receipt Receive(RawRequest request, ConnectionProfile profile, DateTimeOffset now) =>
        request.Headers.TryGetValue("x-test-signature", out var seal) && seal == "genuine"
            ? new Receipt.Authentic(request.Topic, request.Headers["x-test-id"], request.Headers.GetValueOrDefault("x-test-lane", "order/1"))
            : new Receipt.Forged("no signature");

    public Translation Translate(StoredMessage message, ConnectionProfile profile)
    {
        var text = Encoding.UTF8.GetString(message.Body.Span);
        if (Killer is not null && text.Contains(Killer, StringComparison.Ordinal))
        {
            Killed++;
#pragma warning disable MA0012 // The one exception that nobody in the house catches.
            throw new OutOfMemoryException();
#pragma warning restore MA0012
        }

        if (Hangs is not null && text.Contains(Hangs, StringComparison.Ordinal))
        {
            Interlocked.Increment(ref hanging);
            Released.Wait();
        }

        if (Poison is not null && text.Contains(Poison, StringComparison.Ordinal))
        {
            throw new InvalidOperationException($"poison in {text}");
        }

        try
        {
            return message.Topic switch
            {
                "order" => new Translation.Events([new OrderStated(message.EventId, JsonSerializer.Deserialize(text, CanonicalJson.Default.Order)!, message.ReceivedAt)]),
                "event" => new Translation.Events([JsonSerializer.Deserialize(text, CanonicalJson.Default.CanonicalEvent)!]),
                "readable" => new Translation.Events([JsonSerializer.Deserialize(text, CanonicalJson.Default.CanonicalEvent)!]) { Missing = "return/55" },
                "hint" => new Translation.Fetch(text),
                "level" => new Translation.Levels([new StockLevelTold(text.Split(' ')[0], text.Split(' ')[1], int.Parse(text.Split(' ')[2], CultureInfo.InvariantCulture))]),
                _ => new Translation.Ignored("not modelled"),
            };
        }
        catch (JsonException error)
        {
            return new Translation.Unreadable(FailureKind.Parse, "bad-json", error.Message);
        }
    }

    public IVendorClient Connect(ConnectionProfile profile, HttpClient http, TimeProvider clock) => Client;

    /// <summary>What of it is polled.</summary>
    public IReadOnlyList<FeedPlan> Plans { get; set; } = [];

    public IReadOnlyList<FeedPlan> Feeds(ConnectionProfile profile) => Plans;
}

/// <summary>An ERP with its own ledger, which answers as it is told to.</summary>
public sealed class TestErp : IConnector
{
    public string Kind => "test-erp";

    public SystemRole Role => SystemRole.Erp;

    private int checks;

    public TestClient Client { get; } = new();

    /// <summary>How often the settings of its connection were looked at: once for each time that connections were read.</summary>
    public int Checks => Volatile.Read(ref checks);

    /// <summary>Makes the check throw: a defect of the connector.</summary>
    public bool CheckFails { get; set; }

    public IReadOnlyList<SettingProblem> Check(ConnectionProfile profile)
    {
        Interlocked.Increment(ref checks);
        return CheckFails ? throw new FormatException("a defect") : [];
    }

    public VendorLimits Limits(ConnectionProfile profile) => new(Concurrency: 4);

    public Receipt Receive(RawRequest request, ConnectionProfile profile, DateTimeOffset now) => new Receipt.Forged("it does not push");

    public Translation Translate(StoredMessage message, ConnectionProfile profile) => new Translation.Events([JsonSerializer.Deserialize(message.Body.Span, CanonicalJson.Default.CanonicalEvent)!]);

    public IVendorClient Connect(ConnectionProfile profile, HttpClient http, TimeProvider clock) => Client;

    public IReadOnlyList<FeedPlan> Feeds(ConnectionProfile profile) => [];
}

/// <summary>Keeps a ledger that doubles happily, as Business Central does: only the caller's care prevents it.</summary>
public sealed class TestClient : IVendorClient
{
    private int numbers;

    /// <summary>Every effect, in order: the same key twice is a doubled document.</summary>
    public ConcurrentQueue<VendorCommand> Ledger { get; } = new();

    /// <summary>What it shows of its stock.</summary>
    public TestStock Stock { get; } = new();

    /// <summary>What it shows of its items.</summary>
    public TestCatalogue Catalogue { get; } = new();

    public Task<ListingsAnswer> ListingsAsync(IReadOnlyList<string> items, CallScope scope, CancellationToken cancel) => Task.FromResult(Catalogue.Read(items));

    public Task<LevelsAnswer> LevelsAsync(IReadOnlyList<StockCell> cells, CallScope scope, CancellationToken cancel) => Task.FromResult(Stock.Read(cells));

    /// <summary>Every command that reached the vendor.</summary>
    public ConcurrentQueue<VendorCommand> Calls { get; } = new();

    public ConcurrentQueue<VendorCommand> LookUps { get; } = new();

    /// <summary>Decides the answer to a command; null accepts.</summary>
    public Func<VendorCommand, Outcome?> Answer { get; set; } = _ => null;

    /// <summary>True: the command takes effect although the answer says otherwise.</summary>
    public Func<VendorCommand, bool> CommitsAnyway { get; set; } = _ => false;

    public Func<VendorCommand, LookUp>? Finds { get; set; }

    /// <summary>True: the vendor takes the same command twice as once, so it is sent again instead of being looked up.</summary>
    public bool Repeatable { get; set; }

    public bool IsRepeatable(VendorCommand command) => Repeatable || (command is ChangeStock && Stock.IsRepeatable);

    public Task<Outcome> SendAsync(VendorCommand command, CallScope scope, CancellationToken cancel)
    {
        if (command is ChangeStock change)
        {
            return Task.FromResult(Stock.Send(change));
        }

        if (command is ChangeListings listings)
        {
            return Task.FromResult(Catalogue.Send(listings));
        }

        Calls.Enqueue(command);
        var answer = Answer(command);
        if (answer is null || CommitsAnyway(command))
        {
            Ledger.Enqueue(command);
        }

        return Task.FromResult(answer ?? Accepted(command));
    }

    public Task<LookUp> LookUpAsync(VendorCommand command, CallScope scope, CancellationToken cancel)
    {
        LookUps.Enqueue(command);
        return Task.FromResult(Finds?.Invoke(command) ?? (Ledger.Any(c => c.Key == command.Key) ? new LookUp.Found(Accepted(command)) : new LookUp.Absent()));
    }

    /// <summary>Decides the answer to a read; null is an empty page.</summary>
    public Func<FeedRequest, FeedAnswer>? Reads { get; set; }

    public Task<FeedAnswer> ReadAsync(FeedRequest request, CallScope scope, CancellationToken cancel) => Task.FromResult(Reads?.Invoke(request) ?? new FeedAnswer.Page([], null, false));

    public Task<Outcome> TestAsync(CallScope scope, CancellationToken cancel) => Task.FromResult<Outcome>(new Outcome.Accepted("here"));

    /// <summary>Where we asked to be pushed to, each time.</summary>
    public ConcurrentQueue<Uri> Subscribed { get; } = new();

    public Task<Outcome> SubscribeAsync(Uri callbackBase, CallScope scope, CancellationToken cancel)
    {
        Subscribed.Enqueue(callbackBase);
        return Task.FromResult<Outcome>(new Outcome.Accepted(""));
    }

    private Outcome.Accepted Accepted(VendorCommand command)
    {
        var number = $"SO-{Interlocked.Increment(ref numbers)}";
        var facts = new Dictionary<string, string>(StringComparer.Ordinal);
        if (command is PostSalesOrder post)
        {
            facts["total"] = post.Order.Totals.Total.ToString(CultureInfo.InvariantCulture);
        }

        return new Outcome.Accepted($"id-{number}", number, facts);
    }
}
