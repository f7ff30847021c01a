using ControlTower.Data.Db;
using Npgsql;
using NpgsqlTypes;

namespace ControlTower.Data.Reconciliation;

/// <summary>An item under its lock.</summary>
public sealed record ReconHeld(
    long Id, string Comparison, string GroupKey, string State, string Kind, string Currency, decimal Difference, string? Document, string? Books, string? Source, long? Flow, int Version, bool MonthClosed, Guid? OwnerId, DateTimeOffset? HeldUntil, bool ByRule)
{
    public string Subject => $"reconciliation/{Id}";
}

/// <summary>What people do to items, row by row, in the caller's transaction. Each marks what it touched, so that the matcher looks at it again whatever else happens.</summary>
public static class ReconActs
{
    /// <summary>Waits for whoever is settling the comparison, then reads: nothing changes under the caller.</summary>
    /// <returns>Null if there is none.</returns>
    public static async Task<ReconHeld?> LockAsync(NpgsqlConnection connection, long id, CancellationToken cancel)
    {
        await connection.Command("select pg_advisory_xact_lock(hashtextextended('recon/' || comparison, 0)) from recon_item where id = $1", Sql.Of(id)).ExecuteAsync(cancel);
        return (await connection.Command(
                """
                select id, comparison, group_key, state, kind, currency, difference, document, books, source, flow_id, version, recon_closed(comparison, group_key), owner_id, held_until, owned_by_rule from recon_item where id = $1 for update
                """,
                Sql.Of(id))
            .ListAsync(
                r => new ReconHeld(
                    r.GetInt64(0), r.GetString(1), r.GetString(2), r.GetString(3), r.GetString(4), r.GetString(5), r.GetDecimal(6), r.Maybe<string>(7), r.Maybe<string>(8), r.Maybe<string>(9), r.Maybe<long?>(10), r.GetInt32(11),
                    r.GetBoolean(12), r.Maybe<Guid?>(13), r.Maybe<DateTimeOffset?>(14), r.GetBoolean(15)),
                cancel)).FirstOrDefault();
    }

    /// <summary>Waits for whoever is settling the comparisons of these links. Before their rows are touched: the matcher takes both in this order.</summary>
    public static Task LockLinksAsync(NpgsqlConnection connection, IReadOnlyCollection<long> links, CancellationToken cancel) =>
        connection.Command(
                """
                select pg_advisory_xact_lock(hashtextextended('recon/' || c.name, 0))
                from (select c.name from recon_comparison c where c.name in (select l.comparison from recon_link l where l.id = any($1)) order by c.position) c
                """,
                Sql.Of(links.ToArray())).ExecuteAsync(cancel);

    /// <summary>Brings these groups to what they are now, within the transaction: who acted sees what came of it.</summary>
    public static async Task SettleAsync(NpgsqlConnection connection, string comparison, IReadOnlyCollection<string> keys, CancellationToken cancel)
    {
        await connection.Command("insert into recon_dirty (comparison, group_key) select $1, k from unnest($2::text[]) k", Sql.Of(comparison), Sql.Of(keys.ToArray())).ExecuteAsync(cancel);
        await connection.Command("select recon_settle($1, $2)", Sql.Of(comparison), Sql.Of(keys.ToArray())).ExecuteAsync(cancel);
    }

    public static Task CommentAsync(NpgsqlConnection connection, long item, string kind, string words, string by, CancellationToken cancel) =>
        connection.Command("insert into recon_comment (item_id, kind, words, by_name) values ($1, $2, $3, $4)", Sql.Of(item), Sql.Of(kind), Sql.Of(words), Sql.Of(by)).ExecuteAsync(cancel);

    /// <summary>All links that are one decision with these, as long as they are only offered.</summary>
    public static Task<List<(long Id, string Comparison, string From, string To)>> OfferedAsync(NpgsqlConnection connection, IReadOnlyCollection<long> links, CancellationToken cancel) =>
        connection.Command(
                """
                select l.id, l.comparison, l.from_key, l.to_key from recon_link l where l.state = 'suggested' and l.bundle in (select b.bundle from recon_link b where b.id = any($1)) order by l.id for update
                """,
                Sql.Of(links.ToArray()))
            .ListAsync(r => (r.GetInt64(0), r.GetString(1), r.GetString(2), r.GetString(3)), cancel);

