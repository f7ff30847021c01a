using System.Globalization;
using ControlTower.Data.Audit;
using ControlTower.Data.Db;
using ControlTower.Data.Inventory;
using ControlTower.Data.Live;
using Microsoft.Extensions.Logging;

namespace ControlTower.Sync.Publishing;

/// <summary>What people do about drift: have a channel compared, have cells set to what the tower expects. Each act is one transaction with its audit entry.</summary>
public sealed partial class DriftDesk(TowerDataSources data, DriftQueries queries, AuditLog audit, ChangeNotifier changes, ILogger<DriftDesk> log)
{
    public const string Permission = "inventory:drift:repair";

    /// <summary>Most cells of one repair.</summary>
    public const int MostCells = 5_000;

    /// <summary>Freezes what a repair of this filter would set right, as it is now, at most <see cref="MostCells"/>, and how many cells the filter has. Changes nothing.</summary>
    public async Task<(IReadOnlyList<DriftCell> Cells, long Count)> PreviewAsync(DriftFilter filter, CancellationToken cancel)
    {
        var (cells, count) = await queries.CellsAsync(filter, MostCells, cancel);
        return ([.. cells.Where(c => !c.Repair && (c.Failure is not null || c.Seen != c.Expected))], count);
    }

    /// <summary>
    /// Has the frozen cells set to what is expected. A cell that is another by now is left alone, and so is one whose repair was asked for already: repeating it changes nothing.
    /// </summary>
    /// <returns>How many will be set right.</returns>
    public async Task<int> RepairAsync(IReadOnlyList<DriftCell> frozen, Actor actor, CancellationToken cancel)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(frozen.Count, MostCells);
        await using var connection = await data.Work.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        var repaired = (await DriftStore.RepairAsync(connection, [.. frozen.Select(c => new RepairCell(c.ConnectionId, c.Sku, c.Location, c.Seen, c.Expected))], cancel)).ToHashSet();
        if (repaired.Count > 0)
        {
            await audit.AppendAsync(connection, transaction, Entry(actor, [.. frozen.Where(c => repaired.Contains((c.ConnectionId, c.Sku, c.Location)))], frozen.Count), cancel);
        }

        await transaction.CommitAsync(cancel);
        Repairs(log, repaired.Count, frozen.Count);
        changes.Announce(LiveTopics.Stock | LiveTopics.Connections);
        return repaired.Count;
    }

    /// <summary>Has everything that a channel shows compared now.</summary>
    /// <returns>How many cells will be.</returns>
    public async Task<int> CheckAsync(string connectionId, Actor actor, CancellationToken cancel)
    {
        await using var connection = await data.Work.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        var count = await DriftStore.CheckAsync(connection, connectionId, cancel);
        await audit.AppendAsync(
            connection, transaction, new AuditEntry(actor, "inventory:drift:check", $"connection:{connectionId}", Detail: Figures(("cells", count.ToString(CultureInfo.InvariantCulture)))), cancel);
        await transaction.CommitAsync(cancel);
        changes.Announce(LiveTopics.Stock | LiveTopics.Connections);
        return count;
    }

    private static AuditEntry Entry(Actor actor, IReadOnlyList<DriftCell> repaired, int frozen)
    {
        var channels = repaired.Select(c => c.ConnectionId).Distinct(StringComparer.Ordinal).ToList();
        return new AuditEntry(actor, Permission, channels is [var one] ? $"connection:{one}" : "stock:publication", Detail: Figures(
            ("cells", repaired.Count.ToString(CultureInfo.InvariantCulture)), ("frozen", frozen.ToString(CultureInfo.InvariantCulture)), ("channels", string.Join(", ", channels.Take(20))),
            ("first", string.Join(", ", repaired.Take(20).Select(c => string.Create(CultureInfo.InvariantCulture, $"{c.Sku} at {c.Location} from {c.Seen?.ToString(CultureInfo.InvariantCulture) ?? "?"} to {c.Expected}"))))));
    }

    private static Dictionary<string, string> Figures(params ReadOnlySpan<(string Name, string Value)> figures)
    {
        var detail = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, value) in figures)
        {
            detail[name] = value;
        }

        return detail;
    }

    [LoggerMessage(EventId = 2552, Level = LogLevel.Information, Message = "{Count} of {Frozen} cells are set to what is expected, because somebody asked for it")]
    private static partial void Repairs(ILogger log, int count, int frozen);
}
