using ControlTower.Data.Catalog;
using ControlTower.Data.Connections;
using ControlTower.Data.Db;
using ControlTower.Data.Ownership;
using ControlTower.Sync.Connections;
using ControlTower.Sync.Connectors;
using ControlTower.Sync.Ownership;

namespace ControlTower.Sync.Catalog;

/// <summary>Stores a page of what a system lists, in one transaction with its cursor: a page is never lost, and read again it changes nothing.</summary>
public sealed class CatalogArrivals(TowerDataSources data, ConnectionDirectory connections, OwnershipBook ownership)
{
    /// <param name="every">Until the feed is read again after this run.</param>
    public async Task StoreAsync(string connectionId, DueFeed due, FeedAnswer.Records page, TimeSpan every, CancellationToken cancel)
    {
        List<FieldVerdicts> verdicts = connections.Find(connectionId) is { } from
            ? OwnershipGuard.Fields(await ownership.CurrentAsync(cancel), from, OwnershipDomains.Product, OwnershipDomains.Price, OwnershipDomains.Customer)
            : [];
        await using var connection = await data.Work.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        if (CatalogFeeds.IsWhole(due.Feed))
        {
            await CatalogStore.MetAsync(connection, connectionId, due.Feed, [.. page.Variants.Select(v => v.Id), .. page.Customers.Select(c => c.Id)], page.Begins, cancel);
        }

        await CatalogStore.StoreAsync(connection, connectionId, page.Variants, verdicts, due.Reads, cancel);
        await CatalogStore.StoreAsync(connection, connectionId, page.Customers, verdicts, cancel);
        if (CatalogFeeds.IsWhole(due.Feed) && page.Ends)
        {
            await CatalogStore.EndPassAsync(connection, connectionId, due.Feed, CatalogFeeds.IsOfCustomers(due.Feed), due.Began, cancel);
        }

        // A run that was broken off is begun anew soon, and says nothing of what it did not get to.
        await ErrandStore.AdvanceAsync(connection, connectionId, due, page.Cursor, page.More || !page.Ends, page.More ? TimeSpan.Zero : page.Ends ? every : TimeSpan.FromMinutes(1), cancel);
        await transaction.CommitAsync(cancel);
    }

    /// <param name="every">Until the feed is read again after this run.</param>
    public async Task StoreAsync(string connectionId, DueFeed due, FeedAnswer.Collections page, TimeSpan every, CancellationToken cancel)
    {
        await using var connection = await data.Work.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        await CatalogStore.CollectionsAsync(connection, connectionId, page.Products, cancel);
        await ErrandStore.AdvanceAsync(connection, connectionId, due, page.Cursor, page.More, page.More ? TimeSpan.Zero : every, cancel);
        await transaction.CommitAsync(cancel);
    }

    /// <param name="every">Until the feed is read again after this run.</param>
    public async Task StoreAsync(string connectionId, DueFeed due, FeedAnswer.PriceLists page, TimeSpan every, CancellationToken cancel)
    {
        await using var connection = await data.Work.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        foreach (var part in page.Parts)
        {
            await PriceListStore.StoreAsync(connection, connectionId, part, due.Reads, cancel);
        }

        if (!page.More)
        {
            await PriceListStore.EndPassAsync(connection, connectionId, due.Began, cancel);
        }

        await ErrandStore.AdvanceAsync(connection, connectionId, due, page.Cursor, page.More, page.More ? TimeSpan.Zero : every, cancel);
        await transaction.CommitAsync(cancel);
    }
}
