using System.Globalization;
using ControlTower.Data.Audit;
using ControlTower.Data.Db;
using ControlTower.Data.Ownership;

namespace ControlTower.Data.Inventory;

/// <param name="Document">The source's own document and line.</param>
public sealed record SupplyLine(string Document, string Sku, string Location, DateOnly DueOn, int Quantity);

/// <summary>What is on its way to our places, source by source.</summary>
public sealed class SupplyStore(TowerDataSources sources, AuditLog audit)
{
    /// <summary>Places of what a source stated before.</summary>
    public Task<List<string>> PlacesAsync(string client, string source, CancellationToken cancel) =>
        sources.Work.Command("select distinct location from stock_incoming where client = $1 and source = $2 order by 1", Sql.Of(client), Sql.Of(source)).ListAsync(r => r.GetString(0), cancel);

    /// <summary>Replaces all that this source stated before, in one transaction; repeated, it is the same.</summary>
    /// <param name="client">Who states it: two clients' sources of the same name are two sources.</param>
    /// <param name="writes">For the log of who writes what.</param>
    /// <returns>Places that are not known; then nothing was changed.</returns>
    public async Task<IReadOnlyList<string>> ReplaceAsync(string client, Actor by, string source, IReadOnlyList<SupplyLine> lines, IReadOnlyList<NewOwnershipWrite> writes, CancellationToken cancel)
    {
        await using var connection = await sources.Work.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        var unknown = await connection.Command(
            "select distinct p from unnest($1::text[]) p where not exists (select from location l where l.id = p)", Sql.Of(lines.Select(l => l.Location).Distinct(StringComparer.Ordinal).ToArray()))
            .ListAsync(r => r.GetString(0), cancel);
        if (unknown.Count > 0)
        {
            return unknown;
        }

        // Two statements of one source, one after the other: half of each would be true of neither.
        await connection.Command("select pg_advisory_xact_lock(hashtextextended($1 || chr(10) || $2, 0))", Sql.Of(client), Sql.Of(source)).ExecuteAsync(cancel);
        await connection.Command("delete from stock_incoming where client = $1 and source = $2", Sql.Of(client), Sql.Of(source)).ExecuteAsync(cancel);
        await connection.Command(
            """
            insert into stock_incoming (client, source, document, sku, location, due_on, quantity)
            select $1, $2, * from unnest($3::text[], $4::text[], $5::text[], $6::date[], $7::int[])
            """,
            Sql.Of(client), Sql.Of(source), Sql.Of(lines.Select(l => l.Document).ToArray()), Sql.Of(lines.Select(l => l.Sku).ToArray()),
            Sql.Of(lines.Select(l => l.Location).ToArray()), Sql.Of(lines.Select(l => l.DueOn).ToArray()), Sql.Of(lines.Select(l => l.Quantity).ToArray())).ExecuteAsync(cancel);
        await OwnershipLog.WriteAsync(connection, writes, cancel);
        await audit.AppendAsync(
            connection, transaction,
            new AuditEntry(by, "api:supply:write", $"supply:{source}", Detail: new Dictionary<string, string>(StringComparer.Ordinal) { ["lines"] = lines.Count.ToString(CultureInfo.InvariantCulture) }), cancel);
        await transaction.CommitAsync(cancel);
        return [];
    }
}
