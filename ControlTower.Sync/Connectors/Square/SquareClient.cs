using System.Globalization;
using ControlTower.Data.Canonical;

namespace ControlTower.Sync.Connectors.Square;

/// <summary>One Square account, spoken to.</summary>
internal sealed class SquareClient(ConnectionProfile profile, SquareSettings settings, SquareCall call, TimeProvider clock) : IVendorClient
{
    private readonly StockChanges stock = new(profile, call);
    private readonly Refunds refunds = new(call);
    private readonly SquareListings listings = new(profile, call, clock);

    private SquarePrices Prices => new(profile, listings, call);

    private SquareDiscounts Discounts => new(call, clock);

    public Task<Outcome> SendAsync(VendorCommand command, CallScope scope, CancellationToken cancel) => command switch
    {
        ChangeStock change => stock.SendAsync(change, cancel),
        ChangeListings change => listings.SendAsync(change, cancel),
        SetPrices set => Prices.SendAsync(set, cancel),
        SetDiscount set => Discounts.SendAsync(set, scope, cancel),
        RefundPayment refund => refunds.SendAsync(refund, cancel),
        _ => Task.FromResult<Outcome>(NotOurs(command)),
    };

    public Task<LookUp> LookUpAsync(VendorCommand command, CallScope scope, CancellationToken cancel) => command switch
    {
        ChangeStock change => stock.LookUpAsync(change, cancel),
        ChangeListings change => listings.LookUpAsync(change, cancel),
        SetPrices set => Prices.LookUpAsync(set, cancel),
        SetDiscount set => Discounts.LookUpAsync(set, scope, cancel),
        RefundPayment refund => refunds.LookUpAsync(refund, cancel),
        _ => Task.FromResult<LookUp>(new LookUp.Absent()),
    };

    /// <summary>Square dedupes by our key and answers a repetition with the first result; prices are written only over the version that was read, reductions are found by their mark first.</summary>
    public bool IsRepeatable(VendorCommand command) => command is ChangeStock or ChangeListings or RefundPayment or SetPrices or SetDiscount;

    public Task<ListingsAnswer> ListingsAsync(IReadOnlyList<string> items, CallScope scope, CancellationToken cancel) => listings.ListingsAsync(items, cancel);

    public Task<PricesAnswer> PricesAsync(IReadOnlyList<PriceSpot> spots, CallScope scope, CancellationToken cancel) => Prices.PricesAsync(spots, cancel);

    public Task<DiscountAnswer> DiscountAsync(DiscountTerms terms, CallScope scope, CancellationToken cancel) => Discounts.DiscountAsync(terms, scope, cancel);

    public Task<LevelsAnswer> LevelsAsync(IReadOnlyList<StockCell> cells, CallScope scope, CancellationToken cancel) => new StockCounts(profile, call).ReadAsync(cells, cancel);

    public Task<FeedAnswer> ReadAsync(FeedRequest request, CallScope scope, CancellationToken cancel)
    {
        var orders = new OrderFeed(call, clock);
        return (request.Resource ?? request.Feed) switch
        {
            OrderFeed.Name when request.Resource is null => orders.PageAsync(request, cancel),
            RefundFeed.Name when request.Resource is null => new RefundFeed(call, clock).PageAsync(request, cancel),
            LedgerFeeds.Payouts when request.Resource is null => new SquarePayouts(profile, call).ReadAsync(request, cancel),
            var feed when request.Resource is null && CatalogFeeds.IsOne(feed) => listings.PageAsync(request, cancel),
            var resource when Rest(resource, "order/") is { } id => orders.OneAsync(id, cancel),
            var resource when Rest(resource, "refund/") is { } id => new RefundFeed(call, clock).OneAsync(id, cancel),
            var other => Task.FromResult<FeedAnswer>(new FeedAnswer.Failed(new Outcome.Refused(FailureKind.Value, "no-such-feed", $"Square has no feed '{VendorText.Cut(other, 60)}'."))),
        };
    }

    public Task<Outcome> SubscribeAsync(Uri callbackBase, CallScope scope, CancellationToken cancel) => new Subscriptions(profile, settings, call).EnsureAsync(cancel);

    public async Task<Outcome> TestAsync(CallScope scope, CancellationToken cancel)
    {
        var (stores, failure) = await new Locations(call).ReadAsync(cancel).ConfigureAwait(false);
        if (failure is not null)
        {
            return failure;
        }

        if (stores.Count == 0)
        {
            return new Outcome.Refused(FailureKind.Missing, "no-location", "The account has no location.", "accessToken");
        }

        return profile.Currency is { } expected && stores.FirstOrDefault(s => s.Currency is { } other && other != expected) is { Currency: { } found }
            ? new Outcome.Refused(FailureKind.Value, "another-currency", $"A location sells in {found}, the connection says {expected}.", "currency")
            : new Outcome.Accepted(stores[0].Id, VendorText.Plain(stores[0].Name, 100), new Dictionary<string, string>(StringComparer.Ordinal)
            {
                ["locations"] = stores.Count.ToString(CultureInfo.InvariantCulture),
            });
    }

    private static string? Rest(string resource, string prefix)
        => resource.StartsWith(prefix, StringComparison.Ordinal) && SquareId.IsOne(resource[prefix.Length..]) ? resource[prefix.Length..] : null;

    private static Outcome.Refused NotOurs(VendorCommand command)
        => new(FailureKind.Ownership, "not-a-till-command", $"A till cannot carry out {command.GetType().Name}: its sales are over when they are heard of.");
}
