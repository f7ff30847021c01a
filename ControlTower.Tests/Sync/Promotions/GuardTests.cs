using ControlTower.Data.Canonical;
using ControlTower.Data.Promotions;
using ControlTower.Sync.Promotions;
using ControlTower.Sync.Pumps;
using ControlTower.Tests.Support;
using Xunit;
using static ControlTower.Tests.Sync.Promotions.PromotionWorld;

namespace ControlTower.Tests.Sync.Promotions;

/// <summary>Guards over what is sold and what channels say.</summary>
public sealed class GuardTests
{
    private static readonly GuardFigures Well = new(Prices: 1000, Failed: 0, Drifted: 0, Till: 100, Dearer: 0, Margin: 40, Costed: 100, Orders: 50, Began: Noon.AddHours(-3), Spent: 10) { Hour = new UsualHour(Noon.AddHours(-2), 50, 40) };

    public static TheoryData<GuardKind, decimal> Kinds { get; } = new() { { GuardKind.TillRefusals, 5 }, { GuardKind.Margin, 20 }, { GuardKind.OrderRate, 10 }, { GuardKind.UsualOrders, 50 }, { GuardKind.ChannelErrors, 2 }, { GuardKind.Drift, 2 } };

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_guard_strikes_beyond_its_limit_and_not_before(GuardKind kind, decimal limit)
    {
        var rules = new PromotionRules(Guards: [new PromotionGuard(kind, limit, OnBreach.RollBack)]);
        Assert.Null(ReleaseGuards.Judge(rules, Well, Noon));
        var bad = kind switch
        {
            GuardKind.TillRefusals => Well with { Dearer = 6 },
            GuardKind.Margin => Well with { Margin = 19.99m },
            GuardKind.OrderRate => Well with { Orders = 9 },
            GuardKind.UsualOrders => Well with { Hour = new UsualHour(Noon.AddHours(-2), 19, 40) },
            GuardKind.ChannelErrors => Well with { Failed = 21 },
            _ => Well with { Drifted = 21 },
        };
        Assert.IsType<ReleaseStep.GoBack>(ReleaseGuards.Judge(rules, bad, Noon));
        Assert.Null(ReleaseGuards.Judge(rules, bad with { Till = 19, Costed = 19, Prices = 19, Began = Noon.AddMinutes(-59) }, Noon));
    }

    [Fact]
    public void What_is_usual_is_no_measure_where_it_is_not_known_or_next_to_nothing()
    {
        var rules = new PromotionRules(Guards: [new PromotionGuard(GuardKind.UsualOrders, 50, OnBreach.Pause)]);
        Assert.IsType<ReleaseStep.Hold>(ReleaseGuards.Judge(rules, Well with { Hour = new UsualHour(Noon.AddHours(-2), 0, 5) }, Noon));
        Assert.Null(ReleaseGuards.Judge(rules, Well with { Hour = null }, Noon));
        Assert.Null(ReleaseGuards.Judge(rules, Well with { Hour = new UsualHour(Noon.AddHours(-2), 0, 4.9m) }, Noon));
        // It had not begun, or a person had not let it go on yet, when the hour began.
        Assert.Null(ReleaseGuards.Judge(rules, Well with { Hour = new UsualHour(Noon.AddHours(-4), 0, 40) }, Noon));
    }

