using ControlTower.Data.ApiClients;
using ControlTower.Data.Canonical;
using ControlTower.Data.Db;
using Npgsql;

namespace ControlTower.Data.Flows;

/// <summary>An order as an act finds it.</summary>
/// <param name="Version">Of the flow; rises with each change.</param>
public sealed record FoundOrder(OrderKey Key, string Name, int Version, string Stage, string Status, long AppliedVersion);

/// <summary>What acts on orders look up before they are said.</summary>
public static class OrderActs
{
    /// <summary>An order within reach, which nothing changes until the transaction ends; null if there is none.</summary>
    public static async Task<FoundOrder?> LockAsync(NpgsqlConnection connection, long id, ApiReach reach, CancellationToken cancel)
    {
        var found = await connection.Command(
            """
            select source, source_id, name, version, stage, status, applied_version from flow
            where id = $1 and kind = 'order-to-cash' and state is not null and (cardinality($2) = 0 or source = any ($2)) and (cardinality($3) = 0 or brand = any ($3)) for update
            """,
            Sql.Of(id), Sql.Of(reach.Channels.ToArray()), Sql.Of(reach.Brands.ToArray())).ListAsync(
            r => new FoundOrder(new OrderKey(r.GetString(0), r.GetString(1)), r.GetString(2), r.GetInt32(3), r.GetString(4), r.GetString(5), r.GetInt64(6)), cancel);
        return found.Count == 0 ? null : found[0];
    }

    /// <summary>What was said under an id; empty where its words were erased since, null if nothing was.</summary>
    public static async Task<byte[]?> SaidAsync(NpgsqlConnection connection, string source, string topic, string eventId, CancellationToken cancel) =>
        (await connection.Command("select body from inbox_message where connection_id = $1 and topic = $2 and event_id = $3", Sql.Of(source), Sql.Of(topic), Sql.Of(eventId))
            .ListAsync(r => r.GetFieldValue<byte[]>(0), cancel)).FirstOrDefault();
}
