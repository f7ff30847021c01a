using ControlTower.Data.Db;
using Npgsql;
using NpgsqlTypes;

namespace ControlTower.Data.Triage;

/// <param name="Subject">What failed, such as <c>posting/KEY</c>: one open case each.</param>
public sealed record NewCase(
    string Subject, string Fingerprint, string Failure, string Code, string Title, string Message, string? Field, string? ConnectionId, long? FlowId, string? PostingKey,
    long? MessageId, long? CallId, decimal Value, string? Currency, string Brand);

/// <summary>A message that went through and holds all there is of its lane.</summary>
/// <param name="Topics">Of older messages in the lane that it makes needless.</param>
public sealed record CoveringReading(string ConnectionId, string Lane, IReadOnlyCollection<string> Topics, long MessageId);

/// <summary>Exception cases, written in the transaction of what failed.</summary>
public static class CaseStore
{
    /// <summary>How a case ends of which nobody wants any more what it is about.</summary>
    public const string TakenBack = "No longer wanted: it was taken back before it happened.";

    /// <summary>
    /// Opens a case per subject, or joins the one that is open: it then shows the newest failure and counts one more occurrence. A message that says of itself nothing that is worth anything
    /// carries what the order in whose lane it came is worth.
    /// </summary>
    public static Task OpenAsync(NpgsqlConnection connection, IReadOnlyList<NewCase> cases, CancellationToken cancel)
    {
        var last = cases.GroupBy(c => c.Subject, StringComparer.Ordinal).Select(g => g.Last()).OrderBy(c => c.Subject, StringComparer.Ordinal).ToList();
        return connection.Command(
                """
                insert into exception_case (subject, fingerprint, failure, code, title, message, field, connection_id, flow_id, posting_key, message_id, call_id, value, currency, brand, lane)
                select subject, left(fingerprint, 300), failure, left(code, 120), left(title, 200), left(message, 2000), field, c.connection_id, flow_id, posting_key, message_id, call_id,
                       coalesce(nullif(c.value, 0), o.value, c.value), case when c.value = 0 then coalesce(o.currency, c.currency) else c.currency end, coalesce(nullif(c.brand, ''), o.brand, c.brand),
                       case when c.code <> 'id-reused' then m.lane end
                from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::bigint[], $10::text[], $11::bigint[], $12::bigint[],
                    $13::numeric[], $14::text[], $15::text[])
                    as c (subject, fingerprint, failure, code, title, message, field, connection_id, flow_id, posting_key, message_id, call_id, value, currency, brand)
                left join inbox_message m on m.id = c.message_id
                left join flow o on c.flow_id is null and m.lane like 'order/%' and o.kind = 'order-to-cash' and o.source = m.connection_id and o.source_id = substr(m.lane, 7)
                order by c.subject collate "C"
                on conflict (subject) where state in ('open', 'retrying') do update
                set fingerprint = excluded.fingerprint, failure = excluded.failure, code = excluded.code, title = excluded.title, message = excluded.message, field = excluded.field,
                    call_id = excluded.call_id, value = excluded.value, currency = excluded.currency, state = 'open',
                    occurrences = exception_case.occurrences + 1, last_seen_at = now(), version = exception_case.version + 1
                """,
                Texts(last, c => c.Subject), Texts(last, c => c.Fingerprint), Texts(last, c => c.Failure), Texts(last, c => c.Code), Texts(last, c => c.Title), Texts(last, c => c.Message),
                Texts(last, c => c.Field), Texts(last, c => c.ConnectionId), Sql.Of(last.Select(c => c.FlowId).ToArray()), Texts(last, c => c.PostingKey),
                Sql.Of(last.Select(c => c.MessageId).ToArray()), Sql.Of(last.Select(c => c.CallId).ToArray()), Sql.Of(last.Select(c => c.Value).ToArray()),
                Texts(last, c => c.Currency), Texts(last, c => c.Brand))
            .ExecuteAsync(cancel);
    }

