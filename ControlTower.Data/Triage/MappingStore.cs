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

    public static IReadOnlyList<string> All { get; } = [Sku, Location, Tax];
}

public sealed record NewMapping(string ConnectionId, string Kind, string From, string To, string Fingerprint, string Who, Guid? WhoId, string Why);

/// <summary>A mapping in force.</summary>
public sealed record MappingRow(long Id, string ConnectionId, string Kind, string From, string To, string Who, DateTimeOffset At);

/// <summary>Mappings, inside the caller's transaction. One is in force per connection, kind and word: the database refuses a second.</summary>
public static class MappingStore
{
    public const int LongestWord = 120;

    private const string Columns = "id, connection_id, kind, from_value, to_value, who, at";

    /// <summary>Puts a mapping in force. If another one already is, in force for the same word, nothing changes and that one is returned.</summary>
    public static async Task<MappingRow?> PutAsync(NpgsqlConnection connection, NewMapping mapping, CancellationToken cancel)
    {
        var put = await connection.Command(
                """
                insert into mapping (connection_id, kind, from_value, to_value, fingerprint, who, who_id, why) values ($1, $2, $3, $4, $5, $6, $7, $8)
                on conflict (connection_id, kind, from_value) where removed_at is null do nothing
                """,
                Sql.Of(mapping.ConnectionId), Sql.Of(mapping.Kind), Sql.Of(mapping.From), Sql.Of(mapping.To), Sql.Of(mapping.Fingerprint), Sql.Of(mapping.Who),
                Sql.Of(mapping.WhoId, NpgsqlDbType.Uuid), Sql.Of(mapping.Why))
            .ExecuteAsync(cancel);
        return put == 1 ? null : (await connection.Command(
                $"select {Columns} from mapping where connection_id = $1 and kind = $2 and from_value = $3 and removed_at is null",
                Sql.Of(mapping.ConnectionId), Sql.Of(mapping.Kind), Sql.Of(mapping.From))
            .ListAsync(Row, cancel)).FirstOrDefault();
    }

    /// <summary>What is in force for a connection, newest first; at most 200.</summary>
    public static Task<List<MappingRow>> InForceAsync(NpgsqlDataSource data, string connectionId, CancellationToken cancel) =>
        data.Command($"select {Columns} from mapping where connection_id = $1 and removed_at is null order by at desc, id desc limit 200", Sql.Of(connectionId)).ListAsync(Row, cancel);

    /// <summary>Takes a mapping out of force. Null if it was not in force any more.</summary>
    public static async Task<MappingRow?> RemoveAsync(NpgsqlConnection connection, long id, string by, CancellationToken cancel) =>
        (await connection.Command(
                "update mapping set removed_at = now(), removed_by = $2 where id = $1 and removed_at is null returning " + Columns,
                Sql.Of(id), Sql.Of(by))
            .ListAsync(Row, cancel)).FirstOrDefault();

    /// <summary>
    /// Open cases of a cause whose held delivery names the mapped word, in id order, at most <paramref name="most"/>. A case without a delivery does not wait for a mapping.
    /// </summary>
    public static Task<List<long>> WaitingAsync(NpgsqlConnection connection, NewMapping mapping, int most, CancellationToken cancel) =>
        connection.Command(
                """
                select c.id from exception_case c
                join delivery d on d.posting_key = c.posting_key and d.state = 3 and d.connection_id = $1
                left join lateral (
                    select coalesce(
                        (select r.body from posting_revision r where r.flow_id = d.flow_id and r.document_version = d.document_version and r.undone_at is null order by r.revision desc limit 1),
                        (select o.body from order_document o where o.flow_id = d.flow_id and o.version = d.document_version)) as body) b on true
                where c.fingerprint = $2 and c.state = 'open' and case $3
                    when 'sku' then $4 in (select jsonb_path_query(b.body, '$.lines[*].sku') #>> '{}' union all select jsonb_path_query(d.arguments, '$.lines[*].sku') #>> '{}')
                    when 'location' then $4 in (select b.body ->> 'pickupLocation' union all select jsonb_path_query(d.arguments, '$.allocations[*].location') #>> '{}')
                    else $4 in (select jsonb_path_query(b.body, '$.*[*].taxes[*].code') #>> '{}'
                                union all select trim_scale((t #>> '{}')::numeric)::text from jsonb_path_query(b.body, '$.*[*].taxes[*].rate ? (@.type() == "number")') t)
                end
                order by c.id limit $5
                """,
                Sql.Of(mapping.ConnectionId), Sql.Of(mapping.Fingerprint), Sql.Of(mapping.Kind), Sql.Of(mapping.From), Sql.Of(most))
            .ListAsync(r => r.GetInt64(0), cancel);

    private static MappingRow Row(NpgsqlDataReader r) =>
        new(r.GetInt64(0), r.GetString(1), r.GetString(2), r.GetString(3), r.GetString(4), r.GetString(5), r.GetFieldValue<DateTimeOffset>(6));
}
