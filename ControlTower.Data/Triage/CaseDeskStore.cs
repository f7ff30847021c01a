using ControlTower.Data.Db;
using Npgsql;
using NpgsqlTypes;

namespace ControlTower.Data.Triage;

/// <summary>A case as the person who acts on it saw it.</summary>
public sealed record CaseSeen(long Id, int Version);

/// <summary>Where a case stood on the desk before an act, with the version that the act gave it: enough to take the act back.</summary>
public sealed record CaseMoved(long Id, int Version, CasePlace Former);

/// <param name="AssignedRule">The rule that gave it to its assignee; null if a hand did.</param>
public sealed record CasePlace(
    string State, Guid? Assignee, DateTimeOffset? AssignedAt, long? AssignedRule, string? Ticket, string? Shelf, DateTimeOffset? ShelfUntil, string? ShelfBy, string? ShelfNote);

/// <summary>
/// What people do to cases on the desk, inside the caller's transaction. Each act changes exactly those cases that are still as they were seen and still open, in the order of their ids,
/// and returns them; the others are left as somebody else made them.
/// </summary>
public static class CaseDeskStore
{
    private const string MayBeSkipped = "p.kind = 'AcknowledgeOrder' and p.state = 'refused'";

    private const string MayBeReissued = "c.code = 'id-reused' and exists (select from inbox_message m where m.id = c.message_id and m.body is not null and length(m.event_id) < 265)";

    /// <summary>A case goes into somebody's hands, or out of everybody's. An empty ticket keeps the one that it has.</summary>
    public static Task<List<CaseMoved>> AssignAsync(NpgsqlConnection connection, IReadOnlyCollection<CaseSeen> seen, Guid? person, string? ticket, CancellationToken cancel) =>
        MoveAsync(connection, seen, "c.state in ('open', 'retrying')",
            "assignee = $3, assigned_at = case when $3::uuid is null then null when c.assignee = $3 then c.assigned_at else now() end, assigned_rule = null, ticket = case when $3::uuid is null then null else coalesce($4, c.ticket) end",
            [Sql.Of(person, NpgsqlDbType.Uuid), Sql.Of(ticket, NpgsqlDbType.Text)], cancel);

    /// <summary>Off the board until then; null until it changes.</summary>
    public static Task<List<CaseMoved>> ShelveAsync(
        NpgsqlConnection connection, IReadOnlyCollection<CaseSeen> seen, ShelfKind kind, DateTimeOffset? until, string by, string? note, CancellationToken cancel) =>
        MoveAsync(connection, seen, "c.state = 'open'", "shelf = $3, shelf_until = coalesce($4, 'infinity'), shelf_by = $5, shelf_note = $6",
            [Sql.Of(kind == ShelfKind.Held ? "held" : "snoozed"), Sql.Of(until?.ToUniversalTime(), NpgsqlDbType.TimestampTz), Sql.Of(by), Sql.Of(note, NpgsqlDbType.Text)], cancel);

    /// <summary>Back on the board before its time.</summary>
    public static Task<List<CaseMoved>> WakeAsync(NpgsqlConnection connection, IReadOnlyCollection<CaseSeen> seen, CancellationToken cancel) =>
        MoveAsync(connection, seen, "c.shelf is not null", "shelf = null, shelf_until = null, shelf_by = null, shelf_note = null", [], cancel);

    /// <summary>Closed without a retry.</summary>
    public static Task<List<CaseMoved>> CloseAsync(
        NpgsqlConnection connection, IReadOnlyCollection<CaseSeen> seen, CaseEnding ending, string reason, string by, CancellationToken cancel) =>
        MoveAsync(connection, seen,
            ending switch
            {
                CaseEnding.Skipped => $"c.state = 'open' and exists (select from posting p where p.key = c.posting_key and {MayBeSkipped})",
                CaseEnding.Reissued => $"c.state = 'open' and {MayBeReissued}",
                _ => "c.state = 'open'",
            },
            $"state = $3, closed_at = now(), closed_by = $4, resolution = left($5, 1000), skipped = {(ending == CaseEnding.Skipped ? "true" : "false")}",
            [Sql.Of(ending is CaseEnding.Resolved or CaseEnding.Reissued ? "resolved" : "discarded"), Sql.Of(by), Sql.Of(reason)], cancel);

