using ControlTower.Data.Db;
using Npgsql;

namespace ControlTower.Data.Kpis;

/// <summary>Figures as they are reckoned. Every statement may be repeated: the same comes out.</summary>
public static class KpiWork
{
    /// <summary>The follower of the log that reckons figures.</summary>
    public const string Follower = "kpis";

    private const int Slice = 1_000;

    /// <summary>Reckons these flows anew, in the caller's transaction. Two must not do it for the same flow at once: whoever holds the follower's turn does.</summary>
    /// <returns>How many measurements were not as they should have been.</returns>
    public static Task<long> ReckonAsync(NpgsqlConnection connection, IReadOnlyCollection<long> flows, CancellationToken cancel) =>
        connection.Command(KpiFactsSql.Reckon, Sql.Of(flows.Order().ToArray())).ScalarAsync<long>(cancel);

    /// <summary>Takes flows of which something was learnt beside the log, in the caller's transaction.</summary>
    public static Task<List<long>> TouchedAsync(NpgsqlConnection connection, int most, CancellationToken cancel) =>
        connection.Command(
                "with taken as (delete from kpi_touched where id in (select id from kpi_touched order by id limit $1) returning flow_id) select distinct flow_id from taken", Sql.Of(most))
            .ListAsync(r => r.GetInt64(0), cancel);

    /// <summary>Counts stored calls into their hours, in the caller's transaction.</summary>
    /// <returns>How many notes of calls were taken.</returns>
    public static Task<long> FoldCallsAsync(NpgsqlConnection connection, int most, CancellationToken cancel) => connection.Command(FoldCalls, Sql.Of(most)).ScalarAsync<long>(cancel);

    /// <summary>Keeps what stands now as what stood in this hour; the last time within an hour counts.</summary>
    public static async Task SampleAsync(NpgsqlDataSource data, CancellationToken cancel)
    {
        foreach (var kpi in KpiCatalogue.All)
        {
            if (kpi.Source is KpiSource.Level level)
            {
                await data.Command(
                        $"""
                        with seen as materialized ({level.Sql}),
                        gone as (update kpi_level l set n = 0, hits = 0, value = 0 where l.kpi = $1 and l.hour = date_trunc('hour', now(), 'UTC')
                            and not exists (select from seen s where (s.brand, s.channel, s.store, s.system, s.currency) = (l.brand, l.channel, l.store, l.system, l.currency)))
                        insert into kpi_level as l (kpi, hour, brand, channel, store, system, currency, n, hits, value)
                        select $1, date_trunc('hour', now(), 'UTC'), brand, channel, store, system, currency, n, hits, value from seen
                        union all select $1, date_trunc('hour', now(), 'UTC'), '', '', '', '', '', 0, 0, 0 where not exists (select from seen)
                        on conflict (kpi, hour, brand, channel, store, system, currency) do update set n = excluded.n, hits = excluded.hits, value = excluded.value
                        """,
                        Sql.Of(kpi.Id))
                    .ExecuteAsync(cancel);
            }
        }
    }

    /// <summary>
    /// Throws away what was reckoned of flows and calls and reckons it from the log, the flows and the call log, in one transaction: screens see the old until it is done, and the pump waits behind the lock of its place. What
    /// follows from calls that are no longer kept stays as it was. It takes a millisecond a flow; a repeat after a death begins anew and comes to the same.
    /// </summary>
    public static async Task RebuildAsync(NpgsqlDataSource data, CancellationToken cancel)
    {
        await using var connection = await data.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        await RunAsync($"set local statement_timeout = 0; set local lock_timeout = 0; insert into event_cursor (follower) values ('{Follower}') on conflict do nothing; select from event_cursor where follower = '{Follower}' for update");
        await RunAsync("delete from kpi_fact where not (kpi = 'failed-first-pass' and at < kpi_calls_known())");
        await RunAsync("delete from kpi_mark; delete from kpi_touched");
        await RunAsync("delete from kpi_cell where kpi <> all($1) and not (kpi = 'failed-first-pass' and hour < kpi_calls_known())", Sql.Of(CallKpis.ToArray()));
        for (var after = 0L; ;)
        {
            var flows = await connection.Command("select id from flow where id > $1 order by id limit $2", Sql.Of(after), Sql.Of(Slice)).ListAsync(r => r.GetInt64(0), cancel);
            if (flows.Count == 0)
            {
                break;
            }

            await RunAsync(KpiFactsSql.Reckon, Sql.Of(flows.ToArray()));
            after = flows[^1];
        }

        await RunAsync("delete from kpi_cell where kpi = any($1) and hour >= (select coalesce(date_trunc('hour', min(started_at), 'UTC'), 'infinity') from vendor_call)", Sql.Of(CallKpis.ToArray()));
        await RunAsync(RecountCalls);
        await transaction.CommitAsync(cancel);

        Task<int> RunAsync(string text, params NpgsqlParameter[] parameters)
        {
            var command = connection.Command(text, parameters);
            command.CommandTimeout = 0;
            return command.ExecuteAsync(cancel);
        }
    }

