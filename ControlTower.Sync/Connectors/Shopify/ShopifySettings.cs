using System.Globalization;

namespace ControlTower.Sync.Connectors.Shopify;

/// <summary>What a Shopify connection is told.</summary>
/// <param name="ShopDomain">The permanent domain, such as <c>example.myshopify.com</c>; webhooks of any other shop are refused.</param>
/// <param name="Endpoint">The GraphQL address of the Admin API version in use.</param>
/// <param name="DedupeHeader">Event-Id is the same for one event over all subscriptions; Webhook-Id only over the retries of one delivery.</param>
internal sealed record ShopifySettings(string ShopDomain, Uri Endpoint, string DedupeHeader, bool NotifyCustomer, double PointsPerSecond, int Concurrency)
{
    public const string ApiVersion = "2026-07";

    public const string LocationPrefix = "location:";

    /// <summary>The place that a location of the shop is; null if no setting names it.</summary>
    public static string? Place(ConnectionProfile profile, string location) => profile.Settings.GetValueOrDefault(LocationPrefix + location) is { Length: > 0 } place ? place : null;

    /// <summary>The number of the shop's location that a place is; null if no setting names it.</summary>
    public static string? Location(ConnectionProfile profile, string place) =>
        profile.Settings.FirstOrDefault(s => s.Key.StartsWith(LocationPrefix, StringComparison.Ordinal) && s.Value == place).Key is { } name ? name[LocationPrefix.Length..] : null;

    /// <summary>Namespace and key of the customers' metafield with the loyalty number; both empty if there is none.</summary>
    public static (string Namespace, string Key) Loyalty(ConnectionProfile profile) =>
        profile.Settings.GetValueOrDefault("loyaltyMetafield")?.Split('.', 2) is [{ Length: > 0 } space, { Length: > 0 } key] ? (space, key) : ("", "");

    public static ShopifySettings Of(ConnectionProfile profile)
    {
        var domain = profile.Setting("shopDomain").Trim().ToLowerInvariant();
        var address = profile.Settings.GetValueOrDefault("baseUrl") is { Length: > 0 } given ? given.TrimEnd('/') : $"https://{domain}";
        return new ShopifySettings(
            domain,
            new Uri($"{address}/admin/api/{ApiVersion}/graphql.json"),
            profile.Settings.GetValueOrDefault("dedupeHeader") is { Length: > 0 } header ? header : "Event-Id",
            profile.Settings.GetValueOrDefault("notifyCustomer") != "false",
            Number(profile, "pointsPerSecond", 100),
            (int)Number(profile, "concurrency", 8));
    }

    public static IReadOnlyList<SettingProblem> Problems(ConnectionProfile profile)
        => Checked(profile).Places(LocationPrefix, number => !number.AsSpan().ContainsAnyExceptInRange('0', '9')).Problems;

    private static SettingsCheck Checked(ConnectionProfile profile) => new SettingsCheck(profile)
        .Text("shopDomain", rule: text => Uri.CheckHostName(text) is UriHostNameType.Dns && text.Contains('.', StringComparison.Ordinal)
            ? null
            : "Enter the shop's permanent domain, such as example.myshopify.com.")
        .Address("baseUrl", required: false)
        .OneOf("dedupeHeader", "Event-Id", "Webhook-Id")
        .OneOf("notifyCustomer", "true", "false")
        .Number("pointsPerSecond", 1, 100_000)
        .Number("concurrency", 1, 100)
        .Secret("accessToken", shortest: 10)
        .Secret("clientSecret", shortest: 24)
        .Secret("clientSecretPrevious", required: false, shortest: 24)
        .OneOf(StockPublishing.Setting, StockPublishing.No, StockPublishing.Changes, StockPublishing.All)
        .OneOf(PricePublishing.Setting, PricePublishing.No, PricePublishing.Changes, PricePublishing.All)
        .OneOf(ShopPayouts.Setting, "no", "yes")
        .Text("loyaltyMetafield", required: false, longest: 120, rule: text => text.IndexOf('.', StringComparison.Ordinal) is > 0 and var dot && dot < text.Length - 1 ? null : "Enter namespace.key.")
        .Currency();

    private static double Number(ConnectionProfile profile, string name, double otherwise)
        => double.TryParse(profile.Settings.GetValueOrDefault(name), CultureInfo.InvariantCulture, out var value) && value > 0 ? value : otherwise;
}
