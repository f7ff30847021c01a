using ControlTower.Data.Canonical;
using ControlTower.Data.Connections;
using ControlTower.Data.Db;
using ControlTower.Data.Live;
using ControlTower.Data.Reconciliation;
using ControlTower.Sync.Connectors;
using ControlTower.Sync.Pumps;
using Npgsql;

namespace ControlTower.Sync.Reconciliation;

/// <summary>Stores what a system states about money, in one transaction with what it means for the reader: a page is never lost, and read again it changes nothing.</summary>
public sealed class LedgerArrivals(TowerDataSources data, Doorbell doorbell)
{
    /// <summary>Feeds whose names begin so tell money.</summary>
    public const string Feeds = "ledger-";

    /// <summary>A page of a feed, with its cursor.</summary>
    public Task StoreAsync(string connectionId, SystemRole role, DueFeed due, FeedPlan plan, FeedAnswer.Statement page, CancellationToken cancel) => StoreAsync(
        connectionId, page.Lines,
        async connection =>
        {
            await LedgerStore.CoverAsync(connection, connectionId, Kind(role, due.Feed), due.Since - plan.Overlap, page.More ? null : due.Began, cancel);
            await ErrandStore.AdvanceAsync(connection, connectionId, due, page.Cursor, page.More, page.More ? TimeSpan.Zero : plan.Every, cancel);
        },
        cancel);

    /// <param name="also">Ends what asked for the read.</param>
    public async Task StoreAsync(string connectionId, IReadOnlyList<MoneyLine> lines, Func<NpgsqlConnection, Task> also, CancellationToken cancel)
    {
        await using var connection = await data.Work.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        var changed = await LedgerStore.StoreAsync(connection, connectionId, lines, null, cancel);
        await also(connection);
        await transaction.CommitAsync(cancel);
        if (changed > 0)
        {
            doorbell.Ring(Doorbell.Ledger);
        }
    }

    /// <summary>How far back a feed begins to read: payouts are of interest until they should long be at the bank.</summary>
    public static TimeSpan LookBack(string feed, TimeSpan others) => feed is Feeds + "payouts" or Feeds + "balance" ? TimeSpan.FromDays(35) : others;

    private static string Kind(SystemRole role, string feed) => role switch
    {
        SystemRole.Bank => "bank",
        SystemRole.Erp => feed == Feeds + "journal" ? "journal" : "books",
        _ => "payouts",
    };
}
