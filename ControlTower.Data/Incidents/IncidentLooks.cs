using ControlTower.Data.Db;
using ControlTower.Data.Flows;
using Npgsql;

namespace ControlTower.Data.Incidents;

/// <summary>The looks of the detection: what may be trouble, as the data stand. Each reads open work or the last hours, never everything; reading again is always safe.</summary>
public static class IncidentLooks
{
    /// <summary>Systems whose door is not open.</summary>
    public static Task<List<GateReading>> GatesAsync(NpgsqlDataSource data, CancellationToken cancel) =>
        data.Command(
                """
                select c.id, c.name, c.brand, g.breaker, g.breaker_reason, g.breaker_since, incident_connection_began(c.id), (select count(*) from delivery d where d.connection_id = c.id and d.state < 3)
                from connection_gate g join connection c on c.id = g.connection_id where g.breaker <> 'closed' and c.disabled_at is null and c.paused_at is null order by c.id
                """)
            .ListAsync(
                r => new GateReading(
                    r.GetString(0), r.GetString(1), r.GetString(2), r.GetString(3), r.Maybe<string>(4), r.GetFieldValue<DateTimeOffset>(5), r.Maybe<DateTimeOffset?>(6), r.GetInt64(7)),
                cancel);

    /// <summary>Channels and stores that are far below the quietest of the same hours before.</summary>
    public static Task<List<SilenceReading>> SilencesAsync(NpgsqlDataSource data, CancellationToken cancel) =>
        data.Command(
                """
                select s.channel, c.name, c.brand, s.store, s.expected, s.recent, s.silent, (
                    select max(l.at) from ledger_line l where l.connection_id = s.channel and l.kind = 'Order' and l.store is not distinct from s.store and l.at > now() - interval '30 days')
                from recon_silence s join connection c on c.id = s.channel where s.silent and c.paused_at is null and c.disabled_at is null order by s.channel, s.store nulls first
                """)
            .ListAsync(
                r => new SilenceReading(
                    r.GetString(0), r.GetString(1), r.GetString(2), r.Maybe<string>(3), r.Maybe<decimal?>(4), r.GetInt64(5), r.GetBoolean(6), r.Maybe<DateTimeOffset?>(7)),
                cancel);

    /// <summary>Stages in which anything is late.</summary>
    public static Task<List<BacklogReading>> BacklogsAsync(NpgsqlDataSource data, StageLimits limits, CancellationToken cancel) =>
        data.Command(
                """
                with late as (
                    select f.kind, f.stage, coalesce(l.term, $3) as term, f.stage_since + coalesce(l.term, $3) as at from flow f left join unnest($1::text[], $2::interval[]) l (stage, term) on l.stage = lower(f.stage)
                    where f.status in ('open', 'attention') and f.stage <> 'new' and f.stage_since + coalesce(l.term, $3) <= now())
                select t.kind, t.stage, t.term, count(*), count(*) filter (where t.at <= now() - interval '10 minutes'), min(t.at), (
                    select count(distinct e.flow_id) from event_log e join event_log p on p.flow_id = e.flow_id and p.step = e.step - 1 join flow g on g.id = e.flow_id
                    where e.at > now() - interval '10 minutes' and g.kind = t.kind and p.stage = t.stage and e.stage <> t.stage and p.at + t.term <= now() - interval '10 minutes')
                from late t group by t.kind, t.stage, t.term order by 1, 2
                """,
                Sql.Of(limits.Stages.Keys.Select(stage => stage.ToLowerInvariant()).ToArray()), Sql.Of(limits.Stages.Values.ToArray()), Sql.Of(limits.Otherwise))
            .ListAsync(r => new BacklogReading(r.GetString(0), r.GetString(1), r.GetTimeSpan(2), r.GetInt64(3), r.GetInt64(4), r.GetInt64(6), r.Maybe<DateTimeOffset?>(5)), cancel);

