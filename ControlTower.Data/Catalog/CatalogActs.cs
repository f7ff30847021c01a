using ControlTower.Data.Db;
using Npgsql;

namespace ControlTower.Data.Catalog;

/// <summary>A difference as a person saw it: an act on one that is another by now changes nothing.</summary>
public sealed record SeenDifference(long Id, string Mark);

/// <summary>What people say about differences. Each is in the caller's transaction and tells what it changed.</summary>
public static class CatalogActs
{
    // In the order of the rows' keys, as everybody locks them.
    private const string Seen =
        """
        seen as materialized (
            select d.id, d.connection_id, d.item, d.erp_item, d.sku, d.kind, d.mark, d.ignored_mark from unnest($1::bigint[], $2::text[]) as x (id, mark)
            join catalog_difference d on d.id = x.id and d.mark = x.mark order by d.id for no key update of d)
        """;

    /// <summary>What of a channel's items differs from its ERP now and could be told: by their SKUs, or the channel's own name of an item without one.</summary>
    public static Task<List<SeenDifference>> SeenAsync(NpgsqlConnection connection, string channel, string[] subjects, CancellationToken cancel) =>
        connection.Command(
                "select id, mark from catalog_difference where connection_id = $1 and kind in ('price', 'barcode', 'inactive') and (sku = any ($2) or item = any ($2)) order by id", Sql.Of(channel), Sql.Of(subjects))
            .ListAsync(r => new SeenDifference(r.GetInt64(0), r.GetString(1)), cancel);

    /// <summary>Has the ERP's word put there, as far as the difference still is what was seen and nobody asked for the same already.</summary>
    /// <returns>The differences that will be set right.</returns>
    public static Task<List<long>> PublishAsync(NpgsqlConnection connection, IReadOnlyList<SeenDifference> seen, CancellationToken cancel) =>
        connection.Command(
                $"""
                with {Seen},
                pair as (
                    select s.id, s.connection_id, s.item, s.erp_item, case when erp_owns(s.connection_id, 'price') then catalog_price(e, c) end as price, c.currency, case when erp_owns(s.connection_id, 'barcode') then e.barcode end as barcode, case when erp_owns(s.connection_id, 'active') then e.active end as active
                    from seen s join connection n on n.id = s.connection_id join catalog_match m on m.connection_id = s.connection_id and m.item = s.item and m.erp_item = s.erp_item
                    join catalog_item c on c.connection_id = s.connection_id and c.item = s.item join catalog_item e on e.connection_id = n.posts_to and e.item = s.erp_item
                    -- What either side has said since it was compared was in nobody's preview.
                    where c.gone_at is null and e.gone_at is null
                      and s.mark = case s.kind
                          when 'price' then concat_ws(' ', c.price, c.currency, catalog_price(e, c)) when 'barcode' then concat_ws(' ', c.barcode, e.barcode)
                          when 'no-barcode' then coalesce(e.barcode, '') when 'inactive' then 'inactive' end),
                asked as (
                    insert into catalog_publication as p (connection_id, item, erp_item, price, currency, barcode, active, wanted, due_at)
                    select distinct on (connection_id, item) connection_id, item, erp_item, price, currency, barcode, active, true, now() from pair order by connection_id, item
                    on conflict (connection_id, item) do update set
                        erp_item = excluded.erp_item, price = excluded.price, currency = excluded.currency, barcode = excluded.barcode, active = excluded.active,
                        wanted = true, fence = p.fence + 1, due_at = case when p.batch_key is null then now() else p.due_at end, attempts = 0, failure = null, failure_message = null, failed_at = null
                    where not p.wanted
                    returning p.connection_id, p.item)
                select pair.id from pair join asked a on a.connection_id = pair.connection_id and a.item = pair.item
                """,
                Sql.Of(seen.Select(s => s.Id).ToArray()), Sql.Of(seen.Select(s => s.Mark).ToArray()))
            .ListAsync(r => r.GetInt64(0), cancel);

    /// <summary>Leaves differences out of the list until they change; with no reason, brings them back.</summary>
    /// <returns>Those that changed.</returns>
    public static Task<List<long>> IgnoreAsync(NpgsqlConnection connection, IReadOnlyList<SeenDifference> seen, string who, string? why, CancellationToken cancel) =>
        connection.Command(
                $"""
                with {Seen}
                update catalog_difference d set
                    ignored_mark = case when $4::text is not null then d.mark end, ignored_by = case when $4::text is not null then $3 end, ignored_why = $4, ignored_at = case when $4::text is not null then now() end
                from seen s where d.id = s.id and (s.ignored_mark is null) = ($4::text is not null)
                returning d.id
                """,
                Sql.Of(seen.Select(s => s.Id).ToArray()), Sql.Of(seen.Select(s => s.Mark).ToArray()), Sql.Of(who), Sql.Of(why, NpgsqlTypes.NpgsqlDbType.Text))
            .ListAsync(r => r.GetInt64(0), cancel);

    /// <summary>Says that an item of a channel and one of its ERP are the same. What either was linked to before is parted.</summary>
    /// <returns>False if just that is said already, or one of them is not there.</returns>
    public static async Task<bool> LinkAsync(NpgsqlConnection connection, string channel, string item, string erpItem, string who, string why, CancellationToken cancel)
    {
        var (found, same) = (await connection.Command(
                """
                select n.posts_to, exists (select from catalog_link l where l.connection_id = $1 and l.item = $2 and l.erp_id = n.posts_to and l.erp_item = $3 and l.undone_at is null)
                from connection n join catalog_item c on c.connection_id = n.id and c.item = $2 and c.gone_at is null join catalog_item e on e.connection_id = n.posts_to and e.item = $3 and e.gone_at is null
                where n.id = $1 for no key update of c, e
                """,
                Sql.Of(channel), Sql.Of(item), Sql.Of(erpItem))
            .ListAsync(r => (Erp: r.GetString(0), Same: r.GetBoolean(1)), cancel)) is [var one] ? (one.Erp, one.Same) : (null, false);
        if (found is null || same)
        {
            return false;
        }

        await connection.Command(
                """
                update catalog_link set undone_at = now(), undone_by = $4 where connection_id = $1 and undone_at is null and (item = $2 or (erp_id = $5 and erp_item = $3))
                """,
                Sql.Of(channel), Sql.Of(item), Sql.Of(erpItem), Sql.Of(who), Sql.Of(found))
            .ExecuteAsync(cancel);
        await connection.Command(
                "insert into catalog_link (connection_id, item, erp_id, erp_item, who, why) values ($1, $2, $5, $3, $4, $6)",
                Sql.Of(channel), Sql.Of(item), Sql.Of(erpItem), Sql.Of(who), Sql.Of(found), Sql.Of(why))
            .ExecuteAsync(cancel);
        await CatalogStore.MarkAsync(connection, channel, cancel);
        return true;
    }

    /// <summary>Takes back that an item is linked.</summary>
    /// <returns>False if it is not.</returns>
    public static async Task<bool> UnlinkAsync(NpgsqlConnection connection, string channel, string item, string who, CancellationToken cancel)
    {
        var parted = await connection.Command(
                "update catalog_link set undone_at = now(), undone_by = $3 where connection_id = $1 and item = $2 and undone_at is null", Sql.Of(channel), Sql.Of(item), Sql.Of(who))
            .ExecuteAsync(cancel);
        if (parted > 0)
        {
            await CatalogStore.MarkAsync(connection, channel, cancel);
        }

        return parted > 0;
    }
}
