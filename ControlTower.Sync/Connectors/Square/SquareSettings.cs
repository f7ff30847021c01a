using System.Globalization;

namespace ControlTower.Sync.Connectors.Square;

/// <summary>What a Square connection is told.</summary>
/// <param name="CustomAmountSku">SKU under which amounts that a cashier typed in are booked; null leaves them without one, for a person to decide.</param>
internal sealed record SquareSettings(Uri BaseUrl, string NotificationUrl, string? CustomAmountSku, int Concurrency)
{
    /// <summary>Pinned: a newer version may rename what is read here.</summary>
    public const string ApiVersion = "2025-08-20";

    public const string StorePrefix = "store:";

    public const string Loyalty = "loyaltyFrom";

    private const string Production = "https://connect.squareup.com";

    public static SquareSettings Of(ConnectionProfile profile) => new(
        new Uri((profile.Settings.GetValueOrDefault("baseUrl") is { Length: > 0 } given ? given : Production).TrimEnd('/') + "/"),
        profile.Settings.GetValueOrDefault("notificationUrl") ?? "",
        profile.Settings.GetValueOrDefault("customAmountSku") is { Length: > 0 } sku ? sku : null,
        int.TryParse(profile.Settings.GetValueOrDefault("concurrency"), NumberStyles.None, CultureInfo.InvariantCulture, out var calls) && calls > 0 ? calls : 6);

    /// <summary>The store that a location of Square's is; a location that no setting names goes by its own id.</summary>
    public static string Store(ConnectionProfile profile, string location)
        => profile.Settings.GetValueOrDefault(StorePrefix + location) is { Length: > 0 } store ? store : location;

    /// <summary>The location of Square's that a store is.</summary>
    public static string Location(ConnectionProfile profile, string store)
        => profile.Settings.FirstOrDefault(s => s.Key.StartsWith(StorePrefix, StringComparison.Ordinal) && s.Value == store).Key is { } name ? name[StorePrefix.Length..] : store;

    public static IReadOnlyList<SettingProblem> Problems(ConnectionProfile profile)
    {
        var check = new SettingsCheck(profile)
            .Address("baseUrl", required: false)
            .Address("notificationUrl")
            .Text("customAmountSku", required: false, longest: 100)
            .Number("concurrency", 1, 50)
            .OneOf(StockPublishing.Setting, StockPublishing.No, StockPublishing.Changes, StockPublishing.All)
            .OneOf(PricePublishing.Setting, PricePublishing.No, PricePublishing.Changes, PricePublishing.All)
            .OneOf(SquarePayouts.Setting, "no", "yes")
            .OneOf(Loyalty, "none", "reference_id")
            .Secret("accessToken", shortest: 10)
            .Secret("signatureKey", shortest: 16)
            .Secret("previousSignatureKey", required: false, shortest: 16)
            .Currency();
        var stores = profile.Settings.Where(s => s.Key.StartsWith(StorePrefix, StringComparison.Ordinal)).ToList();
        if (stores.Any(s => s.Value.Length is 0 or > 60))
        {
            check.Add(StorePrefix, "Name a store of at most 60 characters for each location.");
        }

        if (stores.GroupBy(s => s.Value, StringComparer.Ordinal).FirstOrDefault(g => g.Count() > 1) is { } twice)
        {
            check.Add(StorePrefix, $"Two locations name the store {twice.Key}; give each its own.");
        }

        return check.Problems;
    }
}
