using ControlTower.Data.Canonical;

namespace ControlTower.Sync.Connectors.Shopify;

/// <summary>The Admin API of one shop.</summary>
internal sealed class ShopifyClient(ConnectionProfile profile, ShopifySettings settings, HttpClient http, TimeProvider clock) : IVendorClient
{
    private readonly GraphCall call = new(http, settings.Endpoint, profile.Secret("accessToken"), clock);

    private ShopListings Listings => new(profile, call, clock);

    private ShopPriceLists PriceLists => new(call);

    private ShopPrices Prices => new(Listings, PriceLists, call);

    private ShopDiscounts Discounts => new(call, clock);

    public Task<Outcome> SendAsync(VendorCommand command, CallScope scope, CancellationToken cancel) => command switch
    {
        AcknowledgeOrder acknowledge => new Acknowledgement(call).SendAsync(acknowledge, scope, cancel),
        FulfilOrder fulfil => new Fulfilment(call, settings.NotifyCustomer).SendAsync(fulfil, scope, cancel),
        RefundPayment refund => new Refunds(call).SendAsync(refund, scope, cancel),
        CloseReturn close => new ShopReturns(call).CloseAsync(close, scope, cancel),
        ChangeStock change => new ShopStock(profile, call).SendAsync(change, scope, cancel),
        ChangeListings change => Listings.SendAsync(change, scope, cancel),
        SetPrices set => Prices.SendAsync(set, scope, cancel),
        SetDiscount set => Discounts.SendAsync(set, scope, cancel),
        _ => Task.FromResult<Outcome>(new Outcome.Refused(FailureKind.Value, "not-a-shop-command", $"A shop cannot carry out {command.GetType().Name}.")),
    };

    public Task<LookUp> LookUpAsync(VendorCommand command, CallScope scope, CancellationToken cancel) => command switch
    {
        AcknowledgeOrder acknowledge => new Acknowledgement(call).LookUpAsync(acknowledge, scope, cancel),
        FulfilOrder fulfil => new Fulfilment(call, settings.NotifyCustomer).LookUpAsync(fulfil, scope, cancel),
        RefundPayment refund => new Refunds(call).LookUpAsync(refund, scope, cancel),
        CloseReturn close => new ShopReturns(call).LookUpAsync(close, scope, cancel),
        ChangeStock change => new ShopStock(profile, call).LookUpAsync(change, scope, cancel),
        ChangeListings change => Listings.LookUpAsync(change, scope, cancel),
        SetPrices set => Prices.LookUpAsync(set, scope, cancel),
        SetDiscount set => Discounts.LookUpAsync(set, scope, cancel),
        _ => Task.FromResult<LookUp>(new LookUp.Absent()),
    };

    /// <summary>An acknowledgement sets a tag and a field to the same value again; stock is set once per key, listings and prices only where they still are what was seen, discounts are found first; a fulfilment ships.</summary>
    public bool IsRepeatable(VendorCommand command) => command is AcknowledgeOrder or ChangeStock or ChangeListings or SetPrices or SetDiscount;

    public Task<LevelsAnswer> LevelsAsync(IReadOnlyList<StockCell> cells, CallScope scope, CancellationToken cancel) => new ShopStock(profile, call).LevelsAsync(cells, scope, cancel);

    public Task<ListingsAnswer> ListingsAsync(IReadOnlyList<string> items, CallScope scope, CancellationToken cancel) => Listings.ListingsAsync(items, scope, cancel);

    public Task<PricesAnswer> PricesAsync(IReadOnlyList<PriceSpot> spots, CallScope scope, CancellationToken cancel) => Prices.PricesAsync(spots, scope, cancel);

    public Task<DiscountAnswer> DiscountAsync(DiscountTerms terms, CallScope scope, CancellationToken cancel) => Discounts.DiscountAsync(terms, scope, cancel);

    public Task<FeedAnswer> ReadAsync(FeedRequest request, CallScope scope, CancellationToken cancel) =>
        request is { Resource: null, Feed: CatalogFeeds.Collections } ? Listings.CollectionsAsync(request, scope, cancel)
        : request is { Resource: null, Feed: CatalogFeeds.PriceLists } ? PriceLists.ReadAsync(request, scope, cancel)
        : request.Resource is null && CatalogFeeds.IsOne(request.Feed) ? Listings.ReadAsync(request, scope, cancel)
        : request is { Resource: null, Feed: LedgerFeeds.Payouts } ? new ShopPayouts(call).ReadAsync(request, scope, cancel)
        : new OrderFeed(call).ReadAsync(request, scope, cancel);

    public Task<Outcome> SubscribeAsync(Uri callbackBase, CallScope scope, CancellationToken cancel) => new Subscriptions(call, StockPublishing.IsOn(profile)).EnsureAsync(callbackBase, scope, cancel);

    public async Task<Outcome> TestAsync(CallScope scope, CancellationToken cancel)
    {
        var (data, failure) = await call.ReadAsync(ShopifyDocuments.Shop, null, scope, cancel).ConfigureAwait(false);
        if (failure is not null)
        {
            return failure;
        }

        var domain = data.Text("shop", "myshopifyDomain");
        var currency = data.Text("shop", "currencyCode");
        return !string.Equals(domain, settings.ShopDomain, StringComparison.OrdinalIgnoreCase)
            ? new Outcome.Refused(FailureKind.Value, "another-shop", "The token opens another shop than the one set up.", "shopDomain")
            : profile.Currency is { } expected && currency != expected
                ? new Outcome.Refused(FailureKind.Value, "another-currency", $"The shop's currency is {currency}, the connection says {expected}.", "currency")
                : new Outcome.Accepted(data.Text("shop", "id") ?? settings.ShopDomain, VendorText.Plain(data.Text("shop", "name"), 100));
    }
}
