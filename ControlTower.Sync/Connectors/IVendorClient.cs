using ControlTower.Data.Canonical;

namespace ControlTower.Sync.Connectors;

/// <summary>
/// One vendor, spoken to. Every method maps every answer to a record; nobody above reads status codes. A client never retries and never sleeps: the flow alone
/// retries, the Gateway alone waits. Cancellation through the token propagates as <see cref="OperationCanceledException"/> (the Gateway decides what it means).
/// </summary>
public interface IVendorClient
{
    /// <summary>
    /// Does what the command says, once. A client whose vendor does not dedupe by our key looks the key up before it inserts, so that a document posted before
    /// our database was restored from a backup is adopted, not doubled.
    /// </summary>
    Task<Outcome> SendAsync(VendorCommand command, CallScope scope, CancellationToken cancel);

    /// <summary>Was this command carried out? Asked after an unknown outcome; read-only.</summary>
    Task<LookUp> LookUpAsync(VendorCommand command, CallScope scope, CancellationToken cancel);

    /// <summary>True if sending the command again can never double its effect: the vendor dedupes by our key, or the command only sets what it says.
    /// An unknown outcome of such a command is simply sent again.</summary>
    bool IsRepeatable(VendorCommand command) => false;

    /// <summary>Reads one page of a feed, or one resource when <see cref="FeedRequest.Resource"/> is set.</summary>
    Task<FeedAnswer> ReadAsync(FeedRequest request, CallScope scope, CancellationToken cancel);

    /// <summary>Reads what the channel shows of these cells, at most <see cref="IConnector.StockBatch"/> of them.</summary>
    Task<LevelsAnswer> LevelsAsync(IReadOnlyList<StockCell> cells, CallScope scope, CancellationToken cancel) => Task.FromResult(StockPublishing.NotKept());

    /// <summary>Reads what the channel shows of these items by its own names, at most <see cref="IConnector.ListingBatch"/> of them.</summary>
    Task<ListingsAnswer> ListingsAsync(IReadOnlyList<string> items, CallScope scope, CancellationToken cancel) => Task.FromResult(PricePublishing.NotKept());

    /// <summary>Reads what the system shows at these spots, at most <see cref="IConnector.PriceBatch"/> of them.</summary>
    Task<PricesAnswer> PricesAsync(IReadOnlyList<PriceSpot> spots, CallScope scope, CancellationToken cancel) => Task.FromResult(Pricing.NoPrices());

    /// <summary>Reads how a discount of the tower stands.</summary>
    Task<DiscountAnswer> DiscountAsync(DiscountTerms terms, CallScope scope, CancellationToken cancel) => Task.FromResult(Pricing.NoDiscounts());

    /// <summary>A cheap authenticated read that proves address, credentials and rights.</summary>
    Task<Outcome> TestAsync(CallScope scope, CancellationToken cancel);

    /// <summary>Makes sure that the vendor pushes to us; creates and renews what is missing or about to expire. Idempotent.</summary>
    /// <param name="callbackBase">Absolute address of <c>/ingress/{connection}</c>; topics are appended by the client.</param>
    Task<Outcome> SubscribeAsync(Uri callbackBase, CallScope scope, CancellationToken cancel);
}

/// <summary>Given to each call: lets the client report what the vendor said about its budget.</summary>
public abstract class CallScope
{
    /// <summary>The cost the vendor charged, and what is left (Shopify's throttleStatus).</summary>
    public abstract void Charged(double cost, double available, double restoreRate, double capacity);
}

/// <summary>How a call ended.</summary>
public abstract record Outcome
{
    /// <summary>Done and answered, or found already done.</summary>
    /// <param name="Reference">The target's technical id.</param>
    /// <param name="Number">The number that people use there.</param>
    /// <param name="Facts">What was read back, by name, such as <c>total</c> (invariant decimal) or <c>invoiceNumber</c>.</param>
    public sealed record Accepted(string Reference, string? Number = null, IReadOnlyDictionary<string, string>? Facts = null) : Outcome;

    /// <summary>The target said no and will say no again: a person or a rule must change something.</summary>
    public sealed record Refused(Data.Canonical.FailureKind Kind, string Code, string Message, string? Field = null) : Outcome;

    /// <summary>Certainly not done; the same call may be sent later, not before <paramref name="RetryAfter"/>.</summary>
    public sealed record NotDone(Data.Canonical.FailureKind Kind, string Message, TimeSpan? RetryAfter = null) : Outcome;

    /// <summary>Perhaps done: no answer, or one that does not say. Never resent before a look-up has decided.</summary>
    public sealed record Unknown(string Message) : Outcome;
}

public abstract record LookUp
{
    public sealed record Found(Outcome.Accepted As) : LookUp;

    public sealed record Absent : LookUp;

    /// <summary>The look-up itself failed.</summary>
    public sealed record Undecided(Data.Canonical.FailureKind Kind, string Message, TimeSpan? RetryAfter = null) : LookUp;
}

/// <param name="Cursor">Opaque to all but the client; null at the first read.</param>
/// <param name="Since">Where to begin when there is no cursor.</param>
/// <param name="Resource">Set for a re-read of one thing named by <see cref="Translation.Fetch"/>.</param>
public sealed record FeedRequest(string Feed, string? Cursor, DateTimeOffset Since, TimeSpan Overlap, string? Resource = null);

public abstract record FeedAnswer
{
    /// <param name="More">True if another page should be read at once with <paramref name="Cursor"/>.</param>
    public sealed record Page(IReadOnlyList<FeedItem> Items, string? Cursor, bool More) : FeedAnswer;

    /// <summary>A page of a catalogue feed: the newest state of what it names, stored instead of a message.</summary>
    /// <param name="Begins">The first page of a run.</param>
    /// <param name="Ends">The last page of a run that was read from its first page to its end. A run that is broken off ends without it.</param>
    public sealed record Records(IReadOnlyList<CatalogVariant> Variants, IReadOnlyList<CatalogCustomer> Customers, string? Cursor, bool More, bool Begins, bool Ends) : FeedAnswer;

    /// <summary>A page of which collections products are in, stored instead of a message.</summary>
    public sealed record Collections(IReadOnlyList<ProductCollections> Products, string? Cursor, bool More) : FeedAnswer;

    /// <summary>A page of price lists, stored instead of a message. A list that a whole run did not meet is gone.</summary>
    public sealed record PriceLists(IReadOnlyList<PriceListPart> Parts, string? Cursor, bool More) : FeedAnswer;

    /// <summary>Lines of money as the system states them now, stored instead of messages; also the answer to a re-read of one payout.</summary>
    public sealed record Statement(IReadOnlyList<MoneyLine> Lines, string? Cursor, bool More) : FeedAnswer;

    public sealed record Failed(Outcome Why) : FeedAnswer;
}

/// <summary>One record as the vendor sent it, on its way to the inbox. <see cref="EventId"/> must differ when the content differs and repeat when it repeats.</summary>
public sealed record FeedItem(string Topic, string EventId, string Lane, byte[] Body);
