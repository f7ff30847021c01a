using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;
using ControlTower.Data.Canonical;
using ControlTower.Data.Inbox;
using ControlTower.Sync.Connectors;

namespace ControlTower.Bench;

/// <summary>Vendors that accept everything at once, and the messages that move an order from placed to paid.</summary>
internal static class NoOpVendor
{
    public const int Skus = 200;
    private static readonly DateTimeOffset At = new(2026, 11, 23, 10, 0, 0, TimeSpan.Zero);

    /// <summary>Keys under which more than one document was posted.</summary>
    public static int Doubled => NoOpClient.Posted.Count(p => p.Value > 1);

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

    private static Arrival Told(CanonicalEvent what, string key) =>
        new("erp", "event", what.EventId, $"posting/{key}", "{}", JsonSerializer.SerializeToUtf8Bytes(what, CanonicalJson.Default.CanonicalEvent), null);
}

internal abstract class NoOpConnector : IConnector
{
    public abstract string Kind { get; }

    public abstract SystemRole Role { get; }

    public IReadOnlyList<SettingProblem> Check(ConnectionProfile profile) => [];

    public VendorLimits Limits(ConnectionProfile profile) => new(Concurrency: 256);

    public Receipt Receive(RawRequest request, ConnectionProfile profile, DateTimeOffset now) => new Receipt.Forged("it does not push");

    public Translation Translate(StoredMessage message, ConnectionProfile profile) => new Translation.Events(
    [
        message.Topic == "order"
            ? new OrderStated(message.EventId, JsonSerializer.Deserialize(message.Body.Span, CanonicalJson.Default.Order)!, message.ReceivedAt)
            : JsonSerializer.Deserialize(message.Body.Span, CanonicalJson.Default.CanonicalEvent)!,
    ]);

    public IVendorClient Connect(ConnectionProfile profile, HttpClient http, TimeProvider clock) => new NoOpClient();

    public IReadOnlyList<FeedPlan> Feeds(ConnectionProfile profile) => [];
}

internal sealed class NoOpShop : NoOpConnector
{
    public override string Kind => "no-op-shop";

    public override SystemRole Role => SystemRole.Shop;
}

internal sealed class NoOpErp : NoOpConnector
{
    public override string Kind => "no-op-erp";

    public override SystemRole Role => SystemRole.Erp;
}

internal sealed class NoOpClient : IVendorClient
{
    public static ConcurrentDictionary<string, int> Posted { get; } = new(StringComparer.Ordinal);

    public Task<Outcome> SendAsync(VendorCommand command, CallScope scope, CancellationToken cancel)
    {
        Posted.AddOrUpdate(command.Key.Value, 1, (_, n) => n + 1);
        var facts = command is PostSalesOrder post
            ? new Dictionary<string, string>(StringComparer.Ordinal) { ["total"] = post.Order.Totals.Total.ToString(CultureInfo.InvariantCulture) }
            : null;
        return Task.FromResult<Outcome>(new Outcome.Accepted($"id-{command.Key}", $"N-{command.Key}", facts));
    }

    public Task<LookUp> LookUpAsync(VendorCommand command, CallScope scope, CancellationToken cancel) => Task.FromResult<LookUp>(
        Posted.ContainsKey(command.Key.Value) ? new LookUp.Found(new Outcome.Accepted($"id-{command.Key}", $"N-{command.Key}")) : new LookUp.Absent());

    public Task<FeedAnswer> ReadAsync(FeedRequest request, CallScope scope, CancellationToken cancel) => Task.FromResult<FeedAnswer>(new FeedAnswer.Page([], null, false));

    public Task<Outcome> TestAsync(CallScope scope, CancellationToken cancel) => Task.FromResult<Outcome>(new Outcome.Accepted("here"));

    public Task<Outcome> SubscribeAsync(Uri callbackBase, CallScope scope, CancellationToken cancel) => Task.FromResult<Outcome>(new Outcome.Accepted(""));
}
