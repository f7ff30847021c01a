using System.Diagnostics;
using ControlTower.Data.Db;
using Npgsql;

namespace ControlTower.Data.Inbox;

/// <summary>A message in the hands of one node until its lease ends. Only a holder of <see cref="Fence"/> may finish it.</summary>
/// <param name="Attempts">This one counted.</param>
/// <param name="Hiccups">How often it was given back because the database failed.</param>
/// <param name="LastLook">It was parked and its time is over: if what it waits for is still not there, it is not parked again.</param>
public sealed record ClaimedMessage(
    long Id, long Fence, int Attempts, string ConnectionId, string Topic, string EventId, string Lane, byte[] Body, DateTimeOffset ReceivedAt, ActivityContext? Trace,
    int Hiccups = 0, bool LastLook = false);

public sealed record MessageEnd(long Id, string Outcome, string? Detail, long? FlowId, int Attempts);

/// <summary>Open work of the inbox. Leases are judged by the database's clock.</summary>
public static class InboxWork
{
    // Only the head of a lane: one message in flight per aggregate, so effects apply in order. Parked messages do not hold up their lane: what they wait for may be behind them.
    // Nor do hints that wait for a read: the hints behind them join the same read, and what is read is a message of its own.
    //
    // Who was tried before is a suspect: it may have killed its worker. It is tried alone, in its turn, so that it harms no others; a batch ends before it.
    //
    // Bodies are looked up one by one, by key: left to choose, the planner reads the whole history of messages for each claim once there is enough of it.
    //
    // The last look is one that was planned after the time was over. After a weekend off, the first look comes before what the polls are about to bring.
    private const string ClaimHeads = """
        with heads as (
            select w.message_id, w.attempts > 0 or w.hiccups >= 3 as suspect, w.due_at from inbox_work w
            where w.state <> 2 and w.due_at <= now() and (w.lease_until is null or w.lease_until < now())
              and not exists (
                select 1 from inbox_work e
                where e.connection_id = w.connection_id and e.lane = w.lane and e.message_id < w.message_id and e.state = 0)
            order by w.message_id
            limit $1
            for update of w skip locked),
        batch as (
            select message_id, due_at, row_number() over so_far as n, bool_or(suspect) over so_far as suspicious from heads window so_far as (order by message_id))
        update inbox_work w
        set attempts = w.attempts + 1, fence = w.fence + 1, lease_owner = $2, lease_until = now() + $3
        from batch b cross join lateral (select * from inbox_message x where x.id = b.message_id limit 1) m
        where w.message_id = b.message_id and (b.n = 1 or not b.suspicious)
        returning m.id, w.fence, w.attempts, m.connection_id, m.topic, m.event_id, m.lane, m.body, m.received_at, m.trace_id, m.trace_span, w.hiccups,
            coalesce(b.due_at > w.park_until, false)
        """;

    /// <summary>
    /// Claims up to <paramref name="limit"/> messages, or one that was tried before. The attempt is counted here, before it is made: a message that kills its worker has still used one.
    /// </summary>
    public static async Task<List<ClaimedMessage>> ClaimAsync(NpgsqlDataSource data, Guid node, TimeSpan lease, int limit, CancellationToken cancel)
    {
        var claimed = await data.Command(ClaimHeads, Sql.Of(limit), Sql.Of(node), Sql.Of(lease)).ListAsync(
            r => new ClaimedMessage(
                r.GetInt64(0), r.GetInt64(1), r.GetInt32(2), r.GetString(3), r.GetString(4), r.GetString(5), r.GetString(6), r.GetFieldValue<byte[]>(7),
                r.GetFieldValue<DateTimeOffset>(8), TraceColumns.Read(r, 9, 10), r.GetInt32(11), r.GetBoolean(12)),
            cancel);
        claimed.Sort((a, b) => a.Id.CompareTo(b.Id));
        return claimed;
    }

    /// <summary>Locks those of the messages that this claim still owns, in id order, and returns their ids. The rest belongs to somebody else now.</summary>
    public static Task<List<long>> HoldAsync(NpgsqlConnection connection, long[] ids, long[] fences, CancellationToken cancel) =>
        connection.Command(
                """
                select w.message_id from inbox_work w join unnest($1::bigint[], $2::bigint[]) as mine (id, fence) on w.message_id = mine.id and w.fence = mine.fence
                order by w.message_id for update of w
                """,
                Sql.Of(ids), Sql.Of(fences))
            .ListAsync(r => r.GetInt64(0), cancel);

