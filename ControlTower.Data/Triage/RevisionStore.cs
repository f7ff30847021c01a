using ControlTower.Data.Db;
using Npgsql;
using NpgsqlTypes;

namespace ControlTower.Data.Triage;

/// <summary>Revisions of documents that wait for a person, inside the caller's transaction.</summary>
public static class RevisionStore
{
    private const string Rows =
        """
        select c.id, c.state, c.fingerprint, coalesce(nullif(f.name, ''), c.subject), coalesce(f.source, ''), c.posting_key, d.connection_id, d.flow_id, d.kind, d.document_version, d.state,
            p.state, d.arguments::text, o.body::text, coalesce(r.body, o.body)::text, coalesce(r.revision, 0), coalesce(n.revision, 0), r.who, r.at
        from exception_case c
        left join flow f on f.id = c.flow_id
        left join delivery d on d.posting_key = c.posting_key
        left join posting p on p.key = c.posting_key
        left join order_document o on o.flow_id = d.flow_id and o.version = d.document_version
        left join lateral (
            select * from posting_revision x where x.flow_id = d.flow_id and x.document_version = d.document_version and x.undone_at is null order by x.revision desc limit 1) r on true
        left join lateral (
            select revision from posting_revision x where x.flow_id = d.flow_id and x.document_version = d.document_version order by x.revision desc limit 1) n on true
        where c.id = any($1) order by c.id
        """;

    /// <summary>What these cases would send, as it is now. Nothing is locked.</summary>
    public static Task<List<RepairRow>> ReadAsync(NpgsqlDataSource data, long[] ids, CancellationToken cancel) => data.Command(Rows, Sql.Of(ids)).ListAsync(Row, cancel);

    /// <summary>The same, locked until the end of the transaction: cases in id order, then their deliveries, as a retry takes them.</summary>
    public static async Task<List<RepairRow>> LockAsync(NpgsqlConnection connection, long[] ids, CancellationToken cancel)
    {
        var keys = await connection.Command("select posting_key from exception_case where id = any($1) order by id for update", Sql.Of(ids)).ListAsync(r => r.Maybe<string>(0), cancel);
        await connection.Command("select 1 from delivery where posting_key = any($1) order by id for update", Sql.Of(keys.OfType<string>().ToArray())).ListAsync(r => r.GetInt32(0), cancel);
        return await connection.Command(Rows, Sql.Of(ids)).ListAsync(Row, cancel);
    }

    /// <summary>Adds a revision to each document. The rows must be locked, or two could take one number, which the database refuses.</summary>
    public static Task AddAsync(NpgsqlConnection connection, IReadOnlyList<NewRevision> revisions, CancellationToken cancel) =>
        connection.Command(
                """
                insert into posting_revision (flow_id, document_version, revision, base, posting_key, body, repair, case_id, fingerprint, rule, held_as, who, who_id, why)
                select * from unnest($1::bigint[], $2::bigint[], $3::int[], $4::int[], $5::text[], $6::jsonb[], $7::uuid[], $8::bigint[], $9::text[], $10::text[], $11::text[], $12::text[],
                    $13::uuid[], $14::text[])
                """,
                Sql.Of(revisions.Select(r => r.Of.FlowId!.Value).ToArray()), Sql.Of(revisions.Select(r => r.Of.DocumentVersion!.Value).ToArray()),
                Sql.Of(revisions.Select(r => r.Of.Newest + 1).ToArray()), Sql.Of(revisions.Select(r => r.Of.Revision).ToArray()),
                Sql.Of(revisions.Select(r => r.Of.PostingKey!).ToArray()), Sql.Jsons([.. revisions.Select(r => r.Body)]), Sql.Of(revisions.Select(r => r.Repair).ToArray()),
                Sql.Of(revisions.Select(r => r.Of.CaseId).ToArray()), Sql.Of(revisions.Select(r => r.Of.Fingerprint).ToArray()), Sql.Of(revisions.Select(r => r.Rule).ToArray()),
                Sql.Of(revisions.Select(r => r.Of.Posting!).ToArray()), Sql.Of(revisions.Select(r => r.Who).ToArray()), Sql.Of(revisions.Select(r => r.WhoId).ToArray()),
                Sql.Of(revisions.Select(r => r.Why).ToArray()))
            .ExecuteAsync(cancel);

    /// <summary>A revision as it was made, undone or not; null if there is none of that number.</summary>
    public static async Task<string?> BodyAsync(NpgsqlConnection connection, RepairRow of, int revision, CancellationToken cancel) =>
        revision == 0 ? of.Original : await connection.Command(
                "select body::text from posting_revision where flow_id = $1 and document_version = $2 and revision = $3",
                Sql.Of(of.FlowId!.Value), Sql.Of(of.DocumentVersion!.Value), Sql.Of(revision))
            .ScalarAsync<string>(cancel);

