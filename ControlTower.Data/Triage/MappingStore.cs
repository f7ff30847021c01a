using ControlTower.Data.Db;
using Npgsql;
using NpgsqlTypes;

namespace ControlTower.Data.Triage;

/// <summary>What can be mapped: only what orders name and connectors look up.</summary>
public static class MappingKind
{
    public const string Sku = "sku";
    public const string Location = "location";

    /// <summary>A tax, named by its rate (<c>0.19</c>) or by a code that the document carries.</summary>
    public const string Tax = "tax";

    /// <summary>A customer of a channel, named by the channel and its own id of them (<c>shopify-eu/6104482130</c>); it becomes the target's number of that customer.</summary>
    public const string Customer = "customer";

    public static IReadOnlyList<string> All { get; } = [Sku, Location, Tax, Customer];
}

public sealed record NewMapping(string ConnectionId, string Kind, string From, string To, string Fingerprint, string Who, Guid? WhoId, string Why);

/// <summary>A mapping.</summary>
/// <param name="RemovedAt">Null: it is in force.</param>
public sealed record MappingRow(long Id, string ConnectionId, string Kind, string From, string To, string Who, DateTimeOffset At, string Why, DateTimeOffset? RemovedAt, string? RemovedBy);

/// <summary>A word of ours that a connection knows under another name.</summary>
public sealed record MappingKey(string ConnectionId, string Kind, string From);

/// <param name="Connection">Its id; empty: all.</param>
/// <param name="Kind">Empty: all.</param>
/// <param name="Text">Part of either word, whatever its case.</param>
public sealed record MappingFilter(string Connection, string Kind, string Text);

/// <summary>Mappings, inside the caller's transaction. One is in force per connection, kind and word: the database refuses a second.</summary>
public static class MappingStore
{
    public const int LongestWord = 120;

    private const string Columns = "id, connection_id, kind, from_value, to_value, who, at, why, removed_at, removed_by";

    // What a delivery sends: the order's statement, as people changed it last.
    private const string Document =
        """
        left join lateral (
            select coalesce(
                (select r.body from posting_revision r where r.flow_id = d.flow_id and r.document_version = d.document_version and r.undone_at is null order by r.revision desc limit 1),
                (select o.body from order_document o where o.flow_id = d.flow_id and o.version = d.document_version)) as body) b on true
        """;

    // It names one of the words: $1 connections, $2 kinds, $3 words.
    private const string Names =
        """
        exists (
            select from (
                select 'sku', jsonb_path_query(b.body, '$.lines[*].sku') #>> '{}' union all select 'sku', jsonb_path_query(d.arguments, '$.lines[*].sku') #>> '{}'
                union all select 'location', b.body ->> 'pickupLocation' union all select 'location', jsonb_path_query(d.arguments, '$.allocations[*].location') #>> '{}'
                union all select 'customer', (b.body #>> '{key,source}') || '/' || (b.body #>> '{buyer,id}')
                union all select 'tax', jsonb_path_query(b.body, '$.*[*].taxes[*].code') #>> '{}'
                union all select 'tax', trim_scale((t #>> '{}')::numeric)::text from jsonb_path_query(b.body, '$.*[*].taxes[*].rate ? (@.type() == "number")') t) named (kind, word)
            join unnest($1::text[], $2::text[], $3::text[]) m (connection_id, kind, word) on m.connection_id = d.connection_id and m.kind = named.kind and m.word = named.word)
        """;

    // Of what is in force.
    private const string Filtered =
        "removed_at is null and ($1 = '' or connection_id = $1) and ($2 = '' or kind = $2) and ($3 = '' or strpos(lower(from_value), lower($3)) > 0 or strpos(lower(to_value), lower($3)) > 0)";

    /// <summary>Puts a mapping in force, and returns its id. If another one is in force for the same word already, nothing changes and that one is returned.</summary>
    public static async Task<(long? Put, MappingRow? Before)> PutAsync(NpgsqlConnection connection, NewMapping mapping, CancellationToken cancel)
    {
        var put = await connection.Command(
                """
                insert into mapping (connection_id, kind, from_value, to_value, fingerprint, who, who_id, why) values ($1, $2, $3, $4, $5, $6, $7, $8)
                on conflict (connection_id, kind, from_value) where removed_at is null do nothing returning id
                """,
                Sql.Of(mapping.ConnectionId), Sql.Of(mapping.Kind), Sql.Of(mapping.From), Sql.Of(mapping.To), Sql.Of(mapping.Fingerprint), Sql.Of(mapping.Who),
                Sql.Of(mapping.WhoId, NpgsqlDbType.Uuid), Sql.Of(mapping.Why))
            .ListAsync(r => r.GetInt64(0), cancel);
        return put is [var id] ? (id, null) : (null, (await connection.Command(
                $"select {Columns} from mapping where connection_id = $1 and kind = $2 and from_value = $3 and removed_at is null",
                Sql.Of(mapping.ConnectionId), Sql.Of(mapping.Kind), Sql.Of(mapping.From))
            .ListAsync(Row, cancel)).FirstOrDefault());
    }

