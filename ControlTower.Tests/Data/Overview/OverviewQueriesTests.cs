using ControlTower.Data.Canonical;
using ControlTower.Data.Connections;
using ControlTower.Data.Flows;
using ControlTower.Data.Overview;
using ControlTower.Tests.Support;
using Xunit;

namespace ControlTower.Tests.Data.Overview;

public sealed class OverviewQueriesTests : IAsyncLifetime
{
    private TestDatabase database = null!;
    private OrderWorld world = null!;
    private OverviewQueries queries = null!;

    public async ValueTask InitializeAsync()
    {
        database = await TestDatabase.CreateAsync();
        world = await new OrderWorld(database).ConnectAsync();
        queries = new OverviewQueries(database.Sources);
    }

    public ValueTask DisposeAsync() => database.DisposeAsync();

    [Fact]
    public async Task A_stage_says_how_many_orders_are_there_what_they_are_worth_and_since_when()
    {
        await world.OrderAsync("#1", 100m, "captured", inStage: TimeSpan.FromMinutes(1));
        await world.OrderAsync("#2", 50m, "captured", inStage: TimeSpan.FromMinutes(9));
        await world.OrderAsync("#3", 20m, "captured", currency: "GBP", inStage: TimeSpan.FromMinutes(2));
        await world.OrderAsync("#4", 70m, "paid", status: "done");

        var stage = Assert.Single(await queries.StagesAsync(new StageLimits()));

        Assert.Equal(("captured", 3L, 0L, 0L), (stage.Stage, stage.Count, stage.Stuck, stage.Late));
        Assert.Equal([new Money(150, "EUR"), new Money(20, "GBP")], CurrencySum.Merge(stage.Values));
        Assert.Equal(9, (await NowAsync() - stage.Oldest).TotalMinutes, 0.5);
        Assert.Equal(0, stage.StuckShare);
    }

    [Fact]
    public async Task An_order_is_stuck_when_it_needs_a_person_or_waits_for_a_system_that_is_away()
    {
        await world.OrderAsync("#free", 100m);
        await world.OrderAsync("#attention", 100m, status: "attention");
        var deferred = await world.OrderAsync("#deferred", 200m);
        await world.PostingAsync(deferred, "POST-DEFER-1");
        await world.DeliveryAsync(deferred, "POST-DEFER-1", lane: 1);

        var stage = Assert.Single(await queries.StagesAsync(new StageLimits()));
        Assert.Equal((3L, 2L), (stage.Count, stage.Stuck));
        Assert.Equal(0.75, stage.StuckShare, 0.001);
        Assert.Equal([new Money(300, "EUR")], CurrencySum.Merge(stage.StuckValues));
    }

    [Fact]
    public async Task An_order_that_waits_for_a_system_that_was_disabled_is_stuck()
    {
        var order = await world.OrderAsync("#waits");
        await world.PostingAsync(order, "POST-DISABLED-1");
        await world.DeliveryAsync(order, "POST-DISABLED-1");
        await database.ExecuteAsync($"update connection set disabled_at = now(), disabled_by = 'Tess', disabled_reason = 'moves' where id = '{OrderWorld.Erp}'");
        Assert.Equal(1, Assert.Single(await queries.StagesAsync(new StageLimits())).Stuck);
    }

    [Fact]
    public async Task A_shop_is_held_against_the_same_hour_of_the_same_weekday_of_the_weeks_that_it_was_connected()
    {
        await database.ExecuteAsync("update connection set created_at = now() - interval '16 days'");
        var now = await NowAsync();
        DateTimeOffset[] hours = [.. Enumerable.Range(0, 5).Select(week => now.AddDays(-7 * week))];
        await world.OrderAsync("#now", age: TimeSpan.FromMinutes(20));
        await world.OrderAsync("#before-the-hour", age: TimeSpan.FromMinutes(70));
        foreach (var (name, days) in new[] { ("#w1a", 7), ("#w1b", 7), ("#w2", 14), ("#not-connected-yet", 21) })
            await world.OrderAsync(name, age: TimeSpan.FromDays(days) + TimeSpan.FromMinutes(20));
        await database.ExecuteAsync($"update connection set disabled_at = now(), disabled_by = 'Tess', disabled_reason = 'closed' where id = '{OrderWorld.OtherShop}'");

        Assert.Equal([new ShopPulse(OrderWorld.Shop, "Shopify EU", 1, 1.5, 2)], await queries.PulsesAsync(hours));

        await database.ExecuteAsync("update connection set created_at = now()");
        Assert.Equal([new ShopPulse(OrderWorld.Shop, "Shopify EU", 1, null, 0)], await queries.PulsesAsync(hours));
    }

