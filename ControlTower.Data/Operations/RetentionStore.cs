using ControlTower.Data.Db;
using Npgsql;

namespace ControlTower.Data.Operations;

/// <summary>How long a kind of data is kept, by an admin's word.</summary>
public sealed record RetentionRule(string Kind, int Days, int Version, string ChangedBy, DateTimeOffset ChangedAt);

/// <summary>How much of a kind there is: rows by PostgreSQL's own estimate, bytes with indexes.</summary>
/// <param name="Rows">Null: the tables were never analysed.</param>
/// <param name="Oldest">Null: there is none.</param>
public sealed record RetentionSize(long? Rows, long Bytes, DateTimeOffset? Oldest);

/// <summary>How long data is kept, and how much of it there is. A write names the version that was seen; false means that somebody was faster, and nothing was changed.</summary>
public static class RetentionStore
{
    public static Task<List<RetentionRule>> ListAsync(NpgsqlDataSource data, CancellationToken cancel) =>
        data.Command("select kind, days, version, changed_by, changed_at from retention_rule order by kind")
            .ListAsync(r => new RetentionRule(r.GetString(0), r.GetInt32(1), r.GetInt32(2), r.GetString(3), r.GetFieldValue<DateTimeOffset>(4)), cancel);

    /// <param name="days">Null: as shipped again.</param>
    /// <param name="seen">0: nobody had set it.</param>
    public static async Task<bool> PutAsync(NpgsqlConnection connection, string kind, int? days, int seen, string by, CancellationToken cancel) =>
        (days is not { } kept
            ? await connection.Command("delete from retention_rule where kind = $1 and version = $2", Sql.Of(kind), Sql.Of(seen)).ExecuteAsync(cancel)
            : await connection.Command(
                    """
                    insert into retention_rule as r (kind, days, changed_by) select $1, $2, $3 where $4 = 0 or exists (select from retention_rule where kind = $1)
                    on conflict (kind) do update set days = excluded.days, changed_by = excluded.changed_by, changed_at = now(), version = r.version + 1 where r.version = $4
                    """,
                    Sql.Of(kind), Sql.Of(kept), Sql.Of(by), Sql.Of(seen))
                .ExecuteAsync(cancel)) == 1;

    /// <param name="tables">Names of the product's own tables; parts of one that is kept in parts count with it.</param>
    /// <param name="oldest">The product's own statement for the time of the oldest.</param>
    public static async Task<RetentionSize> SizeAsync(NpgsqlDataSource data, IReadOnlyList<string> tables, string oldest, CancellationToken cancel)
    {
        var sizes = await data.Command(
                """
                with named as (select to_regclass(n) as oid from unnest($1::text[]) n),
                parts as (select oid from named union select i.inhrelid from pg_inherits i join named n on n.oid = i.inhparent)
                select case when bool_or(c.reltuples >= 0) then sum(greatest(c.reltuples, 0))::bigint end, coalesce(sum(pg_total_relation_size(c.oid)), 0)::bigint
                from parts p join pg_class c on c.oid = p.oid where c.relkind = 'r'
                """,
                Sql.Of(tables.ToArray()))
            .ListAsync(r => (Rows: r.Maybe<long?>(0), Bytes: r.GetInt64(1)), cancel);
        var times = await data.Command(oldest).ListAsync(r => r.Maybe<DateTimeOffset?>(0), cancel);
        return new RetentionSize(sizes[0].Rows, sizes[0].Bytes, times.FirstOrDefault());
    }
}