    /// <summary>Those that the same rule offers for items of the same kind.</summary>
    public static Task<List<long>> AlikeAsync(NpgsqlConnection connection, long link, int most, CancellationToken cancel) =>
        connection.Command(
                """
                select min(o.id) from recon_link l join recon_item i on i.comparison = l.comparison and i.group_key = l.to_key
                join recon_link o on o.comparison = l.comparison and o.rule_id is not distinct from l.rule_id and o.state = 'suggested' join recon_item j on j.comparison = o.comparison and j.group_key = o.to_key and j.kind = i.kind and j.state = 'open'
                where l.id = $1 group by o.bundle order by 1 limit $2
                """,
                Sql.Of(link), Sql.Of(most))
            .ListAsync(r => r.GetInt64(0), cancel);

    public static async Task<int> JoinAsync(NpgsqlConnection connection, IReadOnlyCollection<long> links, string by, string? reason, CancellationToken cancel)
    {
        await connection.Command(
                "update recon_link set state = 'confirmed', decided_by = $2, decided_at = now(), reason = $3 where id = any($1) and state = 'suggested'", Sql.Of(links.ToArray()), Sql.Of(by), Sql.Of(reason, NpgsqlDbType.Text))
            .ExecuteAsync(cancel);
        return await connection.JoinedAsync(links, cancel);
    }

    public static Task<int> RefuseAsync(NpgsqlConnection connection, IReadOnlyCollection<long> links, string by, string? reason, CancellationToken cancel) =>
        connection.Command(
                """
                with refused as (update recon_link set state = 'refused', decided_by = $2, decided_at = now(), reason = $3 where id = any($1) and state = 'suggested' returning comparison, from_key, to_key)
                insert into recon_comment (item_id, kind, words, by_name) select distinct i.id, 'refused', coalesce($3, ''), $2 from refused r join recon_item i on i.comparison = r.comparison and i.group_key in (r.from_key, r.to_key)
                """,
                Sql.Of(links.ToArray()), Sql.Of(by), Sql.Of(reason, NpgsqlDbType.Text)).ExecuteAsync(cancel);

    /// <summary>A link that a person makes, in force at once.</summary>
    /// <returns>Null if the group is linked elsewhere already.</returns>
    public static Task<long?> LinkAsync(NpgsqlConnection connection, string comparison, string from, string to, Guid bundle, string by, string reason, CancellationToken cancel) =>
        connection.Command(
                """
                with gone as (update recon_link set state = 'gone' where comparison = $1 and from_key = $2 and to_key = $3 and state in ('suggested', 'refused'))
                insert into recon_link (comparison, from_key, to_key, bundle, state, reason, decided_by, decided_at) values ($1, $2, $3, $4, 'confirmed', $6, $5, now()) on conflict do nothing returning id
                """,
                Sql.Of(comparison), Sql.Of(from), Sql.Of(to), Sql.Of(bundle), Sql.Of(by), Sql.Of(reason)).ScalarAsync<long?>(cancel);

    /// <summary>Carries links that are in force out.</summary>
    public static Task<int> JoinedAsync(this NpgsqlConnection connection, IReadOnlyCollection<long> links, CancellationToken cancel) => connection.Command("select recon_join($1)", Sql.Of(links.ToArray())).ScalarAsync<int>(cancel);

    /// <summary>All links in force that are one decision with this.</summary>
    public static Task<List<(long Id, string Comparison, string From, string To)>> BundleAsync(NpgsqlConnection connection, long link, CancellationToken cancel) =>
        connection.Command(
                "select l.id, l.comparison, l.from_key, l.to_key from recon_link l where l.state = 'confirmed' and l.bundle = (select b.bundle from recon_link b where b.id = $1) order by l.id for update", Sql.Of(link))
            .ListAsync(r => (r.GetInt64(0), r.GetString(1), r.GetString(2), r.GetString(3)), cancel);

    public static Task<int> PartAsync(NpgsqlConnection connection, IReadOnlyCollection<long> links, string by, string why, CancellationToken cancel) =>
        connection.Command("select recon_part($1, $2, $3)", Sql.Of(links.ToArray()), Sql.Of(by), Sql.Of(why)).ScalarAsync<int>(cancel);

    public static Task<bool> AdjustedAsync(NpgsqlConnection connection, Guid key, CancellationToken cancel) =>
        connection.Command("select exists (select from recon_adjustment where key = $1)", Sql.Of(key)).ScalarAsync<bool>(cancel);