    /// <summary>Leaves a moment in which what was released can be taken back before it goes out.</summary>
    public static Task DelayAsync(NpgsqlConnection connection, string[] keys, TimeSpan pause, CancellationToken cancel) =>
        connection.Command("update delivery set due_at = now() + $2 where posting_key = any($1) and state = 0", Sql.Of(keys), Sql.Of(pause)).ExecuteAsync(cancel);

    /// <summary>The same anew for what these cases released and has not gone out.</summary>
    public static Task DelayAsync(NpgsqlDataSource data, long[] cases, TimeSpan pause, CancellationToken cancel) =>
        data.Command("update delivery d set due_at = now() + $2 from exception_case c where c.id = any($1) and c.state = 'retrying' and d.posting_key = c.posting_key and d.state = 0", Sql.Of(cases), Sql.Of(pause))
            .ExecuteAsync(cancel);

    /// <summary>
    /// Undoes what one act changed, wherever the delivery has not gone out since, whether it is still held or on its way: it is held as it was before, and its case is open. Returns
    /// those cases, and how many orders of the act stay as they are.
    /// </summary>
    /// <param name="within">Older acts are not undone.</param>
    public static async Task<(List<long> Cases, int Left)> UndoAsync(NpgsqlConnection connection, Guid repair, TimeSpan within, string by, CancellationToken cancel)
    {
        await connection.Command(
                "select 1 from exception_case where id in (select case_id from posting_revision where repair = $1) order by id for update", Sql.Of(repair))
            .ListAsync(r => r.GetInt32(0), cancel);
        // A claim locks the delivery too, and marks it as sent: who comes first decides whether it went out.
        await connection.Command(
                "select 1 from delivery where posting_key in (select posting_key from posting_revision where repair = $1) order by id for update", Sql.Of(repair))
            .ListAsync(r => r.GetInt32(0), cancel);
        var undone = await connection.Command(
                """
                with undone as (
                    update posting_revision r set undone_at = now(), undone_by = $3
                    from delivery d, exception_case c
                    where r.repair = $1 and r.undone_at is null and r.at > now() - $2
                      and d.posting_key = r.posting_key and d.document_version = r.document_version and d.state in (0, 3) and (d.last_sent_at is null or d.last_sent_at < r.at)
                      and c.id = r.case_id and c.state in ('retrying', 'open')
                      and not exists (select from posting_revision x where x.flow_id = r.flow_id and x.document_version = r.document_version and x.revision > r.revision and x.undone_at is null)
                    returning r.posting_key, r.case_id, r.held_as),
                held as (update delivery d set state = 3, due_at = now() from undone u where d.posting_key = u.posting_key),
                marked as (update posting p set state = u.held_as from undone u where p.key = u.posting_key),
                opened as (update exception_case c set state = 'open', version = c.version + 1 from undone u where c.id = u.case_id)
                select case_id from undone order by case_id
                """,
                Sql.Of(repair), Sql.Of(within), Sql.Of(by))
            .ListAsync(r => r.GetInt64(0), cancel);
        var left = await connection.Command("select count(*)::int from posting_revision where repair = $1 and undone_at is null", Sql.Of(repair)).ScalarAsync<int>(cancel);
        return (undone, left);
    }

    /// <summary>Rules that people applied to this cause before, the most successful first; at most three.</summary>
    public static Task<List<RepairUse>> UsesAsync(NpgsqlDataSource data, string fingerprint, CancellationToken cancel) =>
        data.Command(
                """
                select r.rule, count(*)::int, count(*) filter (where c.proven and c.closed_at > r.at)::int,
                    (array_agg(r.who order by r.at desc))[1], max(r.at)
                from (select * from posting_revision where fingerprint = $1 and rule is not null and undone_at is null order by at desc limit 5000) r
                join exception_case c on c.id = r.case_id
                group by r.rule order by 3 desc, 5 desc limit 3
                """,
                Sql.Of(fingerprint))
            .ListAsync(r => new RepairUse(r.GetString(0), r.GetInt32(1), r.GetInt32(2), r.GetString(3), r.GetFieldValue<DateTimeOffset>(4)), cancel);

    private static RepairRow Row(NpgsqlDataReader r) => new(
        r.GetInt64(0), r.GetString(1), r.GetString(2), r.GetString(3), r.GetString(4), r.Maybe<string>(5), r.Maybe<string>(6), r.IsDBNull(7) ? null : r.GetInt64(7), r.Maybe<string>(8),
        r.IsDBNull(9) ? null : r.GetInt64(9), r.IsDBNull(10) ? null : r.GetInt16(10), r.Maybe<string>(11), r.Maybe<string>(12), r.Maybe<string>(13), r.Maybe<string>(14), r.GetInt32(15),
        r.GetInt32(16), r.Maybe<string>(17), r.IsDBNull(18) ? null : r.GetFieldValue<DateTimeOffset>(18));
}
