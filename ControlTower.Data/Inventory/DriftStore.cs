using ControlTower.Data.Db;
using Npgsql;
using NpgsqlTypes;

namespace ControlTower.Data.Inventory;

/// <summary>Which cells are to be compared, and which a person wants set right.</summary>
public static class DriftStore
{
    /// <summary>Asks for the checks of a minute: the cells that wait longest, so many that each has its turn within a day. What they should show is reckoned anew as well. Commits.</summary>
    public static Task<int> SampleAsync(NpgsqlDataSource data, CancellationToken cancel) =>
        data.Command(
                """
                with share as (
                    select connection_id, ceil(count(*) * 1.25 / 1440)::int as cells from stock_publication group by connection_id),
                picked as (
                    select c.connection_id, c.sku, c.location from share s cross join lateral (
                        select * from stock_publication p where p.connection_id = s.connection_id and p.failure is null and (not p.checking or p.due_at is null) order by p.checked_at nulls first limit s.cells) c),
                held as (
                    select c.* from stock_publication c join picked using (connection_id, sku, location)
                    order by c.connection_id, c.sku collate "C", c.location collate "C" for no key update of c skip locked),
                asked as (
                    update stock_publication c set fence = c.fence + 1, checking = true, due_at = case when c.failure is null then least(c.due_at, now()) end from held h
                    where c.connection_id = h.connection_id and c.sku = h.sku and c.location = h.location)
                insert into stock_moved (sku, location) select distinct sku, location from held
                """)
            .ExecuteAsync(cancel);

    /// <summary>Asks for a check of everything that a channel shows. In the caller's transaction.</summary>
    /// <returns>How many cells there are to check.</returns>
    public static Task<int> CheckAsync(NpgsqlConnection connection, string connectionId, CancellationToken cancel) =>
        connection.Command(
                """
                update stock_publication c set fence = c.fence + 1, checking = true, due_at = case when c.failure is null then least(c.due_at, now()) end
                from (select sku, location from stock_publication where connection_id = $1 and failure is null order by sku collate "C", location collate "C" for no key update) h
                where c.connection_id = $1 and c.sku = h.sku and c.location = h.location
                """,
                Sql.Of(connectionId))
            .ExecuteAsync(cancel);

    /// <summary>
    /// Has cells set to what is expected, as far as they still are what the person saw and nobody asked for the same already. In the caller's transaction.
    /// </summary>
    /// <returns>Those that will be.</returns>
    public static Task<List<(string ConnectionId, string Sku, string Location)>> RepairAsync(NpgsqlConnection connection, IReadOnlyList<RepairCell> cells, CancellationToken cancel) =>
        connection.Command(
                """
                update stock_publication c set fence = c.fence + 1, repair = true, due_at = now(), attempts = 0, failure = null, failure_message = null, failed_at = null
                from (
                    select p.connection_id, p.sku, p.location
                    from unnest($1::text[], $2::text[], $3::text[], $4::int[], $5::int[]) as x (connection_id, sku, location, seen, expected)
                    join stock_publication p on p.connection_id = x.connection_id and p.sku = x.sku and p.location = x.location
                    where p.seen is not distinct from x.seen and p.expected = x.expected and not p.repair
                    order by p.connection_id, p.sku collate "C", p.location collate "C" for no key update of p) h
                where c.connection_id = h.connection_id and c.sku = h.sku and c.location = h.location
                returning c.connection_id, c.sku, c.location
                """,
                Sql.Of(cells.Select(c => c.ConnectionId).ToArray()), Sql.Of(cells.Select(c => c.Sku).ToArray()), Sql.Of(cells.Select(c => c.Location).ToArray()),
                Sql.Of(cells.Select(c => c.Seen).ToArray(), NpgsqlDbType.Array | NpgsqlDbType.Integer), Sql.Of(cells.Select(c => c.Expected).ToArray()))
            .ListAsync(r => (r.GetString(0), r.GetString(1), r.GetString(2)), cancel);

    /// <summary>Has cells reckoned that a channel should show and that are missing. Commits.</summary>
    public static Task<int> FillAsync(NpgsqlDataSource data, CancellationToken cancel) =>
        data.Command(
                """
                insert into stock_moved (sku, location) select distinct s.sku, s.location from publication_place p join stock s on s.location = p.location
                where not exists (select from stock_publication c where c.connection_id = p.connection_id and c.sku = s.sku and c.location = s.location)
                """)
            .ExecuteAsync(cancel);

    /// <summary>Forgets batches that ended so long ago. Commits.</summary>
    public static Task<int> ForgetAsync(NpgsqlDataSource data, TimeSpan age, CancellationToken cancel) =>
        data.Command("delete from publication_batch where settled_at < now() - $1", Sql.Of(age)).ExecuteAsync(cancel);
}
