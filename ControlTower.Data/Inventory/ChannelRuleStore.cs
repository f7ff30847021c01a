using ControlTower.Data.Db;
using Npgsql;
using NpgsqlTypes;

namespace ControlTower.Data.Inventory;

/// <summary>What is kept from channels. The most specific rule counts alone: one for the SKU before one for the place before one for the channel. Null means all of them.</summary>
/// <param name="Buffer">Pieces.</param>
/// <param name="BufferPercent">Of what is on hand less the safety stock, rounded up to pieces.</param>
public sealed record ChannelRule(
    long Id, string? Sku, string? Location, string? Channel, bool Excluded, int Buffer, decimal BufferPercent, int Revision, DateTimeOffset ChangedAt, string ChangedBy);

public static class ChannelRuleStore
{
    /// <summary>Rules for one SKU and those for all, the most specific first.</summary>
    /// <param name="begins">How the SKU begins, in any case; null for all rules.</param>
    public static Task<List<ChannelRule>> ListAsync(NpgsqlDataSource data, string? begins, int most, CancellationToken cancel) => data.Command(
            """
            select id, sku, location, connection_id, excluded, buffer, buffer_percent, revision, changed_at, changed_by from channel_rule
            where $1::text is null or starts_with(lower(sku), lower($1)) order by sku nulls last, location nulls last, connection_id nulls last limit $2
            """,
            Sql.Of(begins, NpgsqlDbType.Text), Sql.Of(most))
        .ListAsync(
            r => new ChannelRule(
                r.GetInt64(0), r.Maybe<string>(1), r.Maybe<string>(2), r.Maybe<string>(3), r.GetBoolean(4), r.GetInt32(5), r.GetDecimal(6), r.GetInt32(7), r.GetFieldValue<DateTimeOffset>(8), r.GetString(9)),
            cancel);

    /// <summary>Writes the rule of this SKU, place and channel. False if it is not as it was seen: nothing was written.</summary>
    /// <param name="seen">The revision that was seen; 0 if there was none.</param>
    public static async Task<bool> PutAsync(NpgsqlConnection connection, ChannelRule rule, int seen, CancellationToken cancel)
    {
        NpgsqlParameter[] values =
        [
            Sql.Of(rule.Sku, NpgsqlDbType.Text), Sql.Of(rule.Location, NpgsqlDbType.Text), Sql.Of(rule.Channel, NpgsqlDbType.Text), Sql.Of(rule.Excluded), Sql.Of(rule.Buffer), Sql.Of(rule.BufferPercent),
            Sql.Of(rule.ChangedBy), Sql.Of(seen),
        ];
        return await connection.Command(
            seen == 0
                ? """
                  insert into channel_rule (sku, location, connection_id, excluded, buffer, buffer_percent, changed_by)
                  select $1, $2, $3, $4, $5, $6, $7 where $8 = 0 on conflict on constraint channel_rule_once do nothing
                  """
                : """
                  update channel_rule set excluded = $4, buffer = $5, buffer_percent = $6, changed_by = $7, changed_at = now(), revision = revision + 1
                  where sku is not distinct from $1 and location is not distinct from $2 and connection_id is not distinct from $3 and revision = $8
                  """,
            values).ExecuteAsync(cancel) == 1;
    }

    /// <summary>False if it is not as it was seen.</summary>
    public static async Task<bool> RemoveAsync(NpgsqlConnection connection, long id, int seen, CancellationToken cancel) =>
        await connection.Command("delete from channel_rule where id = $1 and revision = $2", Sql.Of(id), Sql.Of(seen)).ExecuteAsync(cancel) == 1;
}
