using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.Globalization;
using System.Text.Json;

namespace ControlTower.Sync.Connectors.Vendure;

/// <summary>
/// Vendure 3.7 over its Admin API. Settings: <c>baseUrl</c>; <c>channelToken</c>; <c>taxesIncluded</c> (true unless false); <c>moneyPrecision</c>;
/// <c>ackField</c> (a custom field of Order that takes the ERP number; without it a private note does); <c>fulfillmentHandler</c>; <c>rereadDays</c>;
/// <c>pollSeconds</c>; <c>username</c>; <c>settleRefunds</c>; <c>publishStock</c> and <c>location:{id}</c>, the place that a stock location is. Secrets: <c>apiKey</c>, or <c>password</c> with the user name; <c>webhookSecret</c>, <c>previousWebhookSecret</c>.
/// </summary>
public sealed class VendureConnector : IConnector
{
    internal const string OrdersFeed = "orders";
    internal const string ChangesFeed = "changes";

    // Session tokens of connections that sign in with a password; lost on restart, which costs one sign-in.
    private readonly ConcurrentDictionary<string, string> sessions = new(StringComparer.Ordinal);

    public string Kind => "vendure";

    public SystemRole Role => SystemRole.Shop;

    public int StockBatch => 50;

    public int PriceBatch => VendurePrices.Batch;

    public string? NoPriceLists => "Vendure keeps a variant's price by channel and currency and has no price lists.";

    public PriceAbilities Prices(ConnectionProfile profile) => PriceAbilities.Everywhere | PriceAbilities.AutomaticDiscount | PriceAbilities.DiscountCode | PriceAbilities.BuyXGetY;

    public IReadOnlyList<SettingField> Fields => VendureFields.All;

    public IReadOnlyList<SettingProblem> Check(ConnectionProfile profile)
    {
        var check = new SettingsCheck(profile).Address("baseUrl").Currency()
            .Text("channelToken", required: false)
            .OneOf("taxesIncluded", "true", "false")
            .OneOf("moneyPrecision", "0", "1", "2", "3", "4")
            .Text("ackField", required: false, longest: 60, rule: text => IsName(text) ? null : "Enter the name of a custom field: letters, digits and underscores.")
            .Text("fulfillmentHandler", required: false, longest: 100)
            .Number("rereadDays", 1, 90)
            .Number("pollSeconds", 1, 3600)
            .Number("concurrency", 1, 32)
            .OneOf(VendureRefunds.Settles, "true", "false")
            .OneOf(StockPublishing.Setting, StockPublishing.No, StockPublishing.Changes, StockPublishing.All)
            .Places(VendureStock.LocationPrefix, id => id.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_'))
            .Secret("webhookSecret", required: false, shortest: 8);
        var signsIn = string.IsNullOrEmpty(profile.Secrets.GetValueOrDefault("apiKey"));
        return signsIn
            ? profile.Settings.ContainsKey("username")
                ? check.Text("username").Secret("password").Problems
                : check.Add("apiKey", "Enter an API key ('<id>:<secret>').").Add("username", "Or enter an administrator's user name here and the password among the secrets.").Problems
            : check.Problems;
    }

    /// <summary>Vendure states no limits; a shop that serves customers gets few requests at once.</summary>
    public VendorLimits Limits(ConnectionProfile profile) => new(Concurrency: (int)Number(profile, "concurrency", 4));

    public Receipt Receive(RawRequest request, ConnectionProfile profile, DateTimeOffset now)
    {
        if (!VendureSignature.IsGenuine(request, profile))
        {
            return new Receipt.Forged("The signature does not fit the body.");
        }

        var body = request.Body.Span;
        var hook = VendorJson.Read(body, VendureJson.Default.VendureHook, out _);

        // Genuine but unreadable is kept and becomes a case; its bytes are its id.
        return hook is null || hook.DeliveryId.Length is 0 or > 200 || hook.Topic.Length is 0 or > 100
            ? new Receipt.Authentic(VendureTranslator.UnreadableTopic, Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(body)), "unreadable")
            : new Receipt.Authentic(hook.Topic, hook.DeliveryId, Lane(hook));
    }

    public IReadOnlySet<string> CoveredBy(string topic) => topic == VendureTranslator.OrderTopic ? VendureTranslator.Whole : FrozenSet<string>.Empty;

    public Translation Translate(StoredMessage message, ConnectionProfile profile) => VendureTranslator.Translate(message, profile);

    public IVendorClient Connect(ConnectionProfile profile, HttpClient http, TimeProvider clock)
        => new VendureClient(profile, new VendureApi(profile, http, clock, sessions), clock);

    public IReadOnlyList<FeedPlan> Feeds(ConnectionProfile profile) =>
    [
        new FeedPlan(OrdersFeed, TimeSpan.FromSeconds(Number(profile, "pollSeconds", 5)), TimeSpan.FromMinutes(2)),
        new FeedPlan(ChangesFeed, TimeSpan.FromSeconds(Math.Max(15, Number(profile, "pollSeconds", 5))), TimeSpan.Zero),
        .. CatalogFeeds.Plans,
    ];

    internal static double Number(ConnectionProfile profile, string name, double otherwise)
        => profile.Settings.TryGetValue(name, out var text) && double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value) ? value : otherwise;

    // What names no order depends on nothing: a lane of its own.
    private static string Lane(VendureHook hook) => VendureTranslator.OrderOf(hook.Data) is { } id ? $"order/{id}" : $"hook/{VendorText.Cut(hook.DeliveryId, 100)}";

    private static bool IsName(string text) => text.Length > 0 && !char.IsAsciiDigit(text[0]) && text.All(c => char.IsAsciiLetterOrDigit(c) || c == '_');
}
