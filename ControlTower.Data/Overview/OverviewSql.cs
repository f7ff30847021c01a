namespace ControlTower.Data.Overview;

/// <summary>
/// The statements of the overview. Each reads open work through a partial index, or a short stretch of time. Where one can be of a single brand, <c>/*brand*/</c> stands in it: see <see cref="Of"/>.
/// </summary>
internal static class OverviewSql
{
    /// <summary>The statement for all brands, or with one more parameter behind its others for a single one. Two statements, so that the plan for all is made without a thought of brands.</summary>
    public static string Of(string? brand, string sql, int parameters) =>
        brand is null ? sql : sql.Replace("/*brand*/", $"and brand = ${parameters + 1}", StringComparison.Ordinal).Replace("/*f.brand*/", $"and f.brand = ${parameters + 1}", StringComparison.Ordinal)
            .Replace("/*flow*/", $"and flow_id in (select id from flow where brand = ${parameters + 1})", StringComparison.Ordinal);

    /// <summary>$1, $2: limit per stage; $3: limit of the others; $4: kind of flow.</summary>
    public const string Stages =
        """
        with away as (
            select c.id from connection c left join connection_gate g on g.connection_id = c.id
            where c.paused_at is not null or c.disabled_at is not null or g.breaker <> 'closed'),
        waiting as (
            select distinct flow_id from delivery where lane = 1 or state >= 2 or connection_id in (select id from away)),
        limits as (
            select * from unnest($1::text[], $2::interval[]) as l (stage, most)),
        orders as (
            select f.stage, f.currency, f.value, f.stage_since, f.status = 'attention' or w.flow_id is not null as stuck,
                   f.stage_since < now() - coalesce(l.most, $3) as late
            from flow f left join waiting w on w.flow_id = f.id left join limits l on l.stage = f.stage
            where f.kind = $4 and f.status in ('open', 'attention') and f.stage <> 'new' /*f.brand*/)
        select stage, currency, count(*), sum(value), min(stage_since), count(*) filter (where stuck), count(*) filter (where late),
               sum(value) filter (where stuck), sum(value) filter (where stuck or late)
        from orders group by 1, 2
        """;

    public const string Risk =
        """
        select coalesce(currency, ''), sum(cases)::bigint, sum(at_risk)
        from (select currency, cases, at_risk from case_tally where true /*brand*/ union all select currency, cases, at_risk from case_tally_change where true /*brand*/) c group by 1 having sum(cases) > 0
        """;

    /// <summary>$1: currency. Thirteen hours' marks, the last one now.</summary>
    public const string RiskTrend =
        """
        with cases as materialized (
            select opened_at, closed_at, at_risk from exception_case
            where currency = $1 and (state in ('open', 'retrying') or closed_at > now() - interval '12 hours') /*brand*/)
        select coalesce((select sum(c.at_risk) from cases c where c.opened_at <= m.at and (c.closed_at is null or c.closed_at > m.at)), 0)
        from generate_series(now() - interval '12 hours', now(), interval '1 hour') as m (at) order by m.at
        """;

    /// <summary>$1: midnight; $2: midnight a week ago.</summary>
    public const string Orders =
        """
        select (select count(*) from flow where kind = 'order-to-cash' and placed_at >= $1 /*brand*/),
               (select count(*) from flow where kind = 'order-to-cash' and placed_at >= $2 and placed_at < $2 + (now() - $1) /*brand*/)
        """;

    public const string OrderHours =
        """
        select (select count(*) from flow f where f.kind = 'order-to-cash' and f.placed_at > h.at - interval '1 hour' and f.placed_at <= h.at /*f.brand*/)
        from generate_series(now() - interval '11 hours', now(), interval '1 hour') as h (at) order by h.at
        """;