    [Fact]
    public async Task What_is_usual_is_the_mean_of_the_same_hour_of_the_weeks_in_which_its_channels_sold()
    {
        await using var world = await CreateAsync();
        await world.ListAsync(100m, "A", "B");
        var id = await world.ApprovedAsync(Plan("A") with { Connections = [Site, Outlet], Stores = [], Stages = [new PromotionStage("Site", [Site], []), new PromotionStage("Rest", [], [], StageHold.Person)] });
        await world.TurnUntilAsync(async () => await world.Database.ScalarAsync<bool>($"select exists (select from promotion_stage where promotion_id = {id} and started_at is not null)"));
        await world.Database.ExecuteAsync(
            $"""
            insert into flow (kind, source, source_id, currency, placed_at)
            select 'order-to-cash', case when x.n in (9, 10) then '{Outlet}' else '{Site}' end, 'u' || x.n, 'EUR', x.at from (values
                (0, timestamptz '2031-11-28 12:20+00'), (1, '2031-11-21 12:00+00'), (2, '2031-11-21 12:59+00'), (3, '2031-11-21 12:30+00'), (4, '2031-11-21 13:00+00'), (5, '2031-11-14 12:30+00'), (6, '2031-11-14 12:31+00'),
                (7, '2031-10-24 12:30+00'), (9, '2031-11-21 12:30+00'), (10, '2031-11-28 12:30+00')) x (n, at);
            insert into order_document (flow_id, version, body) select id, 1, jsonb_build_object('lines', jsonb_build_array(jsonb_build_object('sku', case source_id when 'u6' then 'B' else 'A' end))) from flow where source_id like 'u%';
            """);
        await using var connection = await world.Database.Sources.Work.OpenConnectionAsync();
        // Three orders a week ago, one of two the week before, nothing earlier that counts; the outlet's stage has not begun.
        var noon = new DateTimeOffset(2031, 11, 28, 12, 0, 0, TimeSpan.Zero);
        Assert.Equal(new UsualHour(noon, 1, 2m), await ReleaseStore.UsualAsync(connection, id, noon.AddMinutes(70), default));
        Assert.Equal(new UsualHour(noon.AddHours(1), 0, 1m), await ReleaseStore.UsualAsync(connection, id, noon.AddMinutes(130), default));
        Assert.Null(await ReleaseStore.UsualAsync(connection, id, noon.AddHours(5), default));
        // Reckoned once.
        await world.Database.ExecuteAsync("update promotion_hour set orders = 7");
        Assert.Equal(7, (await ReleaseStore.UsualAsync(connection, id, noon.AddMinutes(129), default))!.Orders);
    }

