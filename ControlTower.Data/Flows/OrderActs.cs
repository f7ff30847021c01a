using ControlTower.Data.ApiClients;
using ControlTower.Data.Canonical;
using ControlTower.Data.Db;
using Npgsql;

namespace ControlTower.Data.Flows;

/// <summary>An order as an act finds it.</summary>
/// <param name="Version">Of the flow; rises with each change.</param>
/// <param name="State">As its flow keeps it: JSON.</param>
/// <param name="Shop">Name of the system that it came from.</param>
/// <param name="Erp">Name of the system that keeps its books; null while none is chosen.</param>
public sealed record FoundOrder(OrderKey Key, string Name, int Version, string Stage, string Status, long AppliedVersion, string State, string Shop, string? Erp);

/// <summary>What acts on orders look up before they are said.</summary>
public static class OrderActs
{
    private const string Find =
        """
        select f.source, f.source_id, f.name, f.version, f.stage, f.status, f.applied_version, f.state::text, s.name, e.name
        from flow f join connection s on s.id = f.source left join connection e on e.id = f.erp
        where f.id = $1 and f.kind = 'order-to-cash' and f.state is not null and (cardinality($2) = 0 or f.source = any ($2)) and (cardinality($3) = 0 or f.brand = any ($3))
        """;

    /// <summary>An order within reach, which nothing changes until the transaction ends; null if there is none.</summary>
    public static async Task<FoundOrder?> LockAsync(NpgsqlConnection connection, long id, ApiReach reach, CancellationToken cancel) =>
        await connection.Command($"{Find} for update of f", Sql.Of(id), Sql.Of(reach.Channels.ToArray()), Sql.Of(reach.Brands.ToArray())).ListAsync(Read, cancel) is [var found] ? found : null;

    /// <summary>An order as it stands, whoever changes it next; null if there is none.</summary>
    public static async Task<FoundOrder?> FindAsync(NpgsqlDataSource data, long id, CancellationToken cancel) =>
        await data.Command(Find, Sql.Of(id), Sql.Of(Array.Empty<string>()), Sql.Of(Array.Empty<string>())).ListAsync(Read, cancel) is [var found] ? found : null;

    /// <summary>What was said under an id; empty where its words were erased since, null if nothing was.</summary>
    public static async Task<byte[]?> SaidAsync(NpgsqlConnection connection, string source, string topic, string eventId, CancellationToken cancel) =>
        (await connection.Command("select body from inbox_message where connection_id = $1 and topic = $2 and event_id = $3", Sql.Of(source), Sql.Of(topic), Sql.Of(eventId))
            .ListAsync(r => r.GetFieldValue<byte[]>(0), cancel)).FirstOrDefault();

    private static FoundOrder Read(NpgsqlDataReader r) => new(
        new OrderKey(r.GetString(0), r.GetString(1)), r.GetString(2), r.GetInt32(3), r.GetString(4), r.GetString(5), r.GetInt64(6), r.GetString(7), r.GetString(8), r.Maybe<string>(9));
}
