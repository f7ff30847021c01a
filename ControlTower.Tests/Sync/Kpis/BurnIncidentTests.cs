using ControlTower.Data.Flows;
using ControlTower.Data.Kpis;
using ControlTower.Sync.Administration;
using ControlTower.Sync.Incidents;
using ControlTower.Tests.Data.Kpis;
using Microsoft.Extensions.Options;
using Xunit;

namespace ControlTower.Tests.Sync.Kpis;

/// <summary>A budget that burns is an incident with the orders that burn it; incidents are figures.</summary>
public sealed class BurnIncidentTests
{
    [Fact]
    public async Task A_burning_budget_opens_one_incident_dated_back_to_its_first_late_order_and_ends_with_it()
    {
        await using var world = await KpiWorld.CreateAsync();
        await world.Database.ExecuteAsync(
            """
            insert into kpi_target (kpi, target, objective, owner, set_by, key) values ('order-acknowledgement', 60, 0.99, 'Ida', 'Ida', gen_random_uuid());
            insert into flow (kind, source, source_id, brand, name, erp, state, steps, stage, value, currency, placed_at)
            select 'order-to-cash', 'shopify-eu', n::text, 'Northlane', '#' || n, 'bc-eu', '{}', 1, 'captured', 10, 'EUR', now() - interval '1 minute' * n * 2 from generate_series(1, 20) n;
            insert into event_log (flow_id, step, type, stage, at) select id, 1, 'order.captured', 'captured', placed_at from flow
            """);
        var all = Enumerable.Range(1, 20).Select(n => (long)n).ToArray();
        await world.ReckonAsync(all);
        var detection = new IncidentDetection(world.Database.Sources, new KpiBudgets(world.Database.Sources, world.Queries), new StageLimitBook(Options.Create(new StageLimits())), TimeProvider.System) { Pace = TimeSpan.Zero };
        await detection.LookAsync(default);
        await detection.LookAsync(default);
        Assert.Equal("burn order-acknowledgement major 20 t", await world.Database.ScalarAsync<string>(
            """
            select format('%s %s %s %s %s', i.kind, i.subject, i.severity, (select count(*) from incident_transaction t where t.incident_id = i.id), i.began_at = (select min(at) + interval '60 seconds' from kpi_fact where kpi = 'order-acknowledgement'))
            from incident i where i.kind = 'burn'
            """));

        await world.Database.ExecuteAsync("insert into event_log (flow_id, step, type, stage, at) select id, 2, 'order.acknowledged', 'acknowledged', placed_at + interval '20 seconds' from flow");
        await world.ReckonAsync(all);
        await detection.LookAsync(default);
        Assert.Equal(0, await world.Database.ScalarAsync<long>("select count(*) from incident_signal where kind = 'burn' and ended_at is null"));
    }

    [Fact]
    public async Task Times_to_detect_and_to_resolve_end_with_the_last_harmed_transaction_and_false_alarms_do_not_count()
    {
        await using var world = await KpiWorld.CreateAsync();
        await world.Database.ExecuteAsync(
            $"""
            insert into incident (kind, subject, title, severity, status, began_at, detected_at, restored_at, drained_at, closed_at) values
                ('manual', 'a', 'A', 'major', 'drained', '{world.Start:O}', '{world.Start.AddMinutes(4):O}', '{world.Start.AddMinutes(10):O}', '{world.Start.AddMinutes(34):O}', null),
                ('manual', 'b', 'B', 'major', 'drained', '{world.Start:O}', '{world.Start.AddMinutes(10):O}', '{world.Start.AddMinutes(20):O}', '{world.Start.AddMinutes(100):O}', null),
                ('manual', 'c', 'C', 'minor', 'open', '{world.Start:O}', '{world.Start.AddMinutes(1):O}', null, null, null),
                ('manual', 'd', 'D', 'minor', 'dismissed', '{world.Start:O}', '{world.Start.AddMinutes(500):O}', '{world.Start.AddMinutes(501):O}', '{world.Start.AddMinutes(502):O}', '{world.Start.AddMinutes(503):O}')
            """);
        // (4 + 10 + 1) / 3; (30 + 90) / 2; (34 + 100) / 2, in minutes.
        var (detect, resolve, whole) = (await world.FigureAsync("time-to-detect"), await world.FigureAsync("time-to-resolve"), await world.FigureAsync("time-to-resolve-from-start"));
        Assert.Equal((3, 300d), (detect.N, detect.Value));
        Assert.Equal((2, 3600d), (resolve.N, resolve.Value));
        Assert.Equal(67 * 60d, whole.Value);
        Assert.Equal((true, true), (detect.OnTarget, resolve.OnTarget));
        Assert.Equal(["A", "B", "C"], (await new KpiSettings(world.Database.Sources).AnnotationsAsync(world.Start.AddHours(-1), world.Start.AddHours(1), null, default)).Where(a => a.Kind == "outage").Select(a => a.Words).Order());
    }
}
