using ControlTower.Data.Canonical;
using ControlTower.Data.Catalog;
using ControlTower.Data.Db;
using ControlTower.Data.Live;
using ControlTower.Data.Ownership;
using ControlTower.Sync.Connectors;
using ControlTower.Sync.Gateway;
using ControlTower.Sync.Ownership;
using Microsoft.Extensions.Logging;
using Npgsql;
using static ControlTower.Sync.Publishing.Telling;

namespace ControlTower.Sync.Publishing;

/// <summary>
/// Tells a channel what its ERP says of its items, an errand of who holds its gate, in the manner of <see cref="StockPublisher"/>: what the channel shows is read first, a batch is stored before it is
/// sent and is the only one that is open, and after a death or a lost answer the same is sent again before anything newer. What was written is noted as shown: the channel's echo then says nothing new.
/// </summary>
public sealed partial class PricePublisher(TowerDataSources data, Gateway.Gateway gateway, OwnershipBook ownership, ChangeNotifier changes, TimeProvider clock, ILogger<PricePublisher> log) : IToldBatches<ListingBatch>
{
    // The parts of an item that can be told.
    private static readonly (string Part, string Domain)[] Parts = [("price", OwnershipDomains.Price), ("barcode", OwnershipDomains.Product), ("active", OwnershipDomains.Product), ("title", OwnershipDomains.Product)];

    private readonly BatchSender sender = new(gateway, clock);

    string IToldBatches<ListingBatch>.Purpose => "prices";

    /// <summary>Reckons what differs if anything moved, then one batch: between batches orders have their turn.</summary>
    /// <returns>False if there is more to do at once.</returns>
    public async Task<bool> RunAsync(ConnectionGate gate, CancellationToken cancel)
    {
        if (gate.Connection.Connector!.Role != SystemRole.Shop)
        {
            return true;
        }

        var (book, profile) = (await ownership.CurrentAsync(cancel), gate.Connection.Profile);
        List<OwnedPart> owned = [.. Parts.Select(part => OwnershipGuard.Part(book, profile, part.Domain, part.Part))];
        if (await CatalogStore.CompareAsync(data.Work, gate.Id, owned, cancel))
        {
            changes.Announce(LiveTopics.Stock);
        }

        if (gate.Connection.Connector.ListingBatch is not (> 0 and var most) || gate.FreeSlots == 0 || !await sender.SendOpenAsync(gate, this, cancel))
        {
            return true;
        }

        var cells = await ListingStore.ClaimAsync(data.Work, gate.Id, gate.Connection.Version, most, cancel);
        if (cells.Count == 0)
        {
            return true;
        }

        await LookAsync(gate, cells, cancel);
        changes.Announce(LiveTopics.Stock);
        return false;
    }

    private async Task LookAsync(ConnectionGate gate, IReadOnlyList<ListingCell> cells, CancellationToken cancel)
    {
        var answer = (await gateway.ListingsAsync(gate, [.. cells.Select(c => c.Item)], cancel)).What;
        if (answer is ListingsAnswer.Failed { Why: var why })
        {
            var (kind, message, after) = Words(why);
            var theirs = kind is FailureKind.Connection or FailureKind.RateLimit or FailureKind.Intermittent;
            await ListingStore.PutOffAsync(data.Work, gate.Id, cells, after ?? (IsShut(why) ? LongestPause : Pause(1)), counts: !theirs, Triage.Fingerprint.Word(kind), message, cancel);
            return;
        }

        var listings = ((ListingsAnswer.Listings)answer).List;
        await KeepAsync(gate, listings, cancel);
        var shown = listings.ToDictionary(l => l.Id, StringComparer.Ordinal);
        var heals = OwnershipGuard.Heals(await ownership.CurrentAsync(cancel), gate.Connection.Profile);
        try
        {
            await ListingStore.SawAsync(data.Work, gate.Id, $"PRICE-{Guid.CreateVersion7():N}"[..35], [.. cells.Select(c => Looked(gate, c, shown.GetValueOrDefault(c.Item), heals))], cancel);
        }
        catch (PostgresException taken) when (taken.SqlState == PostgresErrorCodes.UniqueViolation)
        {
            return; // The node that holds the gate now has a batch open; it looks at these items again.
        }

        await sender.SendOpenAsync(gate, this, cancel);
    }

