using ControlTower.Data.Canonical;

namespace ControlTower.Sync.Connectors.BusinessCentral;

/// <summary>The API of one company. Keep the instance: it holds the access token and what it learned about customers and locations.</summary>
internal sealed class BusinessCentralClient : IVendorClient, IDisposable
{
    private readonly ConnectionProfile profile;
    private readonly AccessTokens tokens;
    private readonly ODataCall call;
    private readonly SalesOrders orders;
    private readonly SalesOrderEdits edits;
    private readonly Shipping shipping;
    private readonly Payments payments;
    private readonly CreditMemos credits;
    private readonly DocumentFeeds feeds;
    private readonly MasterFeeds masters;
    private readonly ItemPrices prices;
    private readonly Ledgers ledgers;
    private readonly JournalEntries journals;
    private readonly NotificationSubscriptions subscriptions;

    public BusinessCentralClient(ConnectionProfile profile, BusinessCentralSettings settings, HttpClient http, TimeProvider clock)
    {
        this.profile = profile;
        tokens = new AccessTokens(settings, profile.Secret("clientSecret"), http, clock);
        call = new ODataCall(settings, tokens, http, clock);
        var invoices = new Invoices(call);
        var locations = new Locations(call, settings);
        orders = new SalesOrders(call, invoices, new Customers(call, settings, profile), locations, settings, profile);
        edits = new SalesOrderEdits(call, invoices, locations, settings, profile);
        shipping = new Shipping(call, invoices);
        payments = new Payments(call, invoices, settings, profile);
        credits = new CreditMemos(call, invoices, settings);
        feeds = new DocumentFeeds(call, settings);
        masters = new MasterFeeds(call, settings, profile, clock);
        prices = new ItemPrices(call, masters);
        ledgers = new Ledgers(call, settings, profile, masters);
        journals = new JournalEntries(call, masters, settings);
        subscriptions = new NotificationSubscriptions(call, settings, profile.Secret("webhookSecret"), clock);
    }

    public Task<Outcome> SendAsync(VendorCommand command, CallScope scope, CancellationToken cancel) => command switch
    {
        PostSalesOrder post => orders.PostAsync(post, cancel),
        UpdateSalesOrder update => edits.UpdateAsync(update, cancel),
        CancelSalesOrder revoke => edits.CancelAsync(revoke, cancel),
        ShipSalesOrder ship => shipping.ShipAsync(ship, cancel),
        PostPayment payment => payments.PostAsync(payment, cancel),
        PostCreditMemo credit => credits.PostAsync(credit, cancel),
        SetPrices set => prices.SendAsync(set, cancel),
        PostJournal entry => journals.PostAsync(entry, cancel),
        _ => Task.FromResult<Outcome>(new Outcome.Refused(FailureKind.Value, "not-an-erp-command", $"Business Central cannot carry out {command.GetType().Name}.")),
    };

    public Task<LookUp> LookUpAsync(VendorCommand command, CallScope scope, CancellationToken cancel) => command switch
    {
        PostSalesOrder post => orders.LookUpAsync(post, cancel),
        UpdateSalesOrder update => edits.LookUpAsync(update, cancel),
        CancelSalesOrder revoke => edits.LookUpAsync(revoke, cancel),
        ShipSalesOrder ship => shipping.LookUpAsync(ship, cancel),
        PostPayment payment => payments.LookUpAsync(payment, cancel),
        PostCreditMemo credit => credits.LookUpAsync(credit, cancel),
        SetPrices set => prices.LookUpAsync(set, cancel),
        PostJournal entry => journals.LookUpAsync(entry, cancel),
        _ => Task.FromResult<LookUp>(new LookUp.Absent()),
    };

    /// <summary>Documents are looked for before anything is sent again; prices are only set where they still are what was seen.</summary>
    public bool IsRepeatable(VendorCommand command) => command is SetPrices;

    public Task<PricesAnswer> PricesAsync(IReadOnlyList<PriceSpot> spots, CallScope scope, CancellationToken cancel) => prices.PricesAsync(spots, cancel);

    public Task<FeedAnswer> ReadAsync(FeedRequest request, CallScope scope, CancellationToken cancel) =>
        request.Resource is null && CatalogFeeds.IsOne(request.Feed) ? masters.ReadAsync(request, cancel)
        : request.Resource is null && LedgerFeeds.IsOne(request.Feed) ? ledgers.ReadAsync(request, cancel)
        : feeds.ReadAsync(request, cancel);

    public Task<Outcome> SubscribeAsync(Uri callbackBase, CallScope scope, CancellationToken cancel) => subscriptions.EnsureAsync(callbackBase, cancel);

    /// <summary>Reads the company's own data: proves address, credentials, company and rights, and that the books are in the currency set up.</summary>
    public async Task<Outcome> TestAsync(CallScope scope, CancellationToken cancel)
    {
        var answer = await call.ReadAsync("companyInformation?$select=id,displayName,currencyCode", cancel).ConfigureAwait(false);
        if (answer.Failure is not null)
        {
            return answer.Failure;
        }

        var currency = answer.First?.Text("currencyCode");
        return profile.Currency is { } expected && currency is { Length: > 0 } && currency != expected
            ? new Outcome.Refused(FailureKind.Value, "another-currency", $"The company's currency is {currency}, the connection says {expected}.", "currency")
            : new Outcome.Accepted(answer.First?.Text("id") ?? profile.Setting("companyId"), VendorText.Plain(answer.First?.Text("displayName"), 100));
    }

    public void Dispose()
    {
        tokens.Dispose();
        payments.Dispose();
        credits.Dispose();
        journals.Dispose();
    }
}
