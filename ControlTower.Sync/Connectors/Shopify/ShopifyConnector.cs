using System.Collections.Frozen;

namespace ControlTower.Sync.Connectors.Shopify;

/// <summary>
/// Shopify by its Admin GraphQL API and webhooks. Orders come pushed, or read by a poll that finds what pushes lost; towards the shop go the ERP's number
/// and fulfilments. Limits: cost points per app and shop.
/// </summary>
public sealed class ShopifyConnector : IConnector
{
    public string Kind => "shopify";

    public SystemRole Role => SystemRole.Shop;

    public int StockBatch => 50;

    /// <summary>Whether a variant can be sold is its product's to say.</summary>
    public ListingParts Listings => ListingParts.Price | ListingParts.Barcode;

    public int ListingBatch => ShopListings.Batch;

    public int PriceBatch => ShopListings.Batch;

    public int? DiscountItems => DiscountDocuments.MostItems;

    public PriceAbilities Prices(ConnectionProfile profile) =>
        PriceAbilities.Everywhere | PriceAbilities.CompareAt | PriceAbilities.AutomaticDiscount | PriceAbilities.DiscountCode | PriceAbilities.BuyXGetY | PriceAbilities.AmountOff | PriceAbilities.GetForLess
        | (ShopPriceLists.IsOn(profile) ? PriceAbilities.PriceLists : PriceAbilities.None);

    public IReadOnlyList<SettingField> Fields => ShopifyFields.All;

    public IReadOnlyList<SettingProblem> Check(ConnectionProfile profile) => ShopifySettings.Problems(profile);

    public VendorLimits Limits(ConnectionProfile profile)
    {
        // The bucket holds twenty seconds of its restore rate on every plan.
        var settings = ShopifySettings.Of(profile);
        return new VendorLimits(settings.Concurrency, PointsPerSecond: settings.PointsPerSecond, PointsCapacity: settings.PointsPerSecond * 20);
    }

    public Receipt Receive(RawRequest request, ConnectionProfile profile, DateTimeOffset now) => ShopifySignature.Receive(request, profile, ShopifySettings.Of(profile));

    public IReadOnlySet<string> CoveredBy(string topic) => topic switch { ShopifyTopics.ReadOrder => ShopifyTopics.OfOrder, ReturnReading.Topic => ShopifyTopics.OfReturn, _ => FrozenSet<string>.Empty };

    public Translation Translate(StoredMessage message, ConnectionProfile profile) => ShopifyTranslator.Translate(message, profile);

    public IVendorClient Connect(ConnectionProfile profile, HttpClient http, TimeProvider clock) => new ShopifyClient(profile, ShopifySettings.Of(profile), http, clock);

    public IReadOnlyList<FeedPlan> Feeds(ConnectionProfile profile) =>
    [
        new FeedPlan(OrderFeed.Name, TimeSpan.FromMinutes(2), TimeSpan.FromMinutes(5)), .. CatalogFeeds.Plans, CatalogFeeds.CollectionsPlan,
        .. ShopPriceLists.IsOn(profile) ? [CatalogFeeds.PriceListsPlan] : Array.Empty<FeedPlan>(), .. ShopPayouts.IsOn(profile) ? [ShopPayouts.Plan] : Array.Empty<FeedPlan>(),
    ];
}