    /// <summary>Has the flows of these cases go on without what was skipped, once the act can no longer be taken back.</summary>
    public static Task SkipAsync(NpgsqlConnection connection, long[] cases, string deadline, TimeSpan after, CancellationToken cancel) =>
        connection.Command(
                "insert into deadline (flow_id, name, due_at) select flow_id, $2, now() + $3 from exception_case where id = any($1) on conflict (flow_id, name) do update set due_at = excluded.due_at",
                Sql.Of(cases), Sql.Of(deadline), Sql.Of(after))
            .ExecuteAsync(cancel);

    /// <summary>
    /// Puts the messages of these cases in work under ids of their own, once the act can no longer be taken back. What came under the used id stays as it is. The version of the case is in the new id, so
    /// that doing it twice is one message.
    /// </summary>
    public static Task ReissueAsync(NpgsqlConnection connection, long[] cases, TimeSpan after, CancellationToken cancel) =>
        connection.Command(
                """
                with made as (
                    insert into inbox_message (connection_id, topic, event_id, lane, headers, body, body_hash, trace_id, trace_span)
                    select m.connection_id, m.topic, m.event_id || '~again-' || c.version, m.lane, m.headers, m.body, m.body_hash, m.trace_id, m.trace_span
                    from exception_case c join inbox_message m on m.id = c.message_id where c.id = any($1)
                    on conflict (connection_id, topic, event_id) do nothing returning id, connection_id, lane)
                insert into inbox_work (message_id, connection_id, lane, due_at) select id, connection_id, lane, now() + $2 from made
                """,
                Sql.Of(cases), Sql.Of(after))
            .ExecuteAsync(cancel);

    /// <summary>Takes those back out of work that were put there by <see cref="ReissueAsync"/>, have not been begun, and whose case is as it was left. Returns the cases of those that stay in work: they stay closed.</summary>
    public static async Task<List<long>> UnissueAsync(NpgsqlConnection connection, IReadOnlyList<CaseMoved> moved, CancellationToken cancel)
    {
        var ids = moved.Select(m => m.Id).ToArray();
        await connection.Command("select 1 from exception_case where id = any($1) order by id for update", Sql.Of(ids)).ExecuteAsync(cancel);
        return await connection.Command(
                """
                with issued as (
                    select c.id as case_id, n.id from unnest($1::bigint[], $2::int[]) as k (id, version) join exception_case c on c.id = k.id and c.version = k.version join inbox_message m on m.id = c.message_id
                    join inbox_message n on n.connection_id = m.connection_id and n.topic = m.topic and n.event_id = m.event_id || '~again-' || k.version),
                stopped as (
                    delete from inbox_work w using issued i where w.message_id = i.id and w.attempts = 0 and w.lease_until is null and w.due_at > now() returning w.message_id),
                ended as (
                    insert into inbox_outcome (message_id, outcome, detail) select message_id, 'ignored', 'taken back' from stopped),
                emptied as (
                    update inbox_message n set body = null, body_erased_at = now() from stopped s where n.id = s.message_id)
                select case_id from issued where id not in (select message_id from stopped)
                """,
                Sql.Of(ids), Sql.Of(moved.Select(m => m.Version).ToArray()))
            .ListAsync(r => r.GetInt64(0), cancel);
    }

    /// <summary>Sets the deadline again of what was skipped long ago and has not gone on: whoever took it did not know it.</summary>
    public static Task SkipAgainAsync(NpgsqlDataSource data, string deadline, CancellationToken cancel) =>
        data.Command(
                """
                insert into deadline (flow_id, name, due_at) select c.flow_id, $1, now() from exception_case c join posting p on p.key = c.posting_key
                where c.skipped and c.closed_at < now() - interval '1 minute' and p.state = 'refused' on conflict do nothing
                """,
                Sql.Of(deadline))
            .ExecuteAsync(cancel);

    /// <summary>The skips among these cases are taken back, as far as their orders have not gone on already.</summary>
    public static Task UnskipAsync(NpgsqlConnection connection, long[] cases, string deadline, CancellationToken cancel) =>
        connection.Command("delete from deadline where name = $2 and flow_id in (select flow_id from exception_case where id = any($1) and skipped)", Sql.Of(cases), Sql.Of(deadline)).ExecuteAsync(cancel);

