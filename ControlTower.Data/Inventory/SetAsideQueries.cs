using ControlTower.Data.Db;
using NpgsqlTypes;

namespace ControlTower.Data.Inventory;

public enum SetAsideView
{
    /// <summary>Set aside for something that does not come or is over.</summary>
    Orphans,

    /// <summary>All holds that are active.</summary>
    Holds,
}

/// <summary>Goods that are set aside: a hold, or what an order keeps although it is over.</summary>
/// <param name="Hold">The hold; null for what an order keeps.</param>
/// <param name="FlowId">The order, if it is known here.</param>
/// <param name="Why">Why it is an orphan: <c>order-over</c>, <c>order-missing</c>, <c>late</c>; null if it is none.</param>
public sealed record SetAsideRow(
    Guid? Hold, long? FlowId, string Name, HoldKind? Kind, string? Client, string? Order, long Quantity, string Goods, DateTimeOffset Since, DateTimeOffset? Until, string? Why);

/// <summary>Who keeps goods from being sold. Reading again is always safe.</summary>
public sealed class SetAsideQueries(TowerDataSources sources)
{
    /// <summary>How long an order may take to come after it was named; a sale at a till or in a shop is heard of within minutes.</summary>
    public static readonly TimeSpan OrderLate = TimeSpan.FromHours(1);

    private const string Rows = """
        select hold, flow_id, name, kind, client, order_name, quantity, goods, since, until, why from (
            select h.id as hold, f.id as flow_id, h.reference as name, h.kind, coalesce(c.name, h.client) as client, h.order_source || '/' || h.order_id as order_name,
                g.quantity, g.goods, h.made_at as since, h.expires_at as until,
                case when h.expires_at < now() - interval '1 minute' then 'late'
                    when f.status in ('done', 'cancelled') then 'order-over'
                    when h.order_id is not null and f.id is null and h.named_at < now() - $2::interval then 'order-missing' end as why
            from stock_hold h
            join lateral (
                select coalesce(sum(r.quantity), 0) as quantity, coalesce(string_agg(r.quantity || ' × ' || r.sku || ' at ' || r.location, ', ' order by r.id), '') as goods
                from reservation r where r.hold_id = h.id and r.state = 'active') g on true
            left join flow f on f.kind = 'order-to-cash' and f.source = h.order_source and f.source_id = h.order_id
            left join api_client c on 'client:' || c.id = h.client
            where h.state = 'active'
            union all
            select null, f.id, f.name, null, null, null, g.quantity, g.goods, g.since, null, 'order-over'
            from (
                select r.flow_id, sum(r.quantity) as quantity, string_agg(r.quantity || ' × ' || r.sku || ' at ' || r.location, ', ' order by r.id) as goods, min(r.reserved_at) as since
                from reservation r where r.flow_id is not null and r.state = 'active' group by r.flow_id) g
            join flow f on f.id = g.flow_id where f.status in ('done', 'cancelled')) x
        where ($1 and hold is not null or not $1 and why is not null) and ($3::text is null or strpos(lower(concat_ws(' ', name, goods, order_name)), lower($3)) > 0)
        order by since limit $4
        """;

    /// <summary>The oldest first.</summary>
    /// <param name="text">In the name, the goods or the order; null for all.</param>
    public Task<List<SetAsideRow>> ListAsync(SetAsideView view, string? text, int most, CancellationToken cancel) => sources.Read.Command(
            Rows, Sql.Of(view is SetAsideView.Holds), Sql.Of(OrderLate), Sql.Of(text, NpgsqlDbType.Text), Sql.Of(most))
        .ListAsync(
            r => new SetAsideRow(
                r.Maybe<Guid?>(0), r.Maybe<long?>(1), r.GetString(2), r.Maybe<string>(3) is { } kind ? Enum.Parse<HoldKind>(kind, ignoreCase: true) : null, r.Maybe<string>(4), r.Maybe<string>(5),
                r.GetInt64(6), r.GetString(7), r.GetFieldValue<DateTimeOffset>(8), r.Maybe<DateTimeOffset?>(9), r.Maybe<string>(10)),
            cancel);
}
