using System.Globalization;
using ControlTower.Data.Canonical;
using ControlTower.Data.Promotions;
using ControlTower.Sync.Connectors;
using ControlTower.Sync.Promotions;
using ControlTower.Sync.Pumps;
using ControlTower.Tests.Support;
using Xunit;
using static ControlTower.Tests.Sync.Promotions.PromotionWorld;

namespace ControlTower.Tests.Sync.Promotions;

/// <summary>What the tower sees and says of a release by itself: trouble, figures, its own steps.</summary>
public sealed class ReleaseWatchTests
{
    private static readonly PromotionStage All1 = new("All", [], []);

    [Fact]
    public async Task A_channel_that_does_not_answer_is_told_of_and_strikes_the_guard()
    {
        await using var world = await CreateAsync();
        var skus = Enumerable.Range(0, 24).Select(i => $"S{i}").ToArray();
        await world.ListAsync(100m, skus);
        var id = await world.ApprovedAsync(Plan(skus) with
        {
            Connections = [Site, Outlet],
            Stores = [],
            Stages = [All1],
            Rules = new PromotionRules(Guards: [new PromotionGuard(GuardKind.ChannelErrors, 20, OnBreach.Pause)]),
        });
        world.Systems.Of(Outlet).IsDown = true;
        await world.TurnUntilAsync(async () => await world.PhasesAsync(id) == "applying 24, proven 24");
        await world.TurnAsync();
        Assert.Equal("releasing", await world.StateAsync(id));
        Assert.Equal(0, await BadAsync(world, id));
        world.Now = Noon.AddMinutes(11);
        await world.TurnAsync();
        Assert.Contains("did not answer for 50% of the prices", await world.Database.ScalarAsync<string>($"select held_why from promotion where id = {id}"), StringComparison.Ordinal);
        Assert.Equal("Prices in trouble: 24 without an answer (Outlet 24)", await world.Database.ScalarAsync<string>($"select words from promotion_log where promotion_id = {id} and tone = 'bad'"));
    }

    [Fact]
    public async Task Prices_in_trouble_are_told_of_once_and_again_when_they_have_doubled_or_come_back()
    {
        await using var world = await CreateAsync();
        await world.ListAsync(100m, "A", "B", "C", "D");
        var id = await world.ApprovedAsync(Plan("A", "B", "C", "D") with { Connections = [Site], Stores = [], Stages = [All1], Rules = new PromotionRules(Parity: 1) });
        await world.TurnUntilAsync(id, "live");
        async Task ChangedAsync(int drifted)
        {
            await world.TurnUntilAsync(async () => (await world.PhasesAsync(id)).Contains(string.Create(CultureInfo.InvariantCulture, $"drifted {drifted}"), StringComparison.Ordinal));
            await world.TurnAsync();
            await world.TurnAsync();
        }

        world.Systems.Of(Site).Edit("A", 59m);
        await ChangedAsync(1);
        Assert.Equal(1, await BadAsync(world, id));
        Assert.Equal(1, await world.Engine.Get<PromotionQueries>().WaitingAsync(default));
        world.Systems.Of(Site).Edit("B", 59m);
        await ChangedAsync(2);
        Assert.Equal(2, await BadAsync(world, id));
        world.Systems.Of(Site).Edit("C", 59m);
        await ChangedAsync(3);
        Assert.Equal(2, await BadAsync(world, id));
        var cells = await world.Engine.Get<ReleaseQueries>().CellsAsync(id, new CellFilter(Trouble: true), 10, default);
        Done(await world.Releases.SetAsync(id, [.. cells.Select(c => c.Id)], "Ours is right.", Sofie, default));
        await world.TurnUntilAsync(async () => await world.PhasesAsync(id) == "proven 4");
        await world.TurnAsync();
        Assert.Equal(0, await world.Engine.Get<PromotionQueries>().WaitingAsync(default));
        world.Systems.Of(Site).Edit("A", 59m);
        await ChangedAsync(1);
        Assert.Equal(3, await BadAsync(world, id));
    }

    [Fact]
    public async Task What_the_tower_does_by_itself_is_in_the_audit_and_the_log_is_never_changed()
    {
        await using var world = await CreateAsync();
        await world.ListAsync(100m, "A");
        var id = await world.ApprovedAsync(Plan("A") with { Connections = [Ledger, Site], Stores = [], Stages = [new PromotionStage("ERP", [Ledger], []), All1] });
        await world.TurnUntilAsync(id, "live");
        world.Now = Noon.AddDays(1);
        await world.TurnUntilAsync(id, "ended");
        Assert.Equal(
            "Start, Start, Live, End, Finish",
            await world.Database.ScalarAsync<string>($"select string_agg(detail::jsonb ->> 'step', ', ' order by seq) from audit where actor_name = 'release' and subject = 'promotion:R-{id}'"));
        await Assert.ThrowsAsync<Npgsql.PostgresException>(() => world.Database.ExecuteAsync("update promotion_log set words = 'Nothing happened'"));
    }