    [Fact]
    public async Task A_posting_that_came_while_the_circuit_is_open_makes_its_order_stuck()
    {
        var order = await world.OrderAsync("#new");
        await world.PostingAsync(order, "POST-NEW-1");
        await world.DeliveryAsync(order, "POST-NEW-1");
        Assert.Equal(0, (await queries.StagesAsync(new StageLimits()))[0].Stuck);

        await database.ExecuteAsync("update connection_gate set breaker = 'open' where connection_id = 'bc-eu'");

        Assert.Equal(1, (await queries.StagesAsync(new StageLimits()))[0].Stuck);
    }

    [Fact]
    public async Task The_limit_of_the_stage_decides_what_is_late()
    {
        await world.OrderAsync("#1", stage: "captured", inStage: TimeSpan.FromMinutes(3));
        await world.OrderAsync("#2", stage: "captured", inStage: TimeSpan.FromSeconds(10));
        var limits = new StageLimits { Stages = { ["captured"] = TimeSpan.FromMinutes(1) } };

        var stage = Assert.Single(await queries.StagesAsync(limits));

        Assert.Equal(1, stage.Late);
        Assert.Equal(0.5, stage.StuckShare, 0.001);
    }

    [Fact]
    public async Task Money_at_risk_is_kept_per_currency_and_its_change_is_told()
    {
        await world.CaseAsync(null, value: 500m, age: TimeSpan.FromHours(3));
        await world.CaseAsync(null, value: 120m, age: TimeSpan.FromMinutes(10));
        await world.CaseAsync(null, value: 80m, currency: "GBP", age: TimeSpan.FromMinutes(10));
        await world.CaseAsync(null, value: 999m, state: "resolved", age: TimeSpan.FromMinutes(30));
        await world.CaseAsync(null, value: 0m, currency: null);

        var risk = (await FiguresAsync()).Risk;

        Assert.Equal(4, risk.Cases);
        Assert.Equal([new Money(620, "EUR"), new Money(80, "GBP")], risk.Values);
        Assert.Equal(new Money(120, "EUR"), risk.Change);
        Assert.Equal(13, risk.Trend.Count);
        Assert.Equal(620, risk.Trend[^1]);
    }

    [Fact]
    public async Task Orders_today_are_compared_only_when_last_week_saw_any()
    {
        await world.OrderAsync("#1", age: TimeSpan.FromMinutes(5));
        var midnight = await NowAsync() - TimeSpan.FromHours(2);
        Assert.Equal((1L, null), await OrdersAsync(midnight));

        await world.OrderAsync("#2", age: TimeSpan.FromDays(7) + TimeSpan.FromHours(1));
        await world.OrderAsync("#3", age: TimeSpan.FromDays(7) - TimeSpan.FromHours(1));
        Assert.Equal((1L, 1L), await OrdersAsync(midnight));
    }

    [Fact]
    public async Task An_order_that_was_not_acknowledged_worsens_the_latency_with_the_time_it_has_waited()
    {
        for (var i = 0; i < 9; i++)
        {
            var quick = await world.OrderAsync($"#{i}", stage: "acknowledged", age: TimeSpan.FromMinutes(10));
            await world.StepAsync(quick, 2, "order.acknowledged", "acknowledged", ago: TimeSpan.FromMinutes(10) - TimeSpan.FromSeconds(20));
        }

        var before = (await FiguresAsync()).Acknowledged;
        Assert.Equal((9L, 0L), (before.Orders, before.Waiting));
        Assert.Equal(20, before.P95!.Value.TotalSeconds, 1);

        await world.OrderAsync("#slow", stage: "reserved", age: TimeSpan.FromMinutes(45));

        var after = (await FiguresAsync()).Acknowledged;
        Assert.Equal((10L, 1L), (after.Orders, after.Waiting));
        Assert.Equal(45, after.P95!.Value.TotalMinutes, 1);
        Assert.Equal(20, after.P50!.Value.TotalSeconds, 1);
        Assert.Equal(12, after.Trend.Count);
        Assert.Equal(20, after.Trend[10]!.Value, 1.0);
    }

