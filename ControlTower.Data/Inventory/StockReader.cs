using ControlTower.Data.Db;
using Npgsql;

namespace ControlTower.Data.Inventory;

/// <param name="Available">What may still be promised: on hand less safety less reserved, never below zero.</param>
public sealed record StockPosition(string Sku, string Location, int OnHand, int Reserved, int Safety, int Available, DateTimeOffset UpdatedAt);

/// <param name="State"><c>active</c>, <c>released</c> or <c>committed</c>.</param>
public sealed record StockReservation(long FlowId, string OrderLineId, string Sku, string Location, int Quantity, string State, DateTimeOffset ReservedAt, DateTimeOffset? EndedAt);

/// <summary>What the stock looks like now. Reads only.</summary>
public static class StockReader
{
    private const string Positions = """
        select sku, location, on_hand, reserved, safety, greatest(on_hand - safety, 0) - reserved, updated_at from stock
        where (sku, location) > ($1, $2) and ($3::text is null or sku ilike '%' || replace(replace(replace($3, '\', '\\'), '%', '\%'), '_', '\_') || '%')
          and (not $4 or greatest(on_hand - safety, 0) - reserved = 0)
        order by sku, location limit $5
        """;

    /// <summary>A page of positions behind (<paramref name="afterSku"/>, <paramref name="afterLocation"/>), by SKU and location.</summary>
    /// <param name="contains">Part of a SKU; any case.</param>
    /// <param name="soldOut">Only positions of which nothing may be promised.</param>
    public static Task<List<StockPosition>> PositionsAsync(
        NpgsqlDataSource data, string? contains, bool soldOut, int limit, string afterSku, string afterLocation, CancellationToken cancel) =>
        data.Command(Positions, Sql.Of(afterSku), Sql.Of(afterLocation), Sql.Of(contains, NpgsqlTypes.NpgsqlDbType.Text), Sql.Of(soldOut), Sql.Of(limit))
            .ListAsync(
                r => new StockPosition(r.GetString(0), r.GetString(1), r.GetInt32(2), r.GetInt32(3), r.GetInt32(4), r.GetInt32(5), r.GetFieldValue<DateTimeOffset>(6)), cancel);

    /// <summary>Everything that a flow holds or held, oldest first.</summary>
    public static Task<List<StockReservation>> OfFlowAsync(NpgsqlDataSource data, long flowId, CancellationToken cancel) =>
        data.Command("select flow_id, order_line_id, sku, location, quantity, state, reserved_at, ended_at from reservation where flow_id = $1 order by id", Sql.Of(flowId))
            .ListAsync(
                r => new StockReservation(r.GetInt64(0), r.GetString(1), r.GetString(2), r.GetString(3), r.GetInt32(4), r.GetString(5),
                    r.GetFieldValue<DateTimeOffset>(6), r.Maybe<DateTimeOffset?>(7)),
                cancel);
}
