using System.Globalization;
using ControlTower.Data.Audit;
using ControlTower.Data.Db;
using ControlTower.Data.Inventory;
using ControlTower.Data.Live;

namespace ControlTower.Sync.Inventory;

/// <summary>People say of which levels they want to hear. One transaction with its audit entry; whoever was slower changes nothing and is told.</summary>
public sealed class StockWatchDesk(TowerDataSources data, AuditLog audit, ChangeNotifier changes)
{
    public const int MostPieces = 1_000_000;
    private const int MostAtOnce = 2_000;
    private const string Act = "inventory:rule:write";

    public Task<List<StockWatch>> ListAsync(string? begins, bool lowOnly, int most, CancellationToken cancel) => StockWatchStore.ListAsync(data.Read, begins, lowOnly, most, cancel);

    public Task<List<(string Id, string Name)>> PlacesAsync(CancellationToken cancel) =>
        data.Read.Command("select id, name from location order by kind desc, name, id").ListAsync(r => (r.GetString(0), r.GetString(1)), cancel);

    /// <summary>False if somebody changed the watch since it was seen (<paramref name="seen"/>: its revision, 0 for a new one).</summary>
    /// <exception cref="ArgumentException">The SKU lies nowhere, or the levels are no pieces or the wrong way round.</exception>
    public async Task<bool> PutAsync(string sku, string? location, int below, int again, int seen, Actor actor, CancellationToken cancel)
    {
        var named = sku.Trim();
        if (named.Length is 0 or > 100 || named.Any(char.IsControl))
        {
            throw new ArgumentException("Give the SKU that is watched.", nameof(sku));
        }

        if (below is < 1 or > MostPieces || again is < 1 or > MostPieces)
        {
            throw new ArgumentException("Levels are whole numbers of pieces from 1 to 1,000,000.", nameof(below));
        }

        if (again < below)
        {
            throw new ArgumentException($"It has risen again at {below.ToString(CultureInfo.InvariantCulture)} pieces or more: less than that is still low.", nameof(again));
        }

        var watch = new StockWatch(0, named, string.IsNullOrWhiteSpace(location) ? null : location.Trim(), below, again, false, default, 0, seen, default, actor.Name);
        await using var connection = await data.Work.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        if (seen == 0 && !await StockWatchStore.IsStockedAsync(connection, named, cancel))
        {
            throw new ArgumentException($"{named} lies nowhere. Copy the SKU as the stock shows it.", nameof(sku));
        }

        if (!await StockWatchStore.PutAsync(connection, watch, seen, cancel))
        {
            return false;
        }

        await audit.AppendAsync(connection, transaction, new AuditEntry(actor, Act, Subject(watch), Detail: Detail(watch)), cancel);
        await transaction.CommitAsync(cancel);
        // Whoever set it sees at once how it stands; a look that is under way leaves that to the next.
        await StockWatchStore.LookAsync(data.Work, MostAtOnce, cancel);
        changes.Announce(LiveTopics.Stock);
        return true;
    }

    /// <summary>False if somebody changed or removed it meanwhile.</summary>
    public async Task<bool> RemoveAsync(StockWatch watch, Actor actor, CancellationToken cancel)
    {
        await using var connection = await data.Work.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        if (!await StockWatchStore.RemoveAsync(connection, watch.Id, watch.Revision, cancel))
        {
            return false;
        }

        var detail = Detail(watch);
        detail["what"] = "removed";
        await audit.AppendAsync(connection, transaction, new AuditEntry(actor, Act, Subject(watch), Detail: detail), cancel);
        await transaction.CommitAsync(cancel);
        changes.Announce(LiveTopics.Stock);
        return true;
    }

    private static string Subject(StockWatch watch) => $"stock-watch:{watch.Sku}/{watch.Location ?? "*"}";

    private static Dictionary<string, string> Detail(StockWatch watch) => new(StringComparer.Ordinal)
    {
        ["below"] = watch.Below.ToString(CultureInfo.InvariantCulture), ["again"] = watch.Again.ToString(CultureInfo.InvariantCulture),
    };
}