    /// <summary>What is in force for a connection, newest first; at most 200.</summary>
    public static Task<List<MappingRow>> InForceAsync(NpgsqlDataSource data, string connectionId, CancellationToken cancel) =>
        data.Command($"select {Columns} from mapping where connection_id = $1 and removed_at is null order by at desc, id desc limit 200", Sql.Of(connectionId)).ListAsync(Row, cancel);

    /// <summary>What is in force, by connection, kind and word.</summary>
    /// <param name="after">The id of the last one seen; 0 at first.</param>
    public static Task<List<MappingRow>> ListAsync(NpgsqlDataSource data, MappingFilter filter, long after, int most, CancellationToken cancel) =>
        data.Command(
                $"""
                select {Columns} from mapping where {Filtered} and ($4 = 0 or (connection_id, kind, from_value) > (select l.connection_id, l.kind, l.from_value from mapping l where l.id = $4))
                order by connection_id, kind, from_value limit $5
                """,
                [.. Values(filter), Sql.Of(after), Sql.Of(most)])
            .ListAsync(Row, cancel);

    /// <summary>How many are in force, by kind.</summary>
    public static async Task<IReadOnlyDictionary<string, long>> CountsAsync(NpgsqlDataSource data, MappingFilter filter, CancellationToken cancel) =>
        (await data.Command($"select kind, count(*) from mapping where {Filtered} group by kind", Values(filter)).ListAsync(r => (r.GetString(0), r.GetInt64(1)), cancel)).ToDictionary(StringComparer.Ordinal);

    /// <summary>These, in force or not, in the order of the ids.</summary>
    public static Task<List<MappingRow>> RowsAsync(NpgsqlDataSource data, IReadOnlyList<long> ids, CancellationToken cancel) =>
        data.Command($"select {Columns} from mapping join unnest($1::bigint[]) with ordinality k (key, place) on id = k.key order by k.place", Sql.Of(ids.ToArray())).ListAsync(Row, cancel);

    /// <summary>Everything that a word was ever mapped to, newest first.</summary>
    public static Task<List<MappingRow>> HistoryAsync(NpgsqlDataSource data, MappingKey key, CancellationToken cancel) =>
        data.Command(
                $"select {Columns} from mapping where connection_id = $1 and kind = $2 and from_value = $3 order by id desc limit 50", Sql.Of(key.ConnectionId), Sql.Of(key.Kind), Sql.Of(key.From))
            .ListAsync(Row, cancel);

    /// <summary>Keeps everybody else from changing mappings until the transaction ends; reading goes on.</summary>
    public static Task LockAsync(NpgsqlConnection connection, CancellationToken cancel) => connection.Command("lock table mapping in share row exclusive mode").ExecuteAsync(cancel);

    /// <summary>What is in force of these words, and of all words of the connections and kinds among them.</summary>
    public static Task<List<MappingRow>> BesideAsync(NpgsqlConnection connection, IReadOnlyCollection<MappingKey> keys, CancellationToken cancel) =>
        connection.Command(
                $"select {Columns} from mapping where removed_at is null and (connection_id, kind) in (select * from unnest($1::text[], $2::text[]))",
                Sql.Of(keys.Select(k => k.ConnectionId).ToArray()), Sql.Of(keys.Select(k => k.Kind).ToArray()))
            .ListAsync(Row, cancel);

    /// <summary>Puts many in force, of words that have none in force.</summary>
    public static Task AddAsync(NpgsqlConnection connection, IReadOnlyCollection<NewMapping> mappings, CancellationToken cancel) => mappings.Count == 0 ? Task.CompletedTask :
        connection.Command(
                """
                insert into mapping (connection_id, kind, from_value, to_value, fingerprint, who, who_id, why)
                select m.*, '', $5, $6, $7 from unnest($1::text[], $2::text[], $3::text[], $4::text[]) m
                """,
                Sql.Of(mappings.Select(m => m.ConnectionId).ToArray()), Sql.Of(mappings.Select(m => m.Kind).ToArray()), Sql.Of(mappings.Select(m => m.From).ToArray()), Sql.Of(mappings.Select(m => m.To).ToArray()),
                Sql.Of(mappings.First().Who), Sql.Of(mappings.First().WhoId, NpgsqlDbType.Uuid), Sql.Of(mappings.First().Why))
            .ExecuteAsync(cancel);

