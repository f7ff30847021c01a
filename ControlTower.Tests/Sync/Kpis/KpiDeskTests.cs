using ControlTower.Data.Audit;
using ControlTower.Data.Kpis;
using ControlTower.Data.Live;
using ControlTower.Sync.Kpis;
using ControlTower.Sync.Pumps;
using ControlTower.Tests.Data.Kpis;
using ControlTower.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace ControlTower.Tests.Sync.Kpis;

/// <summary>Targets and assumptions as people set them; figures as the pump keeps them; budgets as they are spent.</summary>
public sealed class KpiDeskTests
{
    private static readonly Actor Ann = new(Guid.Parse("00000000-0000-0000-0000-00000000000b"), "Ann Lee", "Admin");

    [Fact]
    public async Task A_target_is_set_once_stands_in_its_history_and_a_brand_may_have_its_own()
    {
        await using var world = await KpiWorld.CreateAsync();
        var desk = Desk(world.Database);
        var key = Guid.NewGuid();
        var target = new KpiTarget(90, null, "Ida Holm", null, null, "Peak season.");
        Assert.True((await desk.SetTargetAsync("order-acknowledgement", target, key, Ann, default)).Done);
        Assert.True((await desk.SetTargetAsync("order-acknowledgement", target, key, Ann, default)).Done);
        Assert.True((await desk.SetTargetAsync("order-acknowledgement", target with { Value = 30, Brand = "Fjord" }, Guid.NewGuid(), Ann, default)).Done);
        Assert.Equal((90, "Ida Holm", "Ann Lee"), Of((await world.FigureAsync("order-acknowledgement")).Target!));
        Assert.Equal(30, (await world.FigureAsync("order-acknowledgement", world.All with { Brand = "Fjord" })).Target!.Value);
        Assert.Equal(90, (await world.FigureAsync("order-acknowledgement", world.All with { Brand = "Northlane" })).Target!.Value);
        Assert.Equal([30, 90], (await world.Queries.TargetHistoryAsync("order-acknowledgement", default)).Select(t => t.Value));
        Assert.Equal(2, await world.Database.ScalarAsync<long>("select count(*) from audit where action = 'kpis:target:write' and subject = 'kpi/order-acknowledgement'"));

        static (double?, string, string?) Of(KpiTarget t) => (t.Value, t.Owner, t.SetBy);
    }

    [Theory]
    [InlineData("no-such", 1d, null, "Ida", "why", "kpi")]
    [InlineData("api-technical", 1.5, null, "Ida", "why", "target")]
    [InlineData("order-acknowledgement", -1d, null, "Ida", "why", "target")]
    [InlineData("order-acknowledgement", double.NaN, null, "Ida", "why", "target")]
    [InlineData("order-acknowledgement", 60d, 1d, "Ida", "why", "objective")]
    [InlineData("order-acknowledgement", null, 0.99, "Ida", "why", "target")]
    [InlineData("money-at-risk", 1d, 0.99, "Ida", "why", "objective")]
    [InlineData("order-acknowledgement", 60d, null, " ", "why", "owner")]
    [InlineData("order-acknowledgement", 60d, null, "Ida", "", "words")]
    [InlineData("order-acknowledgement", 60d, null, "Ida", "a\0b", "words")]
    public void What_is_wrong_with_a_target_is_named_by_its_field(string kpi, double? value, double? objective, string owner, string words, string field) =>
        Assert.Equal(field, KpiDesk.Problem(kpi, new KpiTarget(value, objective, owner, null, null, words))?.Field);

