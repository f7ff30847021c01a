using ControlTower.Data.Canonical;
using ControlTower.Sync.Connectors.Http;

namespace ControlTower.Sync.Connectors.Tryton;

/// <summary>Tryton, spoken to: each command to the class that knows its document.</summary>
internal sealed class TrytonClient : IVendorClient
{
    private readonly ConnectionProfile profile;
    private readonly TrytonRpc rpc;
    private readonly TrytonPosting posting;
    private readonly TrytonUpdate update;
    private readonly TrytonCancellation cancellation;
    private readonly TrytonShipping shipping;
    private readonly TrytonPayment payment;
    private readonly TrytonCredit credit;
    private readonly TrytonListPrices prices;
    private readonly TrytonFeeds feeds;

    public TrytonClient(ConnectionProfile profile, TrytonRpc rpc)
    {
        var directory = new TrytonDirectory(profile, rpc);
        this.profile = profile;
        this.rpc = rpc;
        var (processing, invoices) = (new TrytonProcessing(rpc), new TrytonInvoices(rpc));
        posting = new TrytonPosting(profile, rpc, directory, new TrytonParties(profile, rpc, directory), processing);
        cancellation = new TrytonCancellation(rpc);
        update = new TrytonUpdate(rpc, posting, cancellation, directory);
        shipping = new TrytonShipping(profile, rpc, invoices);
        payment = new TrytonPayment(profile, rpc, directory);
        credit = new TrytonCredit(profile, rpc, processing, invoices);
        prices = new TrytonListPrices(rpc);
        feeds = new TrytonFeeds(rpc, profile.TimeZone);
    }

    public Task<Outcome> SendAsync(VendorCommand command, CallScope scope, CancellationToken cancel) => Outcomes(() => command switch
    {
        PostSalesOrder post => posting.PostAsync(post.Key, null, post.Order, post.Allocations, cancel),
        UpdateSalesOrder change => update.UpdateAsync(change, cancel),
        CancelSalesOrder undo => cancellation.CancelAsync(undo.ErpReference, undo.PostedAs, cancel),
        ShipSalesOrder ship => shipping.ShipAsync(ship, cancel),
        PostPayment pay => payment.PayAsync(pay, cancel),
        PostCreditMemo memo => credit.CreditAsync(memo, cancel),
        SetPrices set => prices.SendAsync(set, cancel),
        _ => Task.FromResult<Outcome>(NotOurs(command)),
    });

    public async Task<LookUp> LookUpAsync(VendorCommand command, CallScope scope, CancellationToken cancel)
    {
        try
        {
            return await (command switch
            {
                PostSalesOrder post => posting.LookUpAsync(post.Key, post.Order, cancel),
                UpdateSalesOrder change => update.LookUpAsync(change, cancel),
                CancelSalesOrder undo => cancellation.LookUpAsync(undo.ErpReference, undo.PostedAs, cancel),
                ShipSalesOrder ship => shipping.LookUpAsync(ship, cancel),
                PostPayment pay => payment.LookUpAsync(pay, cancel),
                PostCreditMemo memo => credit.LookUpAsync(memo, cancel),
                SetPrices set => prices.LookUpAsync(set, cancel),
                _ => Task.FromResult<LookUp>(new LookUp.Undecided(FailureKind.Ownership, NotOurs(command).Message)),
            }).ConfigureAwait(false);
        }
        catch (CallEnded ended)
        {
            return HttpOutcome.Undecided(ended.Outcome);
        }
    }

    /// <summary>
    /// A sale, and a return, is created under a key that is unique in Tryton's database and changed only while it is as it was read; shipments, invoices and cancellations are
    /// steps from one state to the next; prices are set where they still are what was seen. A part payment would be booked twice.
    /// </summary>
    public bool IsRepeatable(VendorCommand command) => command is PostSalesOrder or UpdateSalesOrder or CancelSalesOrder or ShipSalesOrder or PostCreditMemo or SetPrices;

    public async Task<PricesAnswer> PricesAsync(IReadOnlyList<PriceSpot> spots, CallScope scope, CancellationToken cancel)
    {
        try
        {
            return await prices.PricesAsync(spots, cancel).ConfigureAwait(false);
        }
        catch (CallEnded ended)
        {
            return new PricesAnswer.Failed(ended.Outcome);
        }
    }

    public async Task<FeedAnswer> ReadAsync(FeedRequest request, CallScope scope, CancellationToken cancel)
    {
        try
        {
            return await feeds.ReadAsync(request, cancel).ConfigureAwait(false);
        }
        catch (CallEnded ended)
        {
            return new FeedAnswer.Failed(ended.Outcome);
        }
    }

    public Task<Outcome> TestAsync(CallScope scope, CancellationToken cancel) => Outcomes(async () =>
    {
        await rpc.ReadAsync("model.sale.sale.search_count", cancel, new System.Text.Json.Nodes.JsonArray()).ConfigureAwait(false);
        return new Outcome.Accepted(profile.Id);
    });

    /// <summary>Tryton 6.0 pushes nothing; it is polled.</summary>
    public Task<Outcome> SubscribeAsync(Uri callbackBase, CallScope scope, CancellationToken cancel) => Task.FromResult<Outcome>(new Outcome.Accepted("polled"));

    private static async Task<Outcome> Outcomes(Func<Task<Outcome>> call)
    {
        try
        {
            return await call().ConfigureAwait(false);
        }
        catch (CallEnded ended)
        {
            return ended.Outcome;
        }
    }

    private static Outcome.Refused NotOurs(VendorCommand command)
        => new(FailureKind.Ownership, "not-an-erp-command", $"An ERP cannot carry out {command.GetType().Name}.");
}