    /// <summary>Takes mappings out of force.</summary>
    /// <returns>Those that were in force.</returns>
    public static Task<List<MappingRow>> RemoveAsync(NpgsqlConnection connection, IReadOnlyCollection<long> ids, string by, CancellationToken cancel) =>
        connection.Command($"update mapping set removed_at = now(), removed_by = $2 where id = any ($1) and removed_at is null returning {Columns}", Sql.Of(ids.ToArray()), Sql.Of(by)).ListAsync(Row, cancel);

    /// <summary>Open cases whose held delivery names one of the words, in the order of their ids. A case without a delivery does not wait for a mapping.</summary>
    /// <param name="fingerprint">Of one cause; null: of any.</param>
    /// <param name="after">The id of the last one seen; 0 at first.</param>
    public static Task<List<long>> WaitingAsync(NpgsqlConnection connection, IReadOnlyCollection<MappingKey> words, string? fingerprint, long after, int most, CancellationToken cancel) =>
        connection.Command(
                $"""
                select c.id from exception_case c
                join delivery d on d.posting_key = c.posting_key and d.state = 3 and d.connection_id = any ($1)
                {Document}
                where ($4::text is null or c.fingerprint = $4) and c.state = 'open' and c.id > $5 and
                {Names}
                order by c.id limit $6
                """,
                Sql.Of(words.Select(w => w.ConnectionId).ToArray()), Sql.Of(words.Select(w => w.Kind).ToArray()), Sql.Of(words.Select(w => w.From).ToArray()), Sql.Of(fingerprint), Sql.Of(after), Sql.Of(most))
            .ListAsync(r => r.GetInt64(0), cancel);

    /// <summary>
    /// Cases that were retried since, name one of the words and have not gone out, with their documents as they were held; at most so many. What a batch has in its hands is left to it.
    /// </summary>
    public static Task<List<(long Case, HeldPosting Held)>> ReleasedAsync(NpgsqlConnection connection, MappingKey word, DateTimeOffset since, int most, CancellationToken cancel) =>
        connection.Command(
                $"""
                select c.id, c.posting_key, coalesce(c.held_as, 'intended') from exception_case c
                join delivery d on d.posting_key = c.posting_key and d.state = 0 and d.connection_id = any ($1) and (d.last_sent_at is null or d.last_sent_at < c.retried_at)
                {Document}
                where c.state = 'retrying' and c.retried_at >= $4 and not exists (select from batch_item i where i.case_id = c.id and i.state in ('waiting', 'sent')) and
                {Names}
                order by c.id limit $5
                """,
                Sql.Of(new[] { word.ConnectionId }), Sql.Of(new[] { word.Kind }), Sql.Of(new[] { word.From }), Sql.Of(since.ToUniversalTime()), Sql.Of(most))
            .ListAsync(r => (r.GetInt64(0), new HeldPosting(r.GetString(1), r.GetString(2))), cancel);

    /// <summary>What was mapped because of this cause, the kind that was mapped most; null if nothing was. Its latest 5,000 closed cases are counted.</summary>
    public static async Task<MappingUse?> UseAsync(NpgsqlDataSource data, string fingerprint, CancellationToken cancel) =>
        (await data.Command(
                """
                select kind, count(*)::int, (array_agg(who order by at desc))[1], max(at),
                    (select count(*)::int from (
                        select c.proven, c.opened_at, c.retried_at from exception_case c where c.fingerprint = $1 and c.closed_at is not null order by c.closed_at desc limit 5000) n
                     where n.proven and exists (select from mapping w where w.fingerprint = $1 and w.kind = m.kind and w.removed_at is null and n.opened_at <= w.at and n.retried_at >= w.at))
                from mapping m where fingerprint = $1 and removed_at is null group by kind order by 2 desc, 4 desc limit 1
                """,
                Sql.Of(fingerprint))
            .ListAsync(r => new MappingUse(r.GetString(0), r.GetInt32(1), r.GetInt32(4), r.GetString(2), r.GetFieldValue<DateTimeOffset>(3)), cancel)).FirstOrDefault();

    private static NpgsqlParameter[] Values(MappingFilter filter) => [Sql.Of(filter.Connection), Sql.Of(filter.Kind), Sql.Of(filter.Text)];

    private static MappingRow Row(NpgsqlDataReader r) => new(
        r.GetInt64(0), r.GetString(1), r.GetString(2), r.GetString(3), r.GetString(4), r.GetString(5), r.GetFieldValue<DateTimeOffset>(6), r.GetString(7), r.Maybe<DateTimeOffset?>(8), r.Maybe<string>(9));
}