    // What the look has shown is known from now on, as if a feed had read it.
    private async Task KeepAsync(ConnectionGate gate, IReadOnlyList<CatalogVariant> listings, CancellationToken cancel)
    {
        var verdicts = OwnershipGuard.Fields(await ownership.CurrentAsync(cancel), gate.Connection.Profile, OwnershipDomains.Product, OwnershipDomains.Price);
        await using var connection = await data.Work.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        await CatalogStore.StoreAsync(connection, gate.Id, listings, verdicts, cancel);
        await transaction.CommitAsync(cancel);
    }

    /// <param name="heals">What the channel changed by itself is set right.</param>
    internal static ListingLook Looked(ConnectionGate gate, ListingCell cell, CatalogVariant? told, bool heals)
    {
        if (told is null)
        {
            return new ListingLook(cell.Item, cell.Fence, "fail", Failure: Triage.Fingerprint.Word(FailureKind.Missing), Message: "The channel does not list this item any more.");
        }

        // A price in another currency than the one that was reckoned with is none.
        var price = told.Prices.FirstOrDefault(p => p.Currency == cell.Currency);
        var word = price is null ? cell with { Price = null } : cell;
        var (change, agrees) = PriceRule.Decide(word, new Listing(price?.Amount, told.Barcode, told.Active), gate.Connection.Connector!.Listings, heals);
        return new ListingLook(cell.Item, cell.Fence, change is not null ? "write" : agrees ? "agree" : "adrift", change);
    }

    Task<ListingBatch?> IToldBatches<ListingBatch>.OpenAsync(string connection, CancellationToken cancel) => ListingStore.OpenAsync(data.Work, connection, cancel);

    Task<bool> IToldBatches<ListingBatch>.IsWaitingAsync(string connection, CancellationToken cancel) => ListingStore.IsWaitingAsync(data.Work, connection, cancel);

    ToldBatch IToldBatches<ListingBatch>.Tell(ConnectionGate gate, ListingBatch batch) => new(batch.Key, batch.OpenedAt, batch.Sent, batch.Changes.Count, new ChangeListings(
        new PostingKey(batch.Key), [.. batch.Changes.Select(c => new ListingChange(c.Item, c.Currency, new Listing(c.FromPrice, c.FromBarcode, c.FromActive), new Listing(c.ToPrice, c.ToBarcode, c.ToActive)))]));

    bool IToldBatches<ListingBatch>.IsStale(string code) => code == ChangeListings.Stale;

    Task IToldBatches<ListingBatch>.SendAgainAsync(ListingBatch batch, TimeSpan pause, CancellationToken cancel) => ListingStore.SendAgainAsync(data.Work, batch.Key, pause, cancel);

    // What a channel refuses of one item alone is about that item, named or not.
    Task IToldBatches<ListingBatch>.SettleAsync(ListingBatch batch, ToldEnd end, CancellationToken cancel) => ListingStore.SettleAsync(data.Work, batch.Key, new ListingEnd(
        end.How, end.Message, end.How != "refused" ? null : end.Culprit is { } at ? batch.Changes[at].Item : batch.Changes is [var only] ? only.Item : null, end.Failure, end.Pause, end.Counts), cancel);

    void IToldBatches<ListingBatch>.Refused(string connection, int changes, Outcome.Refused refused) => Refused(log, connection, changes, refused.Code, refused.Message);

    [LoggerMessage(EventId = 2570, Level = LogLevel.Warning, Message = "{Connection} refused the prices of {Items} items: {Code} {Reason}")]
    private static partial void Refused(ILogger log, string connection, int items, string code, string reason);
}
