using System.Diagnostics;
using System.Security.Cryptography;
using ControlTower.Data.Db;
using Npgsql;
using NpgsqlTypes;

namespace ControlTower.Data.Inbox;

/// <summary>A genuine message, not yet stored.</summary>
/// <param name="HeadersJson">The vendor's own headers as a JSON object; no credentials.</param>
/// <param name="Trace">Of the request or the read that brought it.</param>
public sealed record Arrival(string ConnectionId, string Topic, string EventId, string Lane, string HeadersJson, byte[] Body, ActivityContext? Trace)
{
    public byte[] Hash { get; } = SHA256.HashData(Body);
}

public enum Stored
{
    New,

    /// <summary>The same event with the same bytes is there already.</summary>
    Duplicate,

    /// <summary>The event's id is there already with other bytes: kept apart, with an exception case, never worked.</summary>
    IdReused,
}

/// <summary>
/// The inbox: raw bytes first. Written by hand because a whole batch of waiting requests is stored with one statement. Lengths and uniqueness are the database's to enforce.
/// </summary>
public static class InboxStore
{
    private const string Insert = """
        with incoming as (
            select * from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::jsonb[], $6::bytea[], $7::bytea[], $8::text[], $9::text[])
                with ordinality as t (connection_id, topic, event_id, lane, headers, body, body_hash, trace_id, trace_span, n)),
        stored as (
            insert into inbox_message (connection_id, topic, event_id, lane, headers, body, body_hash, trace_id, trace_span)
            select connection_id, topic, event_id, lane, headers, body, body_hash, trace_id, trace_span from incoming order by n
            on conflict (connection_id, topic, event_id) do nothing
            returning id, connection_id, topic, event_id, lane, body_hash),
        work as (
            insert into inbox_work (message_id, connection_id, lane) select id, connection_id, lane from stored)
        select i.n from incoming i join stored s using (connection_id, topic, event_id, body_hash)
        """;

    private const string Reused = """
        select i.n from unnest($1::text[], $2::text[], $3::text[], $4::bytea[]) with ordinality as i (connection_id, topic, event_id, body_hash, n)
        join inbox_message m using (connection_id, topic, event_id) where m.body_hash <> i.body_hash
        """;

    // Bytes of a reused id are kept under an id of their own, so that a repeat of the same bytes is again one row.
    private const string KeepApart = """
        with kept as (
            insert into inbox_message (connection_id, topic, event_id, lane, headers, body, body_hash, trace_id, trace_span)
            values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
            on conflict (connection_id, topic, event_id) do nothing
            returning id, connection_id, topic, lane),
        outcome as (
            insert into inbox_outcome (message_id, outcome, detail) select id, 'excepted', 'id-reused' from kept)
        insert into exception_case (fingerprint, failure, code, title, message, connection_id, message_id, subject, value, currency, brand)
        select 'duplicate:' || k.connection_id || ':id-reused', 'duplicate', 'id-reused', 'Event id used twice with different content',
            'The sender used the id of an earlier event for different content (' || k.topic || '). The earlier one was processed, this one was kept and not processed.',
            k.connection_id, k.id, 'message/' || k.id, coalesce(f.value, 0), f.currency, coalesce(f.brand, '')
        from kept k left join flow f on k.lane like 'order/%' and f.kind = 'order-to-cash' and f.source = k.connection_id and f.source_id = substr(k.lane, 7)
        """;

    /// <summary>Stores a batch and commits. When this returns, every genuine message is on disk. Safe to repeat.</summary>
    public static async Task<IReadOnlyList<Stored>> StoreAsync(NpgsqlConnection connection, IReadOnlyList<Arrival> batch, CancellationToken cancel)
    {
        var answers = new Stored[batch.Count];
        Array.Fill(answers, Stored.Duplicate);
        await using (var insert = connection.Command(
            Insert,
            Texts(batch, a => a.ConnectionId), Texts(batch, a => a.Topic), Texts(batch, a => a.EventId), Texts(batch, a => a.Lane),
            Sql.Jsons([.. batch.Select(a => a.HeadersJson)]), Bytes(batch, a => a.Body), Bytes(batch, a => a.Hash), Texts(batch, a => TraceColumns.Id(a.Trace)), Texts(batch, a => TraceColumns.Span(a.Trace))))
        {
            await using var reader = await insert.ExecuteReaderAsync(cancel);
            while (await reader.ReadAsync(cancel))
            {
                answers[reader.GetInt64(0) - 1] = Stored.New;
            }
        }

        var known = Enumerable.Range(0, batch.Count).Where(i => answers[i] == Stored.Duplicate).ToArray();
        if (known.Length > 0)
        {
            await FindReusedAsync(connection, batch, known, answers, cancel);
        }

        return answers;
    }

    private static async Task FindReusedAsync(NpgsqlConnection connection, IReadOnlyList<Arrival> batch, int[] known, Stored[] answers, CancellationToken cancel)
    {
        var subset = known.Select(i => batch[i]).ToList();
        var reused = await connection.Command(
                Reused, Texts(subset, a => a.ConnectionId), Texts(subset, a => a.Topic), Texts(subset, a => a.EventId), Bytes(subset, a => a.Hash))
            .ListAsync(r => known[r.GetInt64(0) - 1], cancel);
        foreach (var i in reused)
        {
            var a = batch[i];
            answers[i] = Stored.IdReused;
            await connection.Command(
                    KeepApart,
                    Sql.Of(a.ConnectionId), Sql.Of(a.Topic), Sql.Of($"{a.EventId}~{Convert.ToHexStringLower(a.Hash.AsSpan(0, 8))}"), Sql.Of(a.Lane),
                    Sql.Json(a.HeadersJson), Sql.Of(a.Body), Sql.Of(a.Hash), Sql.Of(TraceColumns.Id(a.Trace), NpgsqlDbType.Text), Sql.Of(TraceColumns.Span(a.Trace), NpgsqlDbType.Text))
                .ExecuteAsync(cancel);
        }
    }

    private static NpgsqlParameter Texts(IReadOnlyList<Arrival> batch, Func<Arrival, string?> value) => Sql.Of(batch.Select(value).ToArray());

    private static NpgsqlParameter Bytes(IReadOnlyList<Arrival> batch, Func<Arrival, byte[]> value) => Sql.Of(batch.Select(value).ToArray());
}
