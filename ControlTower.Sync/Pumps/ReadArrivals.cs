using System.Diagnostics;
using ControlTower.Data.Db;
using ControlTower.Data.Inbox;
using ControlTower.Sync.Connectors;
using Npgsql;

namespace ControlTower.Sync.Pumps;

/// <summary>Puts what was read from a vendor into the inbox, in one transaction with what it means for the reader: a read is never lost, and repeated it changes nothing.</summary>
public sealed class ReadArrivals(TowerDataSources data, Doorbell doorbell)
{
    /// <param name="also">Moves the cursor, or ends what asked for the read.</param>
    public async Task StoreAsync(string connectionId, IReadOnlyList<FeedItem> items, Func<NpgsqlConnection, Task> also, CancellationToken cancel)
    {
        await using var connection = await data.Work.OpenConnectionAsync(cancel);
        if (items.Count == 0)
        {
            await also(connection);
            return;
        }

        await using var transaction = await connection.BeginTransactionAsync(cancel);
        await InboxStore.StoreAsync(connection, [.. items.Select(i => new Arrival(connectionId, VendorText.Stored(i.Topic, 120), VendorText.Stored(i.EventId, 200), VendorText.Stored(i.Lane, 200), "{}", i.Body, Activity.Current?.Context))], cancel);
        await also(connection);
        await transaction.CommitAsync(cancel);
        doorbell.Ring(Doorbell.Inbox);
    }
}
