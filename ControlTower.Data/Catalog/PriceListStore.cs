using ControlTower.Data.Canonical;
using ControlTower.Data.Db;
using Npgsql;

namespace ControlTower.Data.Catalog;

/// <summary>Price lists of channels as they were last read. In the caller's transaction.</summary>
public static class PriceListStore
{
    /// <summary>Stores some prices of a list; read again, it changes nothing but the time. A price that was looked at since the part was read stays as it was seen then.</summary>
    /// <param name="read">The database's clock before the part was read.</param>
    public static async Task StoreAsync(NpgsqlConnection connection, string connectionId, PriceListPart part, DateTimeOffset read, CancellationToken cancel)
    {
        await connection.Command(
                """
                insert into price_list (connection_id, list, name, currency, read_at) values ($1, $2, $3, $4, $5)
                on conflict (connection_id, list) do update set name = excluded.name, currency = excluded.currency, read_at = excluded.read_at where price_list.read_at <= excluded.read_at
                """,
                Sql.Of(connectionId), Sql.Of(part.List), Sql.Of(part.Name), Sql.Of(part.Currency), Sql.Of(read.ToUniversalTime()))
            .ExecuteAsync(cancel);
        await connection.Command(
                """
                insert into price_list_price as o (connection_id, list, item, price, compare_at, follows, currency, read_at)
                select $1, $2, p.item, p.price, p.compare_at, p.follows, p.currency, $8 from unnest($3::text[], $4::numeric[], $5::numeric[], $6::boolean[], $7::text[]) as p (item, price, compare_at, follows, currency) order by p.item
                on conflict (connection_id, list, item) do update set price = excluded.price, compare_at = excluded.compare_at, follows = excluded.follows, currency = excluded.currency, read_at = excluded.read_at
                where o.read_at <= excluded.read_at
                """,
                Sql.Of(connectionId), Sql.Of(part.List), Sql.Of(part.Prices.Select(p => p.Item).ToArray()), Sql.Of(part.Prices.Select(p => (decimal?)p.Amount).ToArray()), Sql.Of(part.Prices.Select(p => p.CompareAt).ToArray()),
                Sql.Of(part.Prices.Select(p => p.Follows).ToArray()), Sql.Of(part.Prices.Select(p => p.Currency).ToArray()), Sql.Of(read.ToUniversalTime()))
            .ExecuteAsync(cancel);
    }

    /// <summary>Forgets lists and prices that a whole run did not meet.</summary>
    /// <param name="began">The database's clock before the first page of the run.</param>
    public static async Task EndPassAsync(NpgsqlConnection connection, string connectionId, DateTimeOffset began, CancellationToken cancel)
    {
        await connection.Command("delete from price_list where connection_id = $1 and read_at < $2", Sql.Of(connectionId), Sql.Of(began)).ExecuteAsync(cancel);
        await connection.Command("delete from price_list_price where connection_id = $1 and read_at < $2", Sql.Of(connectionId), Sql.Of(began)).ExecuteAsync(cancel);
    }
}
