using System.Collections.Frozen;

namespace ControlTower.Sync.Connectors.Square;

/// <summary>
/// Square's point of sale. Webhooks are hints that name what to read again; orders and refunds are polled by time of change for what hints lost. A completed sale is told
/// as an order that is paid and handed over in its store; refunds follow by themselves. Open tickets are no sales yet.
/// </summary>
public sealed class SquareConnector : IConnector
{
    public string Kind => "square";

    /// <summary>A till sells like a shop.</summary>
    public SystemRole Role => SystemRole.Shop;

    public int StockBatch => 100;

    public ListingParts Listings => ListingParts.Price | ListingParts.Barcode | ListingParts.Active;

    public int ListingBatch => SquareListings.Batch;

    public int PriceBatch => SquareListings.Batch;

    public string? NoPriceLists => "Square keeps prices by location and has no price lists: choose stores.";

    public PriceAbilities Prices(ConnectionProfile profile) => PriceAbilities.Everywhere | PriceAbilities.Places | PriceAbilities.AutomaticDiscount | PriceAbilities.AmountOff | PriceAbilities.BuyXGetY | PriceAbilities.GetForLess;

    public int? DiscountItems => SquareDiscounts.MostItems;

    public IReadOnlyList<SettingField> Fields => SquareFields.All;

    public IReadOnlyList<SettingProblem> Check(ConnectionProfile profile) => SquareSettings.Problems(profile);

    /// <summary>The vendor publishes no numbers and answers 429; few calls at once keep away from it.</summary>
    public VendorLimits Limits(ConnectionProfile profile) => new(SquareSettings.Of(profile).Concurrency);

    public Receipt Receive(RawRequest request, ConnectionProfile profile, DateTimeOffset now) => SquareSignature.Receive(request, profile);

    public IReadOnlySet<string> CoveredBy(string topic) => topic == SquareTopics.ReadOrder ? SquareTopics.OfOrder : FrozenSet<string>.Empty;

    public Translation Translate(StoredMessage message, ConnectionProfile profile) => SquareTranslator.Translate(message, profile);

    public IVendorClient Connect(ConnectionProfile profile, HttpClient http, TimeProvider clock)
    {
        var settings = SquareSettings.Of(profile);
        return new SquareClient(profile, settings, new SquareCall(http, settings.BaseUrl, profile.Secret("accessToken"), clock), clock);
    }

    public IReadOnlyList<FeedPlan> Feeds(ConnectionProfile profile) =>
    [
        new FeedPlan(OrderFeed.Name, TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(10)),
        new FeedPlan(RefundFeed.Name, TimeSpan.FromMinutes(2), TimeSpan.FromMinutes(10)),
        .. CatalogFeeds.Plans,
        .. SquarePayouts.IsOn(profile) ? [SquarePayouts.Plan] : Array.Empty<FeedPlan>(),
    ];
}