    /// <returns>Null if the act was done before.</returns>
    public static Task<long?> AdjustAsync(NpgsqlConnection connection, ReconHeld item, decimal amount, string reason, string words, Guid? byId, string by, Guid key, CancellationToken cancel) =>
        connection.Command(
                """
                insert into recon_adjustment (comparison, group_key, amount, currency, reason, words, by_id, by_name, key) values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict (key) do nothing returning id
                """,
                Sql.Of(item.Comparison), Sql.Of(item.GroupKey), Sql.Of(amount), Sql.Of(item.Currency), Sql.Of(reason), Sql.Of(words), Sql.Of(byId, NpgsqlDbType.Uuid), Sql.Of(by), Sql.Of(key)).ScalarAsync<long?>(cancel);

    /// <returns>False if it was taken back already.</returns>
    public static async Task<bool> UnadjustAsync(NpgsqlConnection connection, ReconHeld item, long adjustment, string by, string why, CancellationToken cancel) =>
        await connection.Command(
                "update recon_adjustment set undone_at = now(), undone_by = $3, undone_why = $4 where id = $2 and (comparison, recon_led(comparison, group_key)) = (select comparison, group_key from recon_item where id = $1) and undone_at is null and rule_id is null",
                Sql.Of(item.Id), Sql.Of(adjustment), Sql.Of(by), Sql.Of(why)).ExecuteAsync(cancel) == 1;

    public static Task MarkAsync(NpgsqlConnection connection, long item, bool? acknowledged, bool? strict, CancellationToken cancel) =>
        connection.Command("update recon_item set acknowledged = coalesce($2, acknowledged), strict = coalesce($3, strict) where id = $1", Sql.Of(item), Sql.Of(acknowledged, NpgsqlDbType.Boolean), Sql.Of(strict, NpgsqlDbType.Boolean))
            .ExecuteAsync(cancel);

    /// <summary>By hand: no rule takes it away.</summary>
    /// <param name="owner">Null: nobody's.</param>
    public static Task OwnAsync(NpgsqlConnection connection, long item, Guid? owner, string? name, DateTimeOffset? until, CancellationToken cancel) =>
        connection.Command(
                "update recon_item set owner_id = $2, owner = $3, owner_role = null, owned_by_rule = false, held_until = $4, version = version + 1 where id = $1",
                Sql.Of(item), Sql.Of(owner, NpgsqlDbType.Uuid), Sql.Of(name, NpgsqlDbType.Text), Sql.Of(until, NpgsqlDbType.TimestampTz)).ExecuteAsync(cancel);

    /// <summary>Has both sides of an item read at once: the ledgers of its systems, and the orders of its channel.</summary>
    /// <returns>The systems that are read.</returns>
    public static async Task<List<string>> ReadAgainAsync(NpgsqlConnection connection, ReconHeld item, CancellationToken cancel) =>
        [.. (await connection.Command(
                """
                update feed_cursor f set due_at = now() from connection c
                where c.id = f.connection_id and (c.id in ($1, $2) or c.id = (select x.source from flow x where x.id = $3)) and (f.feed like 'ledger-%' or c.role = 'shop' and f.feed in ('orders', 'refunds', 'returns')) returning c.name
                """,
                Sql.Of(item.Source, NpgsqlDbType.Text), Sql.Of(item.Books, NpgsqlDbType.Text), Sql.Of(item.Flow, NpgsqlDbType.Bigint))
            .ListAsync(r => r.GetString(0), cancel)).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];

    /// <summary>The most that a role may take upon itself at once; null: nothing is said for it.</summary>
    public static Task<decimal?> LimitAsync(NpgsqlConnection connection, string role, string currency, CancellationToken cancel) =>
        connection.Command("select most from recon_limit where role = $1 and currency = $2", Sql.Of(role), Sql.Of(currency)).ScalarAsync<decimal?>(cancel);

    /// <summary>What of an item's difference a person has taken upon themselves already.</summary>
    public static Task<decimal> TakenAsync(NpgsqlConnection connection, ReconHeld item, Guid? byId, string by, CancellationToken cancel) =>
        connection.Command(
                "select coalesce(sum(abs(amount)), 0) from recon_adjustment where comparison = $1 and recon_led(comparison, group_key) = $2 and undone_at is null and rule_id is null and coalesce(by_id::text, by_name) = $3",
                Sql.Of(item.Comparison), Sql.Of(item.GroupKey), Sql.Of(byId?.ToString() ?? by)).ScalarAsync<decimal>(cancel);

    public static async Task<(string Title, string? Account)?> ReasonAsync(NpgsqlConnection connection, string code, CancellationToken cancel)
    {
        var found = await connection.Command("select title, account from recon_reason where code = $1 and active", Sql.Of(code)).ListAsync(r => (r.GetString(0), r.Maybe<string>(1)), cancel);
        return found is [var one] ? one : null;
    }
}