    /// <summary>Opens or joins the case of a delivery that waits for a person.</summary>
    public static Task OpenDeliveryAsync(
        NpgsqlConnection connection, Outbox.ClaimedDelivery claim, string fingerprint, string failure, string code, string title, string message, long? callId, CancellationToken cancel) =>
        connection.Command(
                """
                insert into exception_case (subject, fingerprint, failure, code, title, message, connection_id, flow_id, posting_key, call_id, value, currency, brand)
                select 'posting/' || $1, $2, $3, $4, $5, left($6, 2000), $7, f.id, $1, $8, f.value, f.currency, f.brand from flow f where f.id = $9
                on conflict (subject) where state in ('open', 'retrying') do update
                set fingerprint = excluded.fingerprint, failure = excluded.failure, code = excluded.code, title = excluded.title, message = excluded.message,
                    call_id = coalesce(excluded.call_id, exception_case.call_id), state = 'open', occurrences = exception_case.occurrences + 1, last_seen_at = now(),
                    version = exception_case.version + 1
                """,
                Sql.Of(claim.Key), Sql.Of(fingerprint), Sql.Of(failure), Sql.Of(code), Sql.Of(title), Sql.Of(message), Sql.Of(claim.ConnectionId), Sql.Of(callId, NpgsqlDbType.Bigint),
                Sql.Of(claim.FlowId))
            .ExecuteAsync(cancel);

    /// <summary>The target said yes to the retry of this posting's case, which now waits to be read back.</summary>
    public static Task AcceptedAsync(NpgsqlDataSource data, string postingKey, CancellationToken cancel) =>
        data.Command("update exception_case set accepted_at = now(), version = version + 1 where subject = 'posting/' || $1 and state = 'retrying'", Sql.Of(postingKey)).ExecuteAsync(cancel);

    /// <summary>
    /// Closes the open cases of these subjects: what held them up is over. No target was read back, so it is not proven: what is sent next proves itself. The look-up is by the key of open
    /// cases, also where there are many.
    /// </summary>
    public static Task WentOnAsync(NpgsqlConnection connection, string[] subjects, string resolution, CancellationToken cancel) =>
        connection.Command(
                """
                update exception_case c set state = 'resolved', closed_at = now(), closed_by = 'tower', resolution = $2, version = c.version + 1
                where c.state in ('open', 'retrying') and c.subject = any($1)
                """,
                Sql.Of(subjects), Sql.Of(resolution))
            .ExecuteAsync(cancel);

    /// <summary>
    /// Closes the open cases of older messages of which these newer readings hold all there is. Whatever a person retries or decides at this moment is left to them; the next reading comes to it.
    /// Whether a system may say something is never settled by its saying it again.
    /// </summary>
    public static Task CoverAsync(NpgsqlConnection connection, IReadOnlyList<CoveringReading> readings, CancellationToken cancel) =>
        connection.Command(
                """
                update exception_case c set state = 'resolved', closed_at = now(), closed_by = 'tower', resolution = 'A newer reading of the same went through.', version = c.version + 1
                where c.id in (
                    select e.id from unnest($1::text[], $2::text[], $3::text[], $4::bigint[]) as n (connection_id, lane, topics, id)
                    join exception_case e on e.connection_id = n.connection_id and e.lane = n.lane and e.state = 'open' and e.message_id < n.id and e.failure <> 'ownership'
                    join inbox_message m on m.id = e.message_id and m.topic = any(string_to_array(n.topics, E'\n'))
                    order by e.id for update of e skip locked)
                """,
                Sql.Of(readings.Select(r => r.ConnectionId).ToArray()), Sql.Of(readings.Select(r => r.Lane).ToArray()), Sql.Of(readings.Select(r => string.Join('\n', r.Topics)).ToArray()),
                Sql.Of(readings.Select(r => r.MessageId).ToArray()))
            .ExecuteAsync(cancel);

    /// <summary>Closes the open cases of these subjects: nobody wants what they were about any more, which proves nothing.</summary>
    public static Task TakeBackAsync(NpgsqlConnection connection, string[] subjects, CancellationToken cancel) => WentOnAsync(connection, subjects, TakenBack, cancel);

    private static NpgsqlParameter Texts(List<NewCase> cases, Func<NewCase, string?> value) => Sql.Of(cases.Select(value).ToArray());
}