    /// <summary>Channels and stores of which the books lack an order that is due there.</summary>
    public static Task<List<GapReading>> GapsAsync(NpgsqlDataSource data, CancellationToken cancel) =>
        data.Command(
                """
                select i.source, c.name, c.brand, i.store, count(*), min(i.due_at) from recon_item i join connection c on c.id = i.source
                where i.comparison = 'order' and i.kind = 'missing-other' and i.state = 'open' and i.due_at <= now() and i.flow_id is not null and c.disabled_at is null group by i.source, c.name, c.brand, i.store order by 1, 4 nulls first
                """)
            .ListAsync(r => new GapReading(r.GetString(0), r.GetString(1), r.GetString(2), r.Maybe<string>(3), r.GetInt64(4), r.GetFieldValue<DateTimeOffset>(5)), cancel);

    /// <summary>The pumps that any node of the last hour has, with their last run anywhere.</summary>
    public static Task<List<PumpRunReading>> PumpsAsync(NpgsqlDataSource data, CancellationToken cancel) =>
        data.Command(
                """
                select p.key, max(coalesce((p.value ->> 'lastRunAt')::timestamptz, n.started_at)), bool_and(p.value ->> 'state' = 'stopped'), now() from node n cross join lateral jsonb_each(n.pumps) p where n.beat_at > now() - interval '1 hour' group by p.key order by p.key
                """)
            .ListAsync(r => new PumpRunReading(r.GetString(0), r.Maybe<DateTimeOffset?>(1), r.Maybe<bool>(2), r.GetFieldValue<DateTimeOffset>(3)), cancel);

    /// <summary>What the last check that ended found.</summary>
    public static Task<List<BrokenPromise>> BrokenAsync(NpgsqlDataSource data, CancellationToken cancel) =>
        data.Command(
                """
                with last as (select * from integrity_run where finished_at is not null order by id desc limit 1),
                found as (
                    select v ->> 'name' as name, v ->> 'promise' as promise, (v ->> 'count')::bigint as count from last cross join lateral jsonb_array_elements(last.violations) v
                    union all select 'could not look', coalesce(failure, ''), 1 from last where state = 'failed')
                select f.name, max(f.promise), max(f.count), (
                    select min(coalesce(r.started_at, r.requested_at)) from integrity_run r where r.finished_at is not null and r.id > coalesce((
                        select max(g.id) from integrity_run g where g.finished_at is not null
                          and not case when f.name = 'could not look' then g.state = 'failed' else g.violations @> jsonb_build_array(jsonb_build_object('name', f.name)) end), 0))
                from found f group by f.name order by f.name
                """)
            .ListAsync(r => new BrokenPromise(r.GetString(0), r.GetString(1), r.GetInt64(2), r.GetFieldValue<DateTimeOffset>(3)), cancel);

    /// <summary>Causes with more than so many open cases.</summary>
    public static Task<List<CauseReading>> CausesAsync(NpgsqlDataSource data, int most, CancellationToken cancel) =>
        data.Command(
                """
                select b.fingerprint, x.title, case when b.systems = 1 then b.system end, b.brand, b.cases, x.first from (
                    select fingerprint, count(distinct connection_id) as systems, min(connection_id) as system, case when count(distinct brand) = 1 then min(brand) else '' end as brand, sum(cases)::bigint as cases
                    from case_board where state in ('open', 'retrying') group by fingerprint having sum(cases) > $1) b
                cross join lateral (select min(title) as title, min(opened_at) as first from exception_case x where x.fingerprint = b.fingerprint and x.state in ('open', 'retrying')) x order by b.fingerprint
                """,
                Sql.Of(most))
            .ListAsync(r => new CauseReading(r.GetString(0), r.GetString(1), r.Maybe<string>(2), r.GetString(3), r.GetInt64(4), r.GetFieldValue<DateTimeOffset>(5)), cancel);
}
