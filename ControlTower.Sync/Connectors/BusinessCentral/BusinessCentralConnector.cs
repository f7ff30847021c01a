namespace ControlTower.Sync.Connectors.BusinessCentral;

/// <summary>
/// Business Central by its API v2.0. Orders, shipments, payments go in; invoices and shipments are told by thin notifications and found by a poll. Limits per
/// service user: 6,000 requests in five minutes, five at a time.
/// </summary>
public sealed class BusinessCentralConnector : IConnector
{
    public string Kind => "business-central";

    public SystemRole Role => SystemRole.Erp;

    public PriceAbilities Prices(ConnectionProfile profile) => PriceAbilities.Everywhere;

    /// <summary>Source: the entity sets of API v2.0.</summary>
    public string? NoPriceLists => "The API of Business Central (v2.0) knows an item's unit price alone, neither sales prices nor price lists.";

    public int PriceBatch => ItemPrices.Batch;

    public bool KeepsJournals => true;

    public IReadOnlyList<SettingField> Fields => BusinessCentralFields.All;

    public IReadOnlyList<SettingProblem> Check(ConnectionProfile profile) => BusinessCentralSettings.Problems(profile);

    public VendorLimits Limits(ConnectionProfile profile)
        => new(BusinessCentralSettings.Of(profile).Concurrency, RequestsPerWindow: 6000, Window: TimeSpan.FromMinutes(5));

    public Receipt Receive(RawRequest request, ConnectionProfile profile, DateTimeOffset now) => NotificationSignature.Receive(request, profile);

    public Translation Translate(StoredMessage message, ConnectionProfile profile) => BusinessCentralTranslator.Translate(message, profile);

    public IVendorClient Connect(ConnectionProfile profile, HttpClient http, TimeProvider clock)
        => new BusinessCentralClient(profile, BusinessCentralSettings.Of(profile), http, clock);

    /// <summary>Shipments cannot be subscribed to, so they are polled at a pace that people can wait for.</summary>
    public IReadOnlyList<FeedPlan> Feeds(ConnectionProfile profile)
    {
        var invoices = new FeedPlan(DocumentFeeds.Invoices, TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(2));
        IReadOnlyList<FeedPlan> documents = BusinessCentralSettings.InvoicesTellShipments(profile) ? [invoices] : [new FeedPlan(DocumentFeeds.Shipments, TimeSpan.FromSeconds(15), TimeSpan.FromMinutes(2)), invoices];
        return [.. documents, .. CatalogFeeds.Plans, .. Ledgers.FeedsOf(LedgerAccounts.Of(profile)).Select(LedgerFeeds.Plan)];
    }
}
