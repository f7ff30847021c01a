using System.Globalization;
using System.Text.Json;
using ControlTower.Data.Canonical;
using ControlTower.Data.Db;
using ControlTower.Data.Inbox;
using ControlTower.Sync.Connectors;

namespace ControlTower.Bench;

/// <summary>Vendors that accept everything at once, and the messages that move an order from placed to paid.</summary>
internal static class NoOpVendor
{
    public const int Skus = 200;
    private static readonly DateTimeOffset At = new(2026, 11, 23, 10, 0, 0, TimeSpan.Zero);

    public static Arrival Placed(int number)
    {
        var order = new Order(
            new OrderKey("shop", number.ToString(CultureInfo.InvariantCulture)), $"B-{number}", "bench", 1, At, "EUR", true, new OrderTotals(238m, 38m, 0m, 0m),
            [
                new OrderLine("1", $"SKU-{number % Skus}", "Jacket", 1, 119m, 0m, [new TaxLine("VAT", 0.19m, 19m)]),
                new OrderLine("2", $"SKU-{(number + 7) % Skus}", "Boots", 1, 119m, 0m, [new TaxLine("VAT", 0.19m, 19m)]),
            ],
            [], new Buyer($"b-{number}", "Bench Buyer", null, null, null, null), PaymentState.Paid, [new Tender("t", "card", 238m, TenderKind.Sale, At)], FulfilmentMode.Ship);
        return new Arrival("shop", "order", $"placed-{number}", $"order/{number}", "{}", JsonSerializer.SerializeToUtf8Bytes(order, CanonicalJson.Default.Order), null);
    }

    public static IEnumerable<Arrival> ShippedAndInvoiced(string key)
    {
        var posting = new PostingKey(key);
        yield return Told(new ShipmentConfirmed($"s-{key}", null, posting, 1, $"S-{key}", [], new Tracking("Carrier", $"T-{key}", null), true, At), key);
        yield return Told(new InvoicePosted($"i-{key}", posting, 1, $"I-{key}", $"INV-{key}", new Money(238m, "EUR"), new Money(238m, "EUR"), At), key);
    }

    /// <summary>The keys of the documents that the ERP has and has not shipped.</summary>
    public static Task<List<string>> AcknowledgedAsync(TowerDataSources sources) =>
        sources.Work.Command("select p.key from posting p join flow f on f.id = p.flow_id where p.kind = 'PostSalesOrder' and f.stage = 'acknowledged'")
            .ListAsync(r => r.GetString(0), default);

    /// <summary>An arrival as the vendor would push it.</summary>
    public static RawRequest Pushed(Arrival arrival) => new(
        arrival.Topic, new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase) { [EventHeader] = arrival.EventId, [LaneHeader] = arrival.Lane },
        new Dictionary<string, string>(StringComparer.Ordinal), arrival.Body);

    public const string EventHeader = "x-bench-event";
    public const string LaneHeader = "x-bench-lane";

    private static Arrival Told(CanonicalEvent what, string key) =>
        new("erp", "event", what.EventId, $"posting/{key}", "{}", JsonSerializer.SerializeToUtf8Bytes(what, CanonicalJson.Default.CanonicalEvent), null);
}

/// <summary>What the vendors of one engine were asked to do, and whether they are there to do it.</summary>
internal sealed class NoOpLedger
{
    private volatile bool away;

    public PostedKeys Posted { get; } = new();

    /// <summary>Keys under which more than one document was posted.</summary>
    public int Doubled => Posted.Doubled;

    /// <summary>While true, the ERP certainly does nothing of what it is asked.</summary>
    public bool Away { get => away; set => away = value; }

    /// <summary>Called with each command that was carried out, by the clock of its arrival.</summary>
    public Action<VendorCommand>? Accepted { get; set; }
}

internal abstract class NoOpConnector(NoOpLedger ledger) : IConnector
{
    public abstract string Kind { get; }

    public abstract SystemRole Role { get; }

    public IReadOnlyList<SettingProblem> Check(ConnectionProfile profile) => [];

    public VendorLimits Limits(ConnectionProfile profile) => new(Concurrency: 256);

    public Receipt Receive(RawRequest request, ConnectionProfile profile, DateTimeOffset now) =>
        request.Headers.TryGetValue(NoOpVendor.EventHeader, out var id) && request.Headers.TryGetValue(NoOpVendor.LaneHeader, out var lane)
            ? new Receipt.Authentic(request.Topic, id, lane)
            : new Receipt.Forged("it names no event");

    public Translation Translate(StoredMessage message, ConnectionProfile profile) => new Translation.Events(
    [
        message.Topic == "order"
            ? new OrderStated(message.EventId, JsonSerializer.Deserialize(message.Body.Span, CanonicalJson.Default.Order)!, message.ReceivedAt)
            : JsonSerializer.Deserialize(message.Body.Span, CanonicalJson.Default.CanonicalEvent)!,
    ]);

    public IVendorClient Connect(ConnectionProfile profile, HttpClient http, TimeProvider clock) => new NoOpClient(ledger, Role);

    public IReadOnlyList<FeedPlan> Feeds(ConnectionProfile profile) => [];
}

internal sealed class NoOpShop(NoOpLedger ledger) : NoOpConnector(ledger)
{
    public override string Kind => "no-op-shop";

    public override SystemRole Role => SystemRole.Shop;
}

internal sealed class NoOpErp(NoOpLedger ledger) : NoOpConnector(ledger)
{
    public override string Kind => "no-op-erp";

    public override SystemRole Role => SystemRole.Erp;
}

internal sealed class NoOpClient(NoOpLedger ledger, SystemRole role) : IVendorClient
{
    private bool IsAway => role == SystemRole.Erp && ledger.Away;

    public Task<Outcome> SendAsync(VendorCommand command, CallScope scope, CancellationToken cancel)
    {
        if (IsAway)
        {
            return Task.FromResult<Outcome>(NotThere());
        }

        ledger.Posted.Add(command.Key.Value);
        ledger.Accepted?.Invoke(command);
        var facts = command is PostSalesOrder post
            ? new Dictionary<string, string>(StringComparer.Ordinal) { ["total"] = post.Order.Totals.Total.ToString(CultureInfo.InvariantCulture) }
            : null;
        return Task.FromResult<Outcome>(new Outcome.Accepted($"id-{command.Key}", $"N-{command.Key}", facts));
    }

    public Task<LookUp> LookUpAsync(VendorCommand command, CallScope scope, CancellationToken cancel) => Task.FromResult<LookUp>(
        IsAway ? new LookUp.Undecided(FailureKind.Intermittent, Silence)
        : ledger.Posted.Contains(command.Key.Value) ? new LookUp.Found(new Outcome.Accepted($"id-{command.Key}", $"N-{command.Key}"))
        : new LookUp.Absent());

    public Task<FeedAnswer> ReadAsync(FeedRequest request, CallScope scope, CancellationToken cancel) => Task.FromResult<FeedAnswer>(new FeedAnswer.Page([], null, false));

    public Task<Outcome> TestAsync(CallScope scope, CancellationToken cancel) => Task.FromResult<Outcome>(IsAway ? NotThere() : new Outcome.Accepted("here"));

    public Task<Outcome> SubscribeAsync(Uri callbackBase, CallScope scope, CancellationToken cancel) => Task.FromResult<Outcome>(new Outcome.Accepted(""));

    private const string Silence = "nobody there";

    private static Outcome.NotDone NotThere() => new(FailureKind.Intermittent, Silence);
}