    [Fact]
    public async Task A_test_order_a_sale_at_a_till_and_one_from_before_its_connection_worsen_neither_latency_nor_first_pass()
    {
        await database.ExecuteAsync($"update connection set created_at = now() - interval '90 seconds' where id = '{OrderWorld.OtherShop}'");
        var trial = await world.OrderAsync("#test", stage: "captured", status: "attention", age: TimeSpan.FromDays(3));
        await world.CaseAsync(trial, age: TimeSpan.Zero);
        var till = await world.OrderAsync("#till", stage: "posted", age: TimeSpan.FromDays(2));
        await database.ExecuteAsync($$"""update flow set state = '{"Test": true}' where id = {{trial}}; update flow set state = '{"Mode": "HandedOver"}' where id = {{till}}""");
        await world.OrderAsync("#old", stage: "reserved", source: OrderWorld.OtherShop, age: TimeSpan.FromDays(300));

        var figures = await FiguresAsync();

        Assert.Equal((1L, 1L, 0L), (figures.Acknowledged.Orders, figures.Acknowledged.Waiting, figures.FirstPass.Started));
        Assert.Equal(90, figures.Acknowledged.P95!.Value.TotalSeconds, 30.0);
    }

    [Fact]
    public async Task What_is_at_risk_and_what_is_to_be_reached_are_what_the_key_figures_say()
    {
        await database.ExecuteAsync("insert into case_class (failure, loss) values ('missing', 0.25) on conflict (failure) do update set loss = 0.25");
        await world.CaseAsync(null, value: 400m, failure: "missing");
        var delivered = await FiguresAsync();
        Assert.Equal([new Money(100, "EUR")], delivered.Risk.Values);
        Assert.Equal(100, delivered.Risk.Trend[^1]);
        Assert.Equal(new FigureTargets(TimeSpan.FromSeconds(60), 0.01), delivered.Targets);

        await database.ExecuteAsync("insert into kpi_target (kpi, target, owner, set_by, key) values ('order-acknowledgement', 90, 'Operations', 'Bo', gen_random_uuid()), ('failed-first-pass', 0.02, 'Operations', 'Bo', gen_random_uuid())");
        Assert.Equal(new FigureTargets(TimeSpan.FromSeconds(90), 0.02), (await FiguresAsync()).Targets);
    }

    [Fact]
    public async Task First_pass_counts_orders_and_not_attempts()
    {
        var good = await world.OrderAsync("#good");
        await world.CallAsync(good, "POST-GOOD-1", status: 404, outcome: "refused");
        await database.ExecuteAsync("update vendor_call set verb = 'GET'");
        await world.CallAsync(good, "POST-GOOD-1", status: 201, outcome: "ok", failure: null);
        var bad = await world.OrderAsync("#bad");
        await world.CallAsync(bad, "POST-BAD-1", status: 503, outcome: "failed");
        await world.CallAsync(bad, "POST-BAD-1", status: 503, outcome: "failed");
        await world.CallAsync(bad, "POST-BAD-1", status: 201, outcome: "ok", failure: null, attempt: 2);
        var cased = await world.OrderAsync("#cased");
        await world.CaseAsync(cased, age: TimeSpan.Zero);

        var pass = (await FiguresAsync()).FirstPass;

        Assert.Equal((3L, 2L), (pass.Started, pass.Failed));
        Assert.Equal(2 / 3.0, pass.Trend[^1]!.Value, 0.001);
    }

    [Fact]
    public async Task Nothing_known_gives_no_figures_instead_of_zeros()
    {
        var figures = await FiguresAsync();
        Assert.Null(figures.Acknowledged.P95);
        Assert.Null(figures.FirstPass.Share);
        Assert.Empty(figures.Risk.Values);
        Assert.Null(figures.Orders.WeekAgo);
    }

    [Fact]
    public async Task Minutes_count_captured_and_acknowledged_orders()
    {
        var order = await world.OrderAsync("#1");
        await world.StepAsync(order, 1, "order.captured", "captured", ago: TimeSpan.FromMinutes(5));
        await world.StepAsync(order, 2, "order.acknowledged", "acknowledged", ago: TimeSpan.FromMinutes(3));
        await world.StepAsync(order, 3, "order.checked", "checked", ago: TimeSpan.FromMinutes(4));

        var minutes = await queries.MinutesAsync(await NowAsync() - TimeSpan.FromMinutes(80));

        Assert.Equal([(1L, 0L), (0L, 1L)], minutes.Select(m => (m.Captured, m.Acknowledged)));
        Assert.Equal(2, (minutes[1].At - minutes[0].At).TotalMinutes);
    }

    private async Task<(long, long?)> OrdersAsync(DateTimeOffset midnight)
    {
        var orders = (await queries.FiguresAsync(midnight, midnight - TimeSpan.FromDays(7))).Orders;
        return (orders.Today, orders.WeekAgo);
    }

    private async Task<OverviewFigures> FiguresAsync()
    {
        var midnight = await NowAsync() - TimeSpan.FromHours(12);
        return await queries.FiguresAsync(midnight, midnight - TimeSpan.FromDays(7));
    }

    private async Task<DateTimeOffset> NowAsync() => new(await database.ScalarAsync<DateTime>("select now()"), TimeSpan.Zero);
}