    /// <summary>Finishes held messages: they leave the open work, their outcome stays.</summary>
    public static Task<int> FinishAsync(NpgsqlConnection connection, IReadOnlyList<MessageEnd> ends, CancellationToken cancel) =>
        connection.Command(
                """
                with ended as (
                    select * from unnest($1::bigint[], $2::text[], $3::text[], $4::bigint[], $5::int[]) as e (id, outcome, detail, flow_id, attempts)),
                gone as (
                    delete from inbox_work w using ended e where w.message_id = e.id)
                insert into inbox_outcome (message_id, outcome, detail, flow_id, attempts)
                select id, outcome, detail, flow_id, attempts from ended
                """,
                Sql.Of(ends.Select(e => e.Id).ToArray()), Sql.Of(ends.Select(e => e.Outcome).ToArray()), Sql.Of(ends.Select(e => e.Detail).ToArray()),
                Sql.Of(ends.Select(e => e.FlowId).ToArray()), Sql.Of(ends.Select(e => e.Attempts).ToArray()))
            .ExecuteAsync(cancel);

    /// <summary>Sets held messages aside until what they depend on has come, looking again at growing intervals. Waiting does not use up attempts.</summary>
    public static Task<int> ParkAsync(NpgsqlConnection connection, long[] ids, string[] reasons, TimeSpan limit, CancellationToken cancel) =>
        connection.Command(
                """
                update inbox_work w
                set state = 1, reason = p.reason, lease_owner = null, lease_until = null, attempts = 0, hiccups = 0,
                    park_until = coalesce(w.park_until, now() + $3),
                    due_at = now() + least(interval '5 minutes', greatest(interval '2 seconds', (now() - m.received_at) / 4))
                from unnest($1::bigint[], $2::text[]) as p (id, reason) join inbox_message m on m.id = p.id
                where w.message_id = p.id
                """,
                Sql.Of(ids), Sql.Of(reasons), Sql.Of(limit))
            .ExecuteAsync(cancel);

    /// <summary>Makes what is parked in these lanes due at once: what it waited for has come. Rows in other hands are left to them.</summary>
    public static Task<int> WakeLanesAsync(NpgsqlConnection connection, string[] connections, string[] lanes, CancellationToken cancel) =>
        connection.Command(
                """
                update inbox_work set due_at = now() where message_id in (
                    select w.message_id from inbox_work w join unnest($1::text[], $2::text[]) as l (connection_id, lane) using (connection_id, lane)
                    where w.state = 1 and w.due_at > now() for update of w skip locked)
                """,
                Sql.Of(connections), Sql.Of(lanes))
            .ExecuteAsync(cancel);

    /// <summary>Hands a held message to the connection's owner, who reads <paramref name="resources"/> from the vendor and stores the answer as a message of its own.</summary>
    public static Task<int> AwaitFetchAsync(NpgsqlConnection connection, long[] ids, string[] resources, CancellationToken cancel) =>
        connection.Command(
                """
                update inbox_work w set state = 2, reason = f.resource, lease_owner = null, lease_until = null, attempts = 0, hiccups = 0, due_at = now()
                from unnest($1::bigint[], $2::text[]) as f (id, resource) where w.message_id = f.id
                """,
                Sql.Of(ids), Sql.Of(resources))
            .ExecuteAsync(cancel);

    /// <summary>Gives a failed message back, to be tried again after a pause that grows with its attempts.</summary>
    public static Task<int> ReleaseAsync(NpgsqlConnection connection, long[] ids, long[] fences, string[] reasons, CancellationToken cancel) =>
        connection.Command(
                """
                with mine as (
                    select w.message_id, x.reason from inbox_work w join unnest($1::bigint[], $2::bigint[], $3::text[]) as x (id, fence, reason) on w.message_id = x.id and w.fence = x.fence
                    order by w.message_id for update of w)
                update inbox_work w
                set lease_owner = null, lease_until = null, reason = left(m.reason, 500), due_at = now() + make_interval(secs => power(2, least(w.attempts, 6)) * (0.5 + random() / 2))
                from mine m where w.message_id = m.message_id
                """,
                Sql.Of(ids), Sql.Of(fences), Sql.Of(reasons))
            .ExecuteAsync(cancel);

    /// <summary>
    /// Takes attempts back that the database made fail: nothing is known against these messages. May come late: if somebody else has claimed the message since, the claim is left alone,
    /// only the count is put right.
    /// </summary>
    public static Task<int> ForgiveAsync(NpgsqlDataSource data, long[] ids, long[] fences, CancellationToken cancel) =>
        data.Command(
                """
                with mine as (
                    select w.message_id, w.fence = x.fence as held from inbox_work w join unnest($1::bigint[], $2::bigint[]) as x (id, fence) on w.message_id = x.id and w.fence >= x.fence
                    where w.state <> 2 order by w.message_id for update of w)
                update inbox_work w
                set attempts = greatest(w.attempts - 1, 0), hiccups = w.hiccups + 1,
                    lease_owner = case when m.held then null else w.lease_owner end, lease_until = case when m.held then null else w.lease_until end,
                    due_at = case when m.held then now() + make_interval(secs => power(2, least(w.hiccups, 6)) / 2) else w.due_at end
                from mine m where w.message_id = m.message_id
                """,
                Sql.Of(ids), Sql.Of(fences))
            .ExecuteAsync(cancel);
}
