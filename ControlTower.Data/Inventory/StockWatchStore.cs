using ControlTower.Data.Db;
using Npgsql;
using NpgsqlTypes;

namespace ControlTower.Data.Inventory;

/// <summary>A level that people are told of: when what is free falls below <paramref name="Below"/> pieces, and when it has risen to <paramref name="Again"/> or more. Of a SKU at one place, or over all places together.</summary>
/// <param name="Location">Null: over all places.</param>
/// <param name="Free">Pieces free now.</param>
/// <param name="Since">When it last fell or rose, or was first looked at.</param>
public sealed record StockWatch(
    long Id, string Sku, string? Location, int Below, int Again, bool IsLow, DateTimeOffset Since, int Free, int Revision, DateTimeOffset ChangedAt, string ChangedBy);

public static class StockWatchStore
{
    /// <summary>What is low first, what fell last at the top; then the others by SKU.</summary>
    /// <param name="begins">How the SKU begins, in any case; null for all.</param>
    public static Task<List<StockWatch>> ListAsync(NpgsqlDataSource data, string? begins, bool lowOnly, int most, CancellationToken cancel) => data.Command(
            """
            select id, sku, location, below, again, is_low, since, stock_watch_free(sku, location), revision, changed_at, changed_by from stock_watch
            where ($1::text is null or starts_with(lower(sku), lower($1))) and (is_low or not $2)
            order by is_low desc, case when is_low then since end desc, sku collate "C", location nulls first limit $3
            """,
            Sql.Of(begins, NpgsqlDbType.Text), Sql.Of(lowOnly), Sql.Of(most))
        .ListAsync(
            r => new StockWatch(
                r.GetInt64(0), r.GetString(1), r.Maybe<string>(2), r.GetInt32(3), r.GetInt32(4), r.GetBoolean(5), r.GetFieldValue<DateTimeOffset>(6), r.GetInt32(7), r.GetInt32(8),
                r.GetFieldValue<DateTimeOffset>(9), r.GetString(10)),
            cancel);

    /// <summary>Writes the watch of this SKU and place; it is judged at the next look. False if it is not as it was seen, or the SKU is not known: nothing was written.</summary>
    /// <param name="seen">The revision that was seen; 0 if there was none.</param>
    public static async Task<bool> PutAsync(NpgsqlConnection connection, StockWatch watch, int seen, CancellationToken cancel) =>
        await connection.Command(
            $"""
            with put as (
                {(seen == 0
                    ? """
                      insert into stock_watch (sku, location, below, again, changed_by) select $1, $2, $3, $4, $5 where $6 = 0 on conflict on constraint stock_watch_once do nothing returning sku
                      """
                    : """
                      update stock_watch set below = $3, again = $4, changed_by = $5, changed_at = now(), revision = revision + 1 where sku = $1 and location is not distinct from $2 and revision = $6 returning sku
                      """)})
            insert into stock_watch_moved (sku) select sku from put
            """,
            Sql.Of(watch.Sku), Sql.Of(watch.Location, NpgsqlDbType.Text), Sql.Of(watch.Below), Sql.Of(watch.Again), Sql.Of(watch.ChangedBy), Sql.Of(seen)).ExecuteAsync(cancel) == 1;

    /// <summary>False if it is not as it was seen.</summary>
    public static async Task<bool> RemoveAsync(NpgsqlConnection connection, long id, int seen, CancellationToken cancel) =>
        await connection.Command("delete from stock_watch where id = $1 and revision = $2", Sql.Of(id), Sql.Of(seen)).ExecuteAsync(cancel) == 1;

    public static async Task<bool> IsStockedAsync(NpgsqlConnection connection, string sku, CancellationToken cancel) =>
        await connection.Command("select exists (select from stock where sku = $1)", Sql.Of(sku)).ScalarAsync<bool>(cancel);

    /// <summary>Judges what moved; each fall and each rise is told once. Any number of callers at once.</summary>
    /// <returns>How many movements were looked at; none if another caller is just doing it.</returns>
    public static Task<int> LookAsync(NpgsqlDataSource data, int most, CancellationToken cancel) => data.Command("select stock_watch_look($1)", Sql.Of(most)).ScalarAsync<int>(cancel);
}