    [Fact]
    public void A_rollback_comes_before_a_pause_and_a_spent_budget_brings_the_release_home()
    {
        var rules = new PromotionRules(Budget: 10, BudgetCurrency: "EUR", Guards: [new PromotionGuard(GuardKind.Drift, 1, OnBreach.Pause), new PromotionGuard(GuardKind.Margin, 50, OnBreach.RollBack)]);
        Assert.IsType<ReleaseStep.GoBack>(ReleaseGuards.Judge(rules, Well with { Drifted = 500 }, Noon));
        Assert.IsType<ReleaseStep.GoBack>(ReleaseGuards.Judge(rules with { Guards = null }, Well, Noon));
        Assert.Null(ReleaseGuards.Judge(rules with { Guards = null }, Well with { Spent = 9.99m }, Noon));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_guard_over_sales_that_has_too_little_to_judge_by_is_named_and_one_over_prices_never(GuardKind kind, decimal limit)
    {
        var rules = new PromotionRules(Guards: [new PromotionGuard(kind, limit, OnBreach.RollBack)]);
        Assert.Empty(ReleaseGuards.Unjudged(rules, Well, Noon));
        var few = Well with { Till = 19, Costed = 19, Prices = 1, Began = Noon.AddMinutes(-59) };
        Assert.Equal(kind is GuardKind.ChannelErrors or GuardKind.Drift ? 0 : 1, ReleaseGuards.Unjudged(rules, few, Noon).Count);
        Assert.Equal(kind is GuardKind.UsualOrders ? 1 : 0, ReleaseGuards.Unjudged(rules, Well with { Hour = null }, Noon).Count);
        Assert.Equal(kind is GuardKind.OrderRate or GuardKind.UsualOrders ? 1 : 0, ReleaseGuards.Unjudged(rules, Well with { Began = null }, Noon).Count);
    }

    [Fact]
    public async Task A_stage_waits_for_a_guard_that_cannot_be_judged_asks_once_and_begins_when_a_person_says_so()
    {
        await using var world = await CreateAsync();
        await world.Database.ExecuteAsync("update connection set role = 'erp' where id = 'ledger'");
        await world.ListAsync(100m, "A");
        var id = await world.ApprovedAsync(Plan("A") with
        {
            Connections = [Ledger, Site, Outlet],
            Stores = [],
            Stages = [new PromotionStage("ERP", [Ledger], []), new PromotionStage("Site", [Site], []), new PromotionStage("Outlet", [Outlet], [])],
            Rules = new PromotionRules(Guards: [new PromotionGuard(GuardKind.Margin, 10, OnBreach.RollBack)]),
        });
        // What stands in the ERP alone sells nothing: there is nothing to judge, and the site begins.
        await world.TurnUntilAsync(async () => await world.Database.ScalarAsync<bool>($"select question is not null from promotion where id = {id}"));
        Assert.Equal("1, 2", await BegunAsync(world, id));
        Assert.Equal(
            "Stage 3, Outlet, waits: the margin cannot be judged by 0 sold lines of known cost, 20 are needed. It begins by itself once they can; go on without if it cannot wait",
            await world.Database.ScalarAsync<string>($"select question from promotion where id = {id}"));
        await ReleaseOrderTests.TurnsAsync(world, 3);
        Assert.Equal(("1, 2", 1L), (await BegunAsync(world, id), await world.Database.ScalarAsync<long>($"select count(*) from promotion_log where promotion_id = {id} and words like 'Stage 3, Outlet, waits%'")));

        Done(await world.Releases.ResumeAsync(id, await world.VersionAsync(id), "The site sells well enough.", Sofie, default));
        await world.TurnUntilAsync(id, "live");
        Assert.Equal(("1, 2, 3", 1L), (await BegunAsync(world, id), await world.Database.ScalarAsync<long>($"select count(*) from promotion_log where promotion_id = {id} and words like 'Stage 3, Outlet, waits%'")));
        // An answer to this waives no share.
        Assert.False(await world.Database.ScalarAsync<bool>($"select bool_or(accepted) from promotion_stage where promotion_id = {id}"));
    }

    [Theory]
    [InlineData(50, "1, 2", false)]
    [InlineData(99, "1", true)]
    public async Task A_stage_that_waits_for_guards_begins_by_itself_once_they_can_be_judged_and_not_behind_one_that_strikes(int cost, string begun, bool held)
    {
        await using var world = await CreateAsync();
        await world.ListAsync(100m, "A");
        var id = await world.ApprovedAsync(Plan("A") with
        {
            Connections = [Site, Outlet],
            Stores = [],
            Stages = [new PromotionStage("Site", [Site], []), new PromotionStage("Outlet", [Outlet], [])],
            Rules = new PromotionRules(Guards: [new PromotionGuard(GuardKind.Margin, 10, OnBreach.Pause)]),
        });
        await world.TurnUntilAsync(async () => await world.Database.ScalarAsync<bool>($"select guards_asked = 2 from promotion where id = {id}"));
        await world.Database.ExecuteAsync(
            $"""
            insert into promotion_sale (promotion_id, flow_id, line, connection_id, place, till, at, currency, quantity, paid, net, cost)
            select {id}, n, '1', '{Site}', '', false, now(), 'EUR', 1, 119, 100, {cost} from generate_series(1, 20) n
            """);

        await ReleaseOrderTests.TurnsAsync(world, 3);
        Assert.Equal(begun, await BegunAsync(world, id));
        // Either way the question is answered.
        Assert.Equal($"{held} False", await world.Database.ScalarAsync<string>($"select initcap((held_at is not null)::text) || ' ' || initcap((question is not null)::text) from promotion where id = {id}"));
    }

    private static Task<string?> BegunAsync(PromotionWorld world, long id) => world.Database.ScalarAsync<string>($"select string_agg(stage::text, ', ' order by stage) from promotion_stage where promotion_id = {id} and started_at is not null");

    [Fact]
    public async Task Orders_count_once_with_their_newest_statement_and_a_dear_till_brings_the_release_home()
    {
        await using var world = await CreateAsync();
        await world.ListAsync(119m, "SKU-1");
        // The test shop is a channel of its own here: its orders are what is sold.
        await world.Database.ExecuteAsync("update connection set kind = 'test-price', settings = settings || '{\"can\": \"Everywhere\"}' where id = 'shop'");
        await world.Engine.Get<ControlTower.Sync.Connections.ConnectionDirectory>().RefreshAsync(default);
        await world.ListAsync("shop", new CatalogVariant("SKU-1", null, "Jacket", "SKU-1", null, true, [new CatalogPrice("EUR", 119m)], Noon, Cost: 50m));
        var id = await world.ApprovedAsync(Plan("SKU-1") with
        {
            Connections = ["shop"],
            Stores = [],
            Stages = [new PromotionStage("All", [], [])],
            Rules = new PromotionRules(Guards: [new PromotionGuard(GuardKind.TillRefusals, 10, OnBreach.RollBack)]),
        });
        world.Now = Noon.AddHours(1); // The shop's clock is UTC.
        await world.TurnUntilAsync(async () => await world.Database.ScalarAsync<long>($"select count(*) from promotion_cell where promotion_id = {id} and phase = 'applying'") == 1);
        await world.Database.ExecuteAsync($"update promotion_cell set touched = true, captured = true, former_price = 119, phase = 'proven', seen_price = price, effective_at = starts_at, due_at = null where promotion_id = {id}");
        await world.Database.ExecuteAsync(
            """
            insert into flow (kind, source, source_id, currency) select 'order-to-cash', 'shop', 'o' || i, 'EUR' from generate_series(1, 30) i;
            insert into order_document (flow_id, version, body) select id, 1, jsonb_build_object('placedAt', '2031-11-28T13:30:00Z', 'currency', 'EUR', 'taxesIncluded', true, 'pickupLocation', 'BER', 'fulfilment', 'HandedOver', 'lines', jsonb_build_array(jsonb_build_object(
                'id', '1', 'sku', 'SKU-1', 'quantity', 2, 'unitPrice', 83.30, 'discount', 0, 'taxes', jsonb_build_array(jsonb_build_object('amount', 26.60))))) from flow where source_id like 'o%';
            insert into event_log (flow_id, step, type, stage) select id, 1, 'order-stated', 'captured' from flow where source_id like 'o%';
            """);
        var pump = world.Engine.Get<PromotionSalesPump>();
        // A transaction that is open anywhere on the server keeps the log behind it.
        await world.Engine.RunUntilAsync(async () => (await pump.RunOnceAsync(default)).Failed == 0 && await world.Database.ScalarAsync<long>("select count(*) from promotion_sale") == 30);
        await pump.RunOnceAsync(default);
        Assert.Equal((30L, 0L), (await world.Database.ScalarAsync<long>("select count(*) from promotion_sale"), await world.Database.ScalarAsync<long>("select count(*) from promotion_sale where paid > intended")));
        Assert.Equal(140m, await world.Database.ScalarAsync<decimal>("select min(net) from promotion_sale"));
        await world.Engine.Get<PromotionPump>().RunOnceAsync(default);
        Assert.Equal("live", await world.StateAsync(id));

        // The tills state their orders anew: four were sold at the old price after all.
        await world.Database.ExecuteAsync(
            """
            insert into order_document (flow_id, version, body) select flow_id, 2, jsonb_set(body, '{lines,0,unitPrice}', '119') from order_document where flow_id in (select id from flow where source_id in ('o1', 'o2', 'o3', 'o4'));
            insert into event_log (flow_id, step, type, stage) select id, 2, 'order-stated', 'captured' from flow where source_id in ('o1', 'o2', 'o3', 'o4');
            """);
        await world.Engine.RunUntilAsync(async () => (await pump.RunOnceAsync(default)).Failed == 0 && await world.Database.ScalarAsync<long>("select count(*) from promotion_sale where paid > intended") == 4);
        Assert.Equal((30L, 4L), (await world.Database.ScalarAsync<long>("select count(*) from promotion_sale"), await world.Database.ScalarAsync<long>("select count(*) from promotion_sale where paid > intended")));
        await world.Engine.Get<PromotionPump>().RunOnceAsync(default);
        Assert.Equal("rolling-back", await world.StateAsync(id));
        Assert.Contains("13.33% of promoted lines at tills", await world.Database.ScalarAsync<string>($"select back_why from promotion where id = {id}"), StringComparison.Ordinal);
        Assert.Equal(1, await world.Database.ScalarAsync<long>("select count(*) from audit where action = 'promotions:release:run' and actor_name = 'release' and detail::jsonb ->> 'step' = 'GoBack'"));
    }
}
