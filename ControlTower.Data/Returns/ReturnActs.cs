using ControlTower.Data.Canonical;
using ControlTower.Data.Db;
using Npgsql;

namespace ControlTower.Data.Returns;

/// <summary>A return as an act finds it.</summary>
/// <param name="State">The flow's state as it is stored.</param>
public sealed record KnownReturn(OrderKey Key, string Name, string State);

/// <summary>What acts on returns look up before they are said.</summary>
public static class ReturnActs
{
    /// <summary>The order behind a flow; null if there is none.</summary>
    public static async Task<OrderKey?> OrderAsync(NpgsqlConnection connection, long flow, CancellationToken cancel)
    {
        var found = await connection.Command("select source, source_id from flow where id = $1 and kind = 'order-to-cash' and state is not null", Sql.Of(flow))
            .ListAsync(r => new OrderKey(r.GetString(0), r.GetString(1)), cancel);
        return found.Count == 0 ? null : found[0];
    }

    public static async Task<KnownReturn?> ReturnAsync(NpgsqlConnection connection, long flow, CancellationToken cancel)
    {
        var found = await connection.Command("select source, source_id, name, state::text from flow where id = $1 and kind = 'return-to-refund' and state is not null", Sql.Of(flow))
            .ListAsync(r => new KnownReturn(new OrderKey(r.GetString(0), r.GetString(1)), r.GetString(2), r.GetString(3)), cancel);
        return found.Count == 0 ? null : found[0];
    }

    public static async Task<bool> KnowsPlaceAsync(NpgsqlConnection connection, string location, CancellationToken cancel) =>
        await connection.Command("select exists (select from location where id = $1)", Sql.Of(location)).ScalarAsync<bool>(cancel);

    /// <summary>Was this said before?</summary>
    public static async Task<bool> SaidAsync(NpgsqlConnection connection, string source, string topic, string eventId, CancellationToken cancel) =>
        await connection.Command("select exists (select from inbox_message where connection_id = $1 and topic = $2 and event_id = $3)", Sql.Of(source), Sql.Of(topic), Sql.Of(eventId))
            .ScalarAsync<bool>(cancel);
}