    /// <summary>$1: ends of the hours, the current one first. Each hour is counted for itself, by the index: joined, the planner reads all orders that ever were, once for each hour.</summary>
    public const string Pulses =
        """
        with hours as materialized (
            select until, n from unnest($1::timestamptz[]) with ordinality as h (until, n)),
        counted as (
            select k.source, h.n, k.orders from hours h cross join lateral (
                select f.source, count(*) as orders from flow f
                where f.kind = 'order-to-cash' and f.placed_at > h.until - interval '1 hour' and f.placed_at <= h.until group by f.source) k)
        select c.id, c.name, coalesce(sum(k.orders) filter (where h.n = 1), 0)::bigint, coalesce(sum(k.orders) filter (where h.n > 1), 0)::bigint,
               count(*) filter (where h.n > 1)::int
        from connection c join hours h on h.n = 1 or h.until - interval '1 hour' >= c.created_at left join counted k on k.source = c.id and k.n = h.n
        where c.role = 'shop' and c.disabled_at is null group by c.id, c.name order by c.name, c.id
        """;

    // As the key figure counts: no test orders, no sales at tills, and none from longer ago than its connection.
    private const string Counts = "f.placed_at is not null and f.state->>'Test' is distinct from 'true' and coalesce(f.state->>'Mode', 'Ship') <> 'HandedOver'";

    public const string Acknowledged =
        $"""
        with done as (
            select extract(epoch from e.at - greatest(f.placed_at, c.created_at))::float8 as seconds from event_log e join flow f on f.id = e.flow_id join connection c on c.id = f.source
            where e.at > now() - interval '1 hour' and e.type = 'order.acknowledged' and {Counts} /*f.brand*/),
        waiting as (
            select extract(epoch from now() - greatest(f.placed_at, c.created_at))::float8 as seconds from flow f join connection c on c.id = f.source
            where f.kind = 'order-to-cash' and f.status in ('open', 'attention') and f.stage in ('captured', 'checked', 'routed', 'reserved', 'posted') and {Counts} /*f.brand*/),
        every as (select seconds from done union all select seconds from waiting)
        select count(*), (select count(*) from waiting), percentile_disc(0.5) within group (order by greatest(seconds, 0)),
               percentile_disc(0.95) within group (order by greatest(seconds, 0))
        from every
        """;

    public const string AcknowledgedTrend =
        $"""
        with done as (
            select floor(extract(epoch from now() - e.at) / 300)::int as bucket, extract(epoch from e.at - greatest(f.placed_at, c.created_at))::float8 as seconds
            from event_log e join flow f on f.id = e.flow_id join connection c on c.id = f.source
            where e.at > now() - interval '1 hour' and e.type = 'order.acknowledged' and {Counts} /*f.brand*/)
        select (select percentile_disc(0.95) within group (order by greatest(d.seconds, 0)) from done d where d.bucket = b.n)
        from generate_series(11, 0, -1) as b (n) order by b.n desc
        """;

    /// <summary>By five minutes back from now. A first attempt that found nothing under our key has not failed: that is how an insert is made safe.</summary>
    public const string FirstPass =
        """
        with called as (
            select flow_id, min(started_at) as at, bool_or(outcome <> 'ok' and not (verb = 'GET' and status = 404)) as failed from vendor_call
            where started_at > now() - interval '1 hour' and attempt = 1 and flow_id is not null and purpose <> 'look-up' group by 1),
        troubled as (
            select flow_id, min(opened_at) as at from exception_case where opened_at > now() - interval '1 hour' and flow_id is not null group by 1),
        orders as (
            select coalesce(c.at, t.at) as at, coalesce(c.failed, false) or t.flow_id is not null as failed from called c full join troubled t using (flow_id)
            where not exists (select from flow f where f.id = flow_id and f.state->>'Test' = 'true') /*flow*/)
        select least(11, floor(extract(epoch from now() - at) / 300))::int, count(*), count(*) filter (where failed) from orders group by 1
        """;

    /// <summary>$1: from.</summary>
    public const string Minutes =
        """
        select date_bin('1 minute', at, 'epoch'), count(*) filter (where type = 'order.captured'), count(*) filter (where type = 'order.acknowledged')
        from event_log where at >= $1 and type in ('order.captured', 'order.acknowledged') group by 1 order by 1
        """;
}
