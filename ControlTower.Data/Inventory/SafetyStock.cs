using ControlTower.Data.Db;
using Npgsql;

namespace ControlTower.Data.Inventory;

/// <summary>What is kept back of a SKU at a place, whoever asks for it.</summary>
public static class SafetyStock
{
    /// <summary>The cell, locked until the transaction ends; null if nothing of it is known.</summary>
    public static async Task<(int OnHand, int Reserved, int Safety)?> OfAsync(NpgsqlConnection connection, string sku, string location, CancellationToken cancel) =>
        await connection.Command("select on_hand, reserved, safety from stock where sku = $1 and location = $2 for no key update", Sql.Of(sku), Sql.Of(location))
            .ListAsync(r => (r.GetInt32(0), r.GetInt32(1), r.GetInt32(2)), cancel) is [var cell] ? cell : null;

    /// <summary>False if more is promised than would be left: nothing was changed.</summary>
    public static async Task<bool> KeepAsync(NpgsqlConnection connection, string sku, string location, int pieces, CancellationToken cancel) =>
        await connection.Command(
            """
            update stock set safety = $3, updated_at = now(), oversold = least(oversold, greatest(reserved - greatest(on_hand - $3, 0), 0))
            where sku = $1 and location = $2 and reserved <= greatest(on_hand - $3, 0) + oversold
            """,
            Sql.Of(sku), Sql.Of(location), Sql.Of(pieces)).ExecuteAsync(cancel) == 1;
}