    /// <summary>Forgets counts on shelves and what stood at hours that ended longer ago than this.</summary>
    public static async Task ForgetAsync(NpgsqlDataSource data, TimeSpan age, CancellationToken cancel)
    {
        foreach (var (table, time) in new[] { ("stock_count", "counted_at"), ("kpi_level", "hour") })
        {
            while (await data.Command($"delete from {table} where ctid in (select ctid from {table} where {time} < now() - $1 limit $2)", Sql.Of(age), Sql.Of(10 * Slice)).ExecuteAsync(cancel) == 10 * Slice)
            {
            }
        }
    }

    /// <summary>Up to when the log was followed: the time of the first event that was not yet, or now.</summary>
    public const string Followed = """
        select coalesce(
            (select min(e.at) from (select at from event_log e where (e.txid, e.seq) > (select txid, seq from event_cursor where follower = 'kpis') order by e.txid, e.seq limit 100) e),
            case when exists (select from event_cursor where follower = 'kpis') then now() end)
        """;

    private static IEnumerable<string> CallKpis => KpiCatalogue.All.Where(k => k.Source is KpiSource.Calls).Select(k => k.Id);

    // What was moved, as cells of the figures about calls.
    private static string CallCells { get; } = $"""
        counted as materialized (
            select m.hour, kpi_slice_of(coalesce(c.brand, ''), case when c.role = 'shop' then c.id else '' end, '', m.connection_id) as slice,
                   sum(m.calls) as calls, sum(m.technical) as technical, sum(m.throttled) as throttled, sum(m.contract) as contract
            from moved m left join connection c on c.id = m.connection_id group by 1, 2),
        put as (
            insert into kpi_cell as c (kpi, hour, slice, n, hits)
            select kpi, hour, slice, n, hits from ({string.Join(" union all ", KpiCatalogue.All.Where(k => k.Source is KpiSource.Calls).Select(k => $"select '{k.Id}' as kpi, hour, slice, calls as n, {((KpiSource.Calls)k.Source).Column} as hits from counted"))}) x order by 1, 2, 3
            on conflict (kpi, hour, slice) do update set n = c.n + excluded.n, hits = c.hits + excluded.hits)
        """;

    private static string FoldCalls { get; } = $"""
        with moved as (delete from kpi_call_moved where id in (select id from kpi_call_moved order by id limit $1) returning connection_id, hour, calls, technical, throttled, contract), {CallCells}
        select count(*) from moved
        """;

    // In one statement, so that each call is either counted here or still to be counted.
    private static string RecountCalls { get; } = $"""
        with counted_already as (delete from kpi_call_moved),
        moved as materialized (
            select connection_id, date_trunc('hour', started_at, 'UTC') as hour, count(*) as calls, count(*) filter (where class = 'technical') as technical,
                   count(*) filter (where class = 'throttled') as throttled, count(*) filter (where class = 'contract') as contract
            from (select connection_id, started_at, kpi_call_class(verb, status, outcome) as class from vendor_call) v where class <> 'absent' group by 1, 2),
        {CallCells}
        select count(*) from moved
        """;
}
