using System.Text.Json.Nodes;
using ControlTower.Data.Canonical;

namespace ControlTower.Sync.Connectors.Vendure;

/// <summary>
/// Vendure, spoken to. It knows no idempotency keys: before a note, a fulfillment or a refund is added, the order is read for one that bears the key, and a look-up reads
/// the same. Between a lost answer and its look-up the caller waits <see cref="ConnectionProfile.MaxProcessing"/>.
/// </summary>
internal sealed class VendureClient(ConnectionProfile profile, VendureApi api, TimeProvider clock) : IVendorClient
{
    private readonly VendureAcknowledgement acknowledgement = new(profile, api);
    private readonly VendureFulfilment fulfilment = new(profile, api);
    private readonly VendureRefunds refunds = new(profile, api);
    private readonly VendureStock stock = new(profile, api);
    private readonly VendurePrices prices = new(profile, api);
    private readonly VendurePromotions promotions = new(api, clock);
    private readonly VendureFeeds feeds = new(profile, api, clock);

    public Task<Outcome> SendAsync(VendorCommand command, CallScope scope, CancellationToken cancel) => command switch
    {
        AcknowledgeOrder order => acknowledgement.SendAsync(order, cancel),
        FulfilOrder order => fulfilment.SendAsync(order, cancel),
        RefundPayment refund => refunds.SendAsync(refund, cancel),
        ChangeStock change => stock.SendAsync(change, cancel),
        SetPrices set => prices.SendAsync(set, cancel),
        SetDiscount set => promotions.SendAsync(set, scope, cancel),
        _ => Task.FromResult<Outcome>(NotOurs(command)),
    };

    public Task<LookUp> LookUpAsync(VendorCommand command, CallScope scope, CancellationToken cancel) => command switch
    {
        AcknowledgeOrder order => acknowledgement.LookUpAsync(order, cancel),
        FulfilOrder order => fulfilment.LookUpAsync(order, cancel),
        RefundPayment refund => refunds.LookUpAsync(refund, cancel),
        ChangeStock change => stock.LookUpAsync(change, cancel),
        SetPrices set => prices.LookUpAsync(set, cancel),
        SetDiscount set => promotions.LookUpAsync(set, scope, cancel),
        _ => Task.FromResult<LookUp>(new LookUp.Undecided(FailureKind.Ownership, NotOurs(command).Message)),
    };

    /// <summary>A custom field is set to what it shall say, prices where they still are what was seen, promotions are found first; a note, a fulfillment or a refund would be added a second time.</summary>
    public bool IsRepeatable(VendorCommand command) => command is SetPrices or SetDiscount || (command is AcknowledgeOrder && acknowledgement.SetsField);

    public Task<LevelsAnswer> LevelsAsync(IReadOnlyList<StockCell> cells, CallScope scope, CancellationToken cancel) => stock.LevelsAsync(cells, cancel);

    public Task<PricesAnswer> PricesAsync(IReadOnlyList<PriceSpot> spots, CallScope scope, CancellationToken cancel) => prices.PricesAsync(spots, cancel);

    public Task<DiscountAnswer> DiscountAsync(DiscountTerms terms, CallScope scope, CancellationToken cancel) => promotions.DiscountAsync(terms, scope, cancel);

    public Task<FeedAnswer> ReadAsync(FeedRequest request, CallScope scope, CancellationToken cancel) =>
        request.Resource is null && CatalogFeeds.IsOne(request.Feed) ? new VendureListings(profile, api, clock).ReadAsync(request, cancel) : feeds.ReadAsync(request, cancel);

    public async Task<Outcome> TestAsync(CallScope scope, CancellationToken cancel)
    {
        var (data, failure) = await api.QueryAsync(VendureQueries.Test, new JsonObject(), write: false, cancel).ConfigureAwait(false);
        return failure ?? (data.TryGetProperty("orders", out var orders) && orders.TryGetProperty("totalItems", out var count) && count.TryGetInt32(out var total)
            ? new Outcome.Accepted(profile.Id, Facts: new Dictionary<string, string>(StringComparer.Ordinal)
            {
                ["orders"] = total.ToString(System.Globalization.CultureInfo.InvariantCulture),
            })
            : Http.HttpOutcome.Garbled(write: false, "it does not list orders"));
    }

    /// <summary>Vendure's plugin is told its addresses in the shop's own configuration; there is nothing to create from here.</summary>
    public Task<Outcome> SubscribeAsync(Uri callbackBase, CallScope scope, CancellationToken cancel)
        => Task.FromResult<Outcome>(new Outcome.Accepted("configured-in-shop", Facts: new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["callback"] = callbackBase.ToString(),
        }));

    private static Outcome.Refused NotOurs(VendorCommand command)
        => new(FailureKind.Ownership, "not-a-shop-command", $"A Vendure shop cannot carry out {command.GetType().Name}.");
}
