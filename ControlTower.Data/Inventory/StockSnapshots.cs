using System.Globalization;
using ControlTower.Data.Audit;
using ControlTower.Data.Db;
using ControlTower.Data.Live;
using ControlTower.Data.Ownership;

namespace ControlTower.Data.Inventory;

/// <summary>Counts of other systems, taken over with what moved since.</summary>
public sealed class StockSnapshots(TowerDataSources sources, AuditLog audit, ChangeNotifier changes)
{
    private const string Act = "api:stock:write";

    public Task<List<string>> UnknownPlacesAsync(IReadOnlyList<string> places, CancellationToken cancel) => sources.Work.Command(
            "select distinct p from unnest($1::text[]) p where not exists (select from location l where l.id = p)", Sql.Of(places.Distinct(StringComparer.Ordinal).ToArray()))
        .ListAsync(r => r.GetString(0), cancel);

    /// <summary>SKUs that neither the stock nor a catalogue knows; none while no catalogue was read, for then nobody can say.</summary>
    public Task<List<string>> UnknownSkusAsync(IReadOnlyList<string> skus, CancellationToken cancel) => sources.Work.Command(
            """
            select distinct i from unnest($1::text[]) i
            where not exists (select from stock s where s.sku = i) and exists (select from catalog_item where sku is not null)
              and not exists (select from connection n join catalog_item c on c.connection_id = n.id and c.sku = i and c.gone_at is null)
            """,
            Sql.Of(skus.Distinct(StringComparer.Ordinal).ToArray()))
        .ListAsync(r => r.GetString(0), cancel);

    /// <inheritdoc cref="StockStore.SnapshotAsync"/>
    /// <param name="source">What the client calls itself or its system; the ledger names the client, too.</param>
    /// <param name="writes">For the log of who writes what.</param>
    public async Task<List<SnapshotLeft>> TakeAsync(IReadOnlyList<StockCount> counts, DateTimeOffset asOf, string source, IReadOnlyList<NewOwnershipWrite> writes, Actor by, CancellationToken cancel)
    {
        var left = await Collision.TriedAgainAsync(async () =>
        {
            await using var connection = await sources.Work.OpenConnectionAsync(cancel);
            await using var transaction = await connection.BeginTransactionAsync(cancel);
            var cells = await StockStore.SnapshotAsync(connection, counts, asOf.ToUniversalTime(), $"count/{by.Id:N}/{source}", cancel);
            await OwnershipLog.WriteAsync(connection, writes, cancel);
            await audit.AppendAsync(
                connection, transaction,
                new AuditEntry(by, Act, $"stock:{source}", Detail: new Dictionary<string, string>(StringComparer.Ordinal)
                {
                    ["as of"] = asOf.ToUniversalTime().ToString("O", CultureInfo.InvariantCulture), ["cells"] = counts.Count.ToString(CultureInfo.InvariantCulture),
                    ["left as they were"] = cells.Count.ToString(CultureInfo.InvariantCulture),
                }),
                cancel);
            await transaction.CommitAsync(cancel);
            return cells;
        });
        changes.Announce(LiveTopics.Stock);
        return left;
    }
}