    /// <summary>Takes an act back where nothing has happened to the case since. A case whose subject has failed anew meanwhile stays closed: the new one stands for it.</summary>
    public static Task<List<long>> RestoreAsync(NpgsqlConnection connection, IReadOnlyList<CaseMoved> moved, CancellationToken cancel) =>
        connection.Command(
                """
                with former as (
                    select * from unnest($1::bigint[], $2::int[], $3::text[], $4::uuid[], $5::timestamptz[], $6::text[], $7::text[], $8::timestamptz[], $9::text[], $10::text[], $11::bigint[])
                        as m (id, version, state, assignee, assigned_at, ticket, shelf, shelf_until, shelf_by, shelf_note, assigned_rule)),
                locked as (
                    select c.id from exception_case c join former m on m.id = c.id and m.version = c.version
                    where m.state = c.state
                       or (not exists (select from exception_case o where o.subject = c.subject and o.state in ('open', 'retrying'))
                           and not exists (select from posting p where p.key = c.posting_key and p.state in ('confirmed', 'withdrawn')))
                    order by c.id for update of c)
                update exception_case c
                set state = m.state, assignee = m.assignee, assigned_at = m.assigned_at, assigned_rule = m.assigned_rule, ticket = m.ticket, closed_at = null, closed_by = null, resolution = null, skipped = false, version = c.version + 1,
                    shelf = m.shelf, shelf_until = m.shelf_until, shelf_by = m.shelf_by, shelf_note = m.shelf_note
                from former m join locked using (id) where c.id = m.id
                returning c.id
                """,
                Sql.Of(moved.Select(m => m.Id).ToArray()), Sql.Of(moved.Select(m => m.Version).ToArray()), Sql.Of(moved.Select(m => m.Former.State).ToArray()),
                Sql.Of(moved.Select(m => m.Former.Assignee).ToArray()), Sql.Of(moved.Select(m => m.Former.AssignedAt?.ToUniversalTime()).ToArray()),
                Sql.Of(moved.Select(m => m.Former.Ticket).ToArray()), Sql.Of(moved.Select(m => m.Former.Shelf).ToArray()),
                Sql.Of(moved.Select(m => m.Former.ShelfUntil?.ToUniversalTime()).ToArray()), Sql.Of(moved.Select(m => m.Former.ShelfBy).ToArray()),
                Sql.Of(moved.Select(m => m.Former.ShelfNote).ToArray()), Sql.Of(moved.Select(m => m.Former.AssignedRule).ToArray()))
            .ListAsync(r => r.GetInt64(0), cancel);

    /// <summary>Whoever has these cases has seen them: they need not be told any more. Not a change that others could collide with.</summary>
    public static Task LookedAsync(NpgsqlConnection connection, long[] ids, Guid person, CancellationToken cancel) =>
        connection.Command(
                """
                update exception_case c set looked_at = now() from (
                    select id from exception_case where id = any($1) and assignee = $2 and (looked_at is null or looked_at < assigned_at) order by id for update) mine
                where c.id = mine.id
                """,
                Sql.Of(ids), Sql.Of(person))
            .ExecuteAsync(cancel);

    private static Task<List<CaseMoved>> MoveAsync(
        NpgsqlConnection connection, IReadOnlyCollection<CaseSeen> seen, string fit, string change, NpgsqlParameter[] values, CancellationToken cancel) =>
        connection.Command(
                $"""
                with was as (
                    select c.id, c.state, c.assignee, c.assigned_at, c.assigned_rule, c.ticket, c.shelf, c.shelf_until, c.shelf_by, c.shelf_note
                    from exception_case c join unnest($1::bigint[], $2::int[]) as s (id, version) on s.id = c.id and s.version = c.version
                    where {fit} order by c.id for update of c)
                update exception_case c set {change}, version = c.version + 1 from was w where c.id = w.id
                returning c.id, c.version, w.state, w.assignee, w.assigned_at, w.assigned_rule, w.ticket, w.shelf, w.shelf_until, w.shelf_by, w.shelf_note
                """,
                [Sql.Of(seen.Select(s => s.Id).ToArray()), Sql.Of(seen.Select(s => s.Version).ToArray()), .. values])
            .ListAsync(
                r => new CaseMoved(r.GetInt64(0), r.GetInt32(1), new CasePlace(
                    r.GetString(2), r.IsDBNull(3) ? null : r.GetGuid(3), CaseReader.When(r, 4), r.IsDBNull(5) ? null : r.GetInt64(5), r.Maybe<string>(6), r.Maybe<string>(7),
                    CaseReader.When(r, 8), r.Maybe<string>(9), r.Maybe<string>(10))),
                cancel);
}