    [Fact]
    public async Task A_cost_is_what_was_counted_times_what_is_assumed_and_is_reckoned_anew_when_that_changes()
    {
        await using var world = await KpiWorld.CreateAsync();
        var (desk, settings) = (Desk(world.Database), new KpiSettings(world.Database.Sources));
        var lost = await world.OrderAsync("#1", TimeSpan.Zero, """{"Items": [{"Id": "1"}]}""", value: 200m);
        await world.StepAsync(lost, "order.short", TimeSpan.FromMinutes(1));
        await world.StepAsync(lost, "order.cancelled", TimeSpan.FromHours(5));
        await world.Database.ExecuteAsync("update flow set status = 'cancelled'");
        await world.ReckonAsync(lost);
        await world.Database.ExecuteAsync($"insert into drift_day (connection_id, location, day, checked, exact, under) values ('shopify-eu', 'a', '{world.Start.UtcDateTime:yyyy-MM-dd}', 10, 5, 30)");
        var costs = new KpiCosts(world.Database.Sources, settings);

        // 200 × 0.40 + 0.80; 30 pieces over 10 looks, × 35 × 0.02; nobody touched anything; one order was acknowledged after five hours, for 5.
        var weeks = await costs.WeeksAsync(world.Start.AddDays(-14), world.Start.AddDays(1), "UTC", null, default);
        var week = Assert.Single(weeks, w => w.Total > 0);
        Assert.Equal((80.80m, 2.10m, 0m, 5m), (week.Cancelled, week.LostSales, week.Manual, week.Late));
        Assert.True(weeks.Count >= 3);

        Assert.Equal("value", (await desk.AssumeAsync("fault-margin", 1.2m, "too much", Guid.NewGuid(), Ann, default)).Field);
        Assert.Equal("name", (await desk.AssumeAsync("weather", 1m, "why", Guid.NewGuid(), Ann, default)).Field);
        Assert.True((await desk.AssumeAsync("fault-margin", 0.5m, "Margin of this year.", Guid.NewGuid(), Ann, default)).Done);
        Assert.Equal(100.80m, (await costs.WeeksAsync(world.Start.AddDays(-14), world.Start.AddDays(1), "UTC", null, default)).Sum(w => w.Cancelled));
        Assert.Equal("Ann Lee", (await settings.AssumptionsAsync(default))[0].SetBy);
        var fjord = await costs.WeeksAsync(world.Start.AddDays(-14), world.Start.AddDays(1), "UTC", "Fjord", default);
        Assert.Equal(0m, fjord.Sum(w => w.Total));
        // What people do is written down without a brand: of one, it is not known, and that is not nothing.
        Assert.All(fjord, w => Assert.Equal((null, null), (w.Manual, w.Touches)));
    }

    [Fact]
    public async Task Each_event_counts_once_whoever_has_the_turn()
    {
        await using var world = await KpiWorld.CreateAsync();
        var order = await world.OrderAsync("#1", TimeSpan.Zero);
        await world.StepAsync(order, "order.captured", TimeSpan.Zero);
        await world.StepAsync(order, "order.acknowledged", TimeSpan.FromSeconds(30));
        await world.CallAsync(order, null, TimeSpan.Zero, "ok", 200);
        var (one, other) = (Pump(world.Database), Pump(world.Database));
        await TakeAsync(one, 3);
        Assert.Equal(0, (await other.RunOnceAsync(default)).Taken);
        Assert.Equal(0, (await one.RunOnceAsync(default)).Taken);
        Assert.Equal((1, 1), ((await world.FigureAsync("order-acknowledgement")).N, (await world.FigureAsync("api-technical")).N));

        await world.StepAsync(order, "order.completed", TimeSpan.FromSeconds(40));
        await one.StopAsync(default);
        await TakeAsync(other, 1);
        Assert.Equal(1, (await world.FigureAsync("order-acknowledgement")).N);
        Assert.True(await world.Database.ScalarAsync<bool>("select exists (select from kpi_annotation where kind = 'deployment') and exists (select from kpi_level)"));
    }

    [Fact]
    public async Task A_budget_burns_fast_only_while_it_still_burns()
    {
        await using var world = await KpiWorld.CreateAsync();
        var desk = Desk(world.Database);
        await desk.SetTargetAsync("order-acknowledgement", new KpiTarget(60, 0.99, "Ida Holm", null, null, "Promise to marketplaces."), Guid.NewGuid(), Ann, default);
        await world.Database.ExecuteAsync(
            """
            insert into flow (kind, source, source_id, brand, name, erp, state, steps, stage, value, currency, placed_at)
            select 'order-to-cash', 'shopify-eu', n::text, 'Northlane', '#' || n, 'bc-eu', '{}', 1, 'captured', 10, 'EUR', now() - interval '1 minute' * n * 2 from generate_series(1, 29) n;
            insert into event_log (flow_id, step, type, stage, at) select id, 1, 'order.captured', 'captured', placed_at from flow
            """);
        var all = Enumerable.Range(1, 29).Select(n => (long)n).ToArray();
        await world.ReckonAsync(all);
        var budgets = new KpiBudgets(world.Database.Sources, world.Queries);
        var budget = Assert.Single(await budgets.AllAsync(default));
        Assert.Equal([2, 15, 29, 29], budget.Windows.Select(w => w.N));
        Assert.Equal(budget.Windows.Select(w => w.N), budget.Windows.Select(w => w.Bad));
        Assert.Equal(Burn.Fast, BurnRule.Of(budget));
        Assert.InRange(budget.Spent!.Value, 99, 101);

        // All but the oldest are done in time after all: what was bad an hour ago is no alert any more.
        await world.Database.ExecuteAsync("insert into event_log (flow_id, step, type, stage, at) select id, 2, 'order.acknowledged', 'acknowledged', placed_at + interval '20 seconds' from flow where placed_at > now() - interval '40 minutes'");
        await world.ReckonAsync(all);
        budget = Assert.Single(await budgets.AllAsync(default));
        Assert.True(budget.Burn(TimeSpan.FromHours(1)) > BurnRule.FastRate);
        Assert.Equal(Burn.None, BurnRule.Of(budget));
    }

