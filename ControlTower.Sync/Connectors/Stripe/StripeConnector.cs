using System.Text.Json;
using ControlTower.Data.Canonical;

namespace ControlTower.Sync.Connectors.Stripe;

/// <summary>
/// Stripe as the processor of payments: what it took, gave back, kept and paid out, as lines of money. Webhooks are hints at a payout that is to be read; what they lose is polled. Nothing is ever
/// written there.
/// </summary>
public sealed class StripeConnector : IConnector
{
    public const string Name = "stripe";

    public string Kind => Name;

    public SystemRole Role => SystemRole.Processor;

    public IReadOnlyList<SettingField> Fields => StripeSettings.Fields;

    public IReadOnlyList<SettingProblem> Check(ConnectionProfile profile) => StripeSettings.Problems(profile);

    /// <summary>A test account may be asked 25 times a second, a live one more often; a few calls at once stay below both.</summary>
    public VendorLimits Limits(ConnectionProfile profile) => new(Concurrency: 4, RequestsPerWindow: 20, Window: TimeSpan.FromSeconds(1));

    public Receipt Receive(RawRequest request, ConnectionProfile profile, DateTimeOffset now) => StripeSignature.Receive(request, profile, now);

    public Translation Translate(StoredMessage message, ConnectionProfile profile)
    {
        if (message.Topic != StripeSignature.Unreadable && !message.Topic.StartsWith(StripeSignature.Payouts, StringComparison.Ordinal))
        {
            return new Translation.Ignored("No flow is interested in this event; the polls read the money that it concerns.");
        }

        return JsonReading.Parse(message.Body) is { } body && body.Text("data", "object", "id") is { } id && StripeId.IsOne(id)
            ? new Translation.Fetch(StripeClient.PayoutResource + id)
            : new Translation.Unreadable(FailureKind.Parse, "stripe-event", "The event names no payout that can be read.", "data.object.id");
    }

    public IVendorClient Connect(ConnectionProfile profile, HttpClient http, TimeProvider clock)
    {
        var settings = StripeSettings.Of(profile);
        return new StripeClient(profile, settings, new StripeCall(http, settings.BaseUrl, profile.Secret(StripeSettings.Key), clock), clock);
    }

    /// <summary>A payout may fail days after it was sent, and a list of payouts knows no time of change: two weeks of them are looked at each time.</summary>
    public IReadOnlyList<FeedPlan> Feeds(ConnectionProfile profile) =>
    [
        new FeedPlan(BalanceFeed.Name, TimeSpan.FromMinutes(10), TimeSpan.FromHours(1)),
        new FeedPlan(PayoutFeed.Name, TimeSpan.FromMinutes(30), TimeSpan.FromDays(14)),
    ];
}