    [Fact]
    public async Task A_person_who_lets_it_go_on_gives_the_order_rate_another_hour()
    {
        await using var world = await CreateAsync();
        await world.ListAsync(100m, "A");
        var id = await world.ApprovedAsync(Plan("A") with
        {
            Connections = [Site],
            Stores = [],
            Stages = [All1],
            Rules = new PromotionRules(Guards: [new PromotionGuard(GuardKind.OrderRate, 5, OnBreach.Pause)]),
        });
        await world.TurnUntilAsync(async () => await world.PhasesAsync(id) == "proven 1");
        await world.TurnUntilAsync(async () => await world.Database.ScalarAsync<bool>($"select held_at is not null from promotion where id = {id}"));
        Done(await world.Releases.ResumeAsync(id, await world.VersionAsync(id), "A slow hour.", Sofie, default));
        await world.Database.ExecuteAsync($"update promotion set judged_from = '2031-11-28 12:00+00' where id = {id}");
        world.Now = Noon.AddMinutes(59);
        await world.TurnAsync();
        Assert.False(await world.Database.ScalarAsync<bool>($"select held_at is not null from promotion where id = {id}"));
        world.Now = Noon.AddMinutes(60);
        await world.TurnAsync();
        Assert.True(await world.Database.ScalarAsync<bool>($"select held_at is not null from promotion where id = {id}"));
    }

    [Fact]
    public async Task What_is_taken_off_at_a_checkout_counts_for_the_budget_the_margin_and_the_order_rate()
    {
        await using var world = await CreateAsync();
        await world.ListAsync(100m, "A");
        var id = await world.ApprovedAsync(Plan("A") with
        {
            Connections = [Site],
            Stores = [],
            Stages = [All1],
            Offer = new PromotionOffer(OfferKind.CheckoutPercent, 30),
            Rules = new PromotionRules(Budget: 100, BudgetCurrency: "EUR"),
        });
        await world.TurnUntilAsync(id, "live");
        await world.Database.ExecuteAsync(
            """
            insert into flow (kind, source, source_id, currency) select 'order-to-cash', 'web', 'o' || i, 'EUR' from generate_series(1, 4) i;
            insert into order_document (flow_id, version, body) select id, 1, jsonb_build_object('placedAt', '2031-11-28T12:30:00Z', 'currency', 'EUR', 'taxesIncluded', false, 'fulfilment', 'Ship', 'lines', jsonb_build_array(
                jsonb_build_object('id', '1', 'sku', 'A', 'quantity', 2, 'unitPrice', 100, 'discount', case source_id when 'o4' then 0 else 60 end, 'taxes', '[]'::jsonb))) from flow where source_id like 'o%';
            """);
        await using var connection = await world.Database.Sources.Work.OpenConnectionAsync();
        Assert.Equal(3, await ReleaseStore.SoldAsync(connection, await world.Database.ScalarAsync<long[]>("select array_agg(id) from flow where source_id like 'o%'") ?? [], default));
        var figures = await ReleaseStore.FiguresAsync(connection, id, Noon.AddHours(1), default);
        Assert.Equal((3L, 180m, 0L, 0L, 3L), (figures.Orders, figures.Spent, figures.Till, figures.Dearer, figures.Costed));
        Assert.Equal(42.86m, figures.Margin);
        await world.TurnAsync();
        Assert.Equal("rolling-back", await world.StateAsync(id));
    }

    [Fact]
    public async Task Each_price_weighs_the_same_in_the_figures_whether_it_stands_right_wrong_or_cannot_be_shown()
    {
        await using var world = await CreateAsync();
        await world.ListAsync(100m, "A", "B");
        await world.Database.ExecuteAsync("insert into pos_store (connection_id, store, business_at, heard_at) values ('tills', 'L1', now(), now() - interval '3 days')");
        var id = await world.ApprovedAsync(Plan("A", "B") with { Connections = [Site, Tills], Stores = ["BER"], Stages = [All1], Rules = new PromotionRules(Parity: 1) });
        await world.TurnUntilAsync(id, "live");
        world.Systems.Of(Site).Edit("A", 90m);
        await world.TurnUntilAsync(async () => await world.PhasesAsync(id) == "drifted 1, offline 2, proven 1");
        await world.Database.ExecuteAsync("delete from promotion_check_day");
        var pump = world.Engine.Get<PromotionPump>();
        for (var quarter = 1; quarter <= 4; quarter++)
        {
            world.Now = Noon.AddMinutes(15 * quarter);
            await pump.RunOnceAsync(default);
            await pump.RunOnceAsync(default);
        }

        Assert.Equal(
            "tills 8 0 0 0, web 8 4 4 0",
            await world.Database.ScalarAsync<string>("select string_agg(connection_id || ' ' || checked || ' ' || as_intended || ' ' || over || ' ' || under, ', ' order by connection_id) from promotion_check_day"));
    }

    private static Task<long> BadAsync(PromotionWorld world, long id) => world.Database.ScalarAsync<long>($"select count(*) from promotion_log where promotion_id = {id} and tone = 'bad'");
}