    [Fact]
    public async Task A_week_in_which_clocks_change_keeps_its_costs_and_those_after_it()
    {
        await using var world = await KpiWorld.CreateAsync();
        await world.Database.ExecuteAsync(
            """
            insert into flow (kind, source, source_id, brand, state, placed_at) select 'order-to-cash', 'shopify-eu', d::text, '', '{}', d from generate_series('2026-10-19 10:00+00'::timestamptz, '2026-11-08 10:00+00', '1 day') d;
            insert into kpi_fact (flow_id, kpi, slice, at, until) select id, 'order-acknowledgement', kpi_slice_of('', '', '', ''), placed_at, placed_at + interval '5 hours' from flow
            """);
        var weeks = await new KpiCosts(world.Database.Sources, new KpiSettings(world.Database.Sources))
            .WeeksAsync(DateTimeOffset.Parse("2026-10-18T22:00Z", System.Globalization.CultureInfo.InvariantCulture), DateTimeOffset.Parse("2026-11-08T23:00Z", System.Globalization.CultureInfo.InvariantCulture), "Europe/Berlin", null, default);
        Assert.Equal([7, 7, 7], weeks.Select(w => w.LateOrders));
        Assert.Equal(DateTimeOffset.Parse("2026-10-25T23:00Z", System.Globalization.CultureInfo.InvariantCulture), weeks[1].From);
    }

    [Fact]
    public async Task The_week_is_told_once_where_somebody_wants_to_read_it()
    {
        await using var world = await KpiWorld.CreateAsync();
        var order = await world.OrderAsync("#1", TimeSpan.Zero);
        await world.StepAsync(order, "order.acknowledged", TimeSpan.FromMinutes(5));
        await world.ReckonAsync(order);
        await world.Database.ExecuteAsync(
            "insert into notification_channel (id, name, kind, settings, events, gather_minutes) values (gen_random_uuid(), 'Board', 'webhook', '{\"host\": \"x\"}', array['figures'], 0), (gen_random_uuid(), 'Desk', 'webhook', '{\"host\": \"x\"}', array['sla'], 0)");
        var queries = world.Queries;
        var report = new KpiReport(world.Database.Sources, queries, new KpiCosts(world.Database.Sources, new KpiSettings(world.Database.Sources)), TimeProvider.System);
        var words = await report.WordsAsync(world.Start.AddDays(-1), world.Start.AddDays(1), default);
        Assert.Contains("Missed: Order acknowledgement 5 min (target 60 s)", words, StringComparison.Ordinal);
        await report.RunAsync(default);
        await report.RunAsync(default);
        Assert.Equal("Board", await world.Database.ScalarAsync<string>("select string_agg(c.name, ',') from notification n join notification_channel c on c.id = n.channel_id where n.event = 'figures' and n.key ~ '^figures/20[0-9]{2}-W[0-9]{2}$' and n.about ->> 'found' like 'Week %'"));
    }

    // The log is read behind the oldest transaction that is open anywhere on the server, also of other tests.
    private static async Task TakeAsync(KpiPump pump, int most)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        for (var taken = 0; taken < most;)
        {
            taken += (await pump.RunOnceAsync(patience.Token)).Taken;
        }
    }

    private static KpiDesk Desk(TestDatabase database) =>
        new(database.Sources, new AuditLog(database.Sources, TimeProvider.System), new ChangeNotifier(database.Sources, TimeProvider.System, NullLogger<ChangeNotifier>.Instance));

    private static KpiPump Pump(TestDatabase database) =>
        new(database.Sources, NodeIdentity.New("worker"), new ChangeNotifier(database.Sources, TimeProvider.System, NullLogger<ChangeNotifier>.Instance), TimeProvider.System);
}
