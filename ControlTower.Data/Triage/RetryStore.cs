using ControlTower.Data.Db;
using Npgsql;

namespace ControlTower.Data.Triage;

public sealed record FrozenCase(long Id, string? PostingKey, long? MessageId, long? FlowId, string? ConnectionId);

/// <summary>A posting whose delivery waited for a person, and what it was then: <c>refused</c>, <c>unknown</c>, or <c>intended</c> where it ran out of attempts.</summary>
public sealed record HeldPosting(string Key, string State);

public enum CaseEnding
{
    /// <summary>A person says that it is in order.</summary>
    Resolved,

    /// <summary>It will not be delivered, and the order stays as it is.</summary>
    Discarded,

    /// <summary>It will not be delivered, and the order goes on without it. Only the ERP's number on the shop's order is such a thing: nothing rests on it.</summary>
    Skipped,

    /// <summary>The message came under an id that was used before, and is right: it is worked once more under an id of its own, as if it had just come.</summary>
    Reissued,
}

/// <summary>The state changes behind a retry, all inside the caller's transaction.</summary>
public static class RetryStore
{
    /// <summary>Takes the open cases of the set, in id order; they are retrying from here on.</summary>
    public static Task<List<FrozenCase>> FreezeAsync(NpgsqlConnection connection, long[] ids, CancellationToken cancel) =>
        connection.Command(
                """
                with frozen as (select id from exception_case where id = any($1) and state = 'open' and code <> 'id-reused' order by id for update)
                update exception_case c set state = 'retrying', retried_at = now(), accepted_at = null, attempts = c.attempts + 1,
                    held_as = (select p.state from posting p where p.key = c.posting_key and p.state in ('refused', 'unknown', 'intended')), version = c.version + 1 from frozen f where c.id = f.id
                returning c.id, c.posting_key, c.message_id, c.flow_id, c.connection_id
                """,
                Sql.Of(ids))
            .ListAsync(
                r => new FrozenCase(r.GetInt64(0), r.Maybe<string>(1), r.IsDBNull(2) ? null : r.GetInt64(2), r.IsDBNull(3) ? null : r.GetInt64(3), r.Maybe<string>(4)), cancel);

    /// <summary>Held deliveries go back to work on the replay lane: refused ones are sent with the same key, unknown ones are looked up. Returns them as they were held.</summary>
    public static Task<List<HeldPosting>> ReleaseDeliveriesAsync(NpgsqlConnection connection, string[] keys, CancellationToken cancel) =>
        connection.Command(
                """
                with released as (
                    update delivery d set lane = 2, attempts = 0, lookups = 0, due_at = now(), state = case when p.state = 'unknown' then 2 else 0 end
                    from posting p where p.key = d.posting_key and d.posting_key = any($1) and d.state = 3
                    returning d.posting_key, p.state),
                intended as (update posting p set state = 'intended' from released r where p.key = r.posting_key and p.state = 'refused')
                select posting_key, state from released
                """,
                Sql.Of(keys))
            .ListAsync(r => new HeldPosting(r.GetString(0), r.GetString(1)), cancel);

    /// <summary>The document of a case that is being retried, as it was held before; null if the case is not as it was seen, is not being retried, or is about no document.</summary>
    public static async Task<HeldPosting?> HeldAsync(NpgsqlConnection connection, CaseSeen seen, CancellationToken cancel) =>
        await connection.Command(
                "select posting_key, coalesce(held_as, 'intended') from exception_case where id = $1 and version = $2 and state = 'retrying' and posting_key is not null", Sql.Of(seen.Id), Sql.Of(seen.Version))
            .ListAsync(r => new HeldPosting(r.GetString(0), r.GetString(1)), cancel) is [var held] ? held : null;

    /// <summary>
    /// Takes retries back whose document has not gone out since: it is held as it was, and its case is open. A claim locks the delivery too, and marks it as sent: who comes first decides.
    /// Returns those cases.
    /// </summary>
    public static async Task<List<long>> TakeBackAsync(NpgsqlConnection connection, long[] ids, IReadOnlyList<HeldPosting> held, CancellationToken cancel)
    {
        await RevisionStore.LockAsync(connection, ids, cancel);
        return await connection.Command(
                """
                with back as (
                    select c.id, h.key, h.state from exception_case c join unnest($2::text[], $3::text[]) as h (key, state) on h.key = c.posting_key join delivery d on d.posting_key = h.key
                    where c.id = any($1) and c.state = 'retrying' and d.state = 0 and (d.last_sent_at is null or d.last_sent_at < c.retried_at)),
                kept as (update delivery d set state = 3, due_at = now() from back b where d.posting_key = b.key),
                marked as (update posting p set state = b.state from back b where p.key = b.key)
                update exception_case c set state = 'open', version = c.version + 1 from back b where c.id = b.id returning c.id
                """,
                Sql.Of(ids), Sql.Of(held.Select(h => h.Key).ToArray()), Sql.Of(held.Select(h => h.State).ToArray()))
            .ListAsync(r => r.GetInt64(0), cancel);
    }

    /// <summary>Messages that were set aside are worked again from their stored bytes.</summary>
    public static Task ReopenMessagesAsync(NpgsqlConnection connection, long[] messages, CancellationToken cancel) =>
        connection.Command(
                """
                with gone as (delete from inbox_outcome where message_id = any($1) and outcome = 'excepted' and detail is distinct from 'id-reused' returning message_id)
                insert into inbox_work (message_id, connection_id, lane) select m.id, m.connection_id, m.lane from inbox_message m join gone g on g.message_id = m.id
                on conflict do nothing
                """,
                Sql.Of(messages))
            .ExecuteAsync(cancel);

    /// <summary>Cases whose retry changed nothing are open again.</summary>
    public static Task ReopenAsync(NpgsqlDataSource data, long[] ids, CancellationToken cancel) =>
        data.Command("update exception_case set state = 'open', version = version + 1 where id = any($1) and state = 'retrying'", Sql.Of(ids)).ExecuteAsync(cancel);

    /// <summary>
    /// Opens again what stands as retrying for longer than <paramref name="patience"/> although nothing is in work for it: whoever began the retry died before its end, or there was
    /// nothing to retry. Rows in other hands are left to them. Safe to repeat; returns how many there were.
    /// </summary>
    public static Task<int> GiveBackAsync(NpgsqlDataSource data, TimeSpan patience, CancellationToken cancel) =>
        data.Command(
                """
                update exception_case set state = 'open', version = version + 1 where id in (
                    select c.id from exception_case c
                    where c.state = 'retrying' and coalesce(c.retried_at, c.last_seen_at) < now() - $1
                      and not exists (select from delivery d where d.posting_key = c.posting_key and d.state < 3)
                      and not exists (select from inbox_work w where w.message_id = c.message_id)
                    order by c.id for update of c skip locked)
                """,
                Sql.Of(patience))
            .ExecuteAsync(cancel);
}
