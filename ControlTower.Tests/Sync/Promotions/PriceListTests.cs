using ControlTower.Data.Canonical;
using ControlTower.Data.Catalog;
using ControlTower.Data.Promotions;
using ControlTower.Sync.Connections;
using ControlTower.Sync.Connectors;
using ControlTower.Sync.Promotions;
using Xunit;
using static ControlTower.Tests.Sync.Promotions.PromotionWorld;

namespace ControlTower.Tests.Sync.Promotions;

/// <summary>A promotion of price lists: prices of its own for a market, beside those that everybody else is charged.</summary>
public sealed class PriceListTests
{
    private const string Swiss = "41";

    private static readonly string Place = PriceListPlace.Of(Swiss);

    [Fact]
    public async Task A_release_fixes_prices_on_the_list_in_its_currency_and_leaves_the_variants_own()
    {
        await using var world = await ListedAsync();
        var id = await world.ApprovedAsync(ListPlan());
        await world.TurnUntilAsync(id, "live");
        Assert.Equal(new PriceTag(77m, 110m), world.Systems.Of(Site).Book[("A", Place)]);
        Assert.Equal((100m, "proven 2"), (world.Systems.Of(Site).Book[("A", "")].Amount, await world.PhasesAsync(id)));
        var cell = (await world.Engine.Get<ReleaseQueries>().CellsAsync(id, new CellFilter(), 10, default))[0];
        Assert.Equal(("CHF", "Switzerland", 77m), (cell.Currency, cell.PlaceName, cell.Price));
    }

    [Fact]
    public async Task At_its_end_a_price_that_was_not_fixed_before_is_none_again_and_one_that_was_is_as_it_was()
    {
        await using var world = await ListedAsync();
        world.Systems.Of(Site).Book[("B", Place)] = new PriceTag(120m, 130m);
        await ListAsync(world, ("A", 110m, null), ("B", 120m, 130m));
        var id = await world.ApprovedAsync(ListPlan());
        await world.TurnUntilAsync(id, "live");
        Assert.Equal(84m, world.Systems.Of(Site).Book[("B", Place)].Amount);
        Done(await world.Releases.RollBackAsync(id, "Wrong list.", ends: false, Sofie, default));
        await world.TurnUntilAsync(id, "rolled-back");
        Assert.False(world.Systems.Of(Site).Book.ContainsKey(("A", Place)));
        Assert.Equal(new PriceTag(120m, 130m), world.Systems.Of(Site).Book[("B", Place)]);
    }

    [Fact]
    public async Task A_fixed_price_that_somebody_changed_is_listed_and_not_written_over()
    {
        await using var world = await ListedAsync();
        var id = await world.ApprovedAsync(ListPlan());
        await world.TurnUntilAsync(id, "live");
        world.Systems.Of(Site).Edit("A", 59m, Place);
        await world.TurnUntilAsync(async () => await world.PhasesAsync(id) == "drifted 1, proven 1");
        Done(await world.Releases.RollBackAsync(id, "Enough.", ends: false, Sofie, default));
        await world.TurnUntilAsync(id, "rolled-back");
        Assert.Equal(59m, world.Systems.Of(Site).Book[("A", Place)].Amount);
        Assert.False(world.Systems.Of(Site).Book.ContainsKey(("B", Place)));
    }

    [Fact]
    public async Task A_price_of_the_list_that_is_another_than_the_plan_started_from_waits_for_a_person()
    {
        await using var world = await ListedAsync();
        var id = await world.ApprovedAsync(ListPlan());
        world.Systems.Of(Site).Edit("A", 95m, Place);
        await world.TurnUntilAsync(async () => await world.PhasesAsync(id) == "failed 1, proven 1");
        Assert.Equal("base-changed", await world.Database.ScalarAsync<string>("select failure from promotion_cell where phase = 'failed'"));
    }

    [Fact]
    public async Task A_promotion_of_the_list_and_one_of_everywhere_do_not_stand_over_each_other()
    {
        await using var world = await ListedAsync();
        var lists = await world.ApprovedAsync(ListPlan());
        var everywhere = await world.CheckedAsync(ListPlan() with { PriceLists = null, Name = "Everywhere", Offer = new PromotionOffer(OfferKind.Percent, 50) });
        Assert.DoesNotContain(await world.Engine.Get<PromotionQueries>().FindingsAsync(everywhere, 1, default), f => f is { Check: "overlap", Tone: FindingTone.Warning });
        var second = await world.ApprovedAsync(ListPlan() with { PriceLists = null, Name = "Everywhere", Offer = new PromotionOffer(OfferKind.Percent, 50) });
        await world.TurnUntilAsync(lists, "live");
        await world.TurnUntilAsync(second, "live");
        Assert.Equal((77m, 50m), (world.Systems.Of(Site).Book[("A", Place)].Amount, world.Systems.Of(Site).Book[("A", "")].Amount));
        var rival = await world.CheckedAsync(ListPlan() with { Name = "The list again" });
        Assert.Contains(await world.Engine.Get<PromotionQueries>().FindingsAsync(rival, 1, default), f => f is { Check: "overlap", Tone: FindingTone.Warning });
    }

    [Fact]
    public async Task A_list_that_follows_a_price_which_another_promotion_changes_is_not_planned_from()
    {
        await using var world = await ListedAsync();
        await ListAsync(world, follows: true, ("A", 110m, null), ("B", 110m, null));
        Assert.DoesNotContain(await FindingsAsync(world, await world.CheckedAsync(ListPlan())), f => f.Check == "follows");
        await world.TurnUntilAsync(await world.ApprovedAsync(ListPlan() with { PriceLists = null, Name = "Everywhere" }), "live");
        var finding = Assert.Single(await FindingsAsync(world, await world.CheckedAsync(ListPlan())), f => f.Check == "follows");
        Assert.Equal((FindingTone.Error, true), (finding.Tone, finding.Words.Contains("2 SKUs follow", StringComparison.Ordinal)));

        await ListAsync(world, ("A", 110m, null), ("B", 110m, null));
        Assert.DoesNotContain(await FindingsAsync(world, await world.CheckedAsync(ListPlan())), f => f.Check == "follows");
    }

    [Fact]
    public async Task A_price_that_the_list_fixes_in_another_currency_is_named_and_blocks()
    {
        await using var world = await ListedAsync();
        await StoreAsync(world, await NowAsync(world), new ListedPrice("A", 99m, null, Currency: "EUR"));
        var findings = await FindingsAsync(world, await world.CheckedAsync(ListPlan()));
        var odd = Assert.Single(findings, f => f.Check == "list-currency");
        Assert.Equal((FindingTone.Error, 1L), (odd.Tone, odd.Count));
        Assert.StartsWith("Switzerland (Site shop) is in CHF and fixes 1 SKU in EUR: A. ", odd.Words, StringComparison.Ordinal);
        Assert.DoesNotContain(findings, f => f.Check == "no-price");

        await StoreAsync(world, await NowAsync(world), new ListedPrice("A", 110m, null));
        Assert.DoesNotContain(await FindingsAsync(world, await world.CheckedAsync(ListPlan())), f => f.Check == "list-currency");
    }

    [Fact]
    public async Task A_page_that_was_asked_for_before_a_price_was_read_back_does_not_overwrite_it()
    {
        await using var world = await ListedAsync();
        var id = await world.ApprovedAsync(ListPlan());
        var (early, looks) = (await NowAsync(world), "select string_agg(item || ' ' || trim_scale(price), ', ' order by item) from price_list_price");
        await world.TurnUntilAsync(id, "live");
        Assert.Equal("A 77, B 77", await world.Database.ScalarAsync<string>(looks));
        await StoreAsync(world, early, new ListedPrice("A", 110m, null));
        Assert.Equal("A 77, B 77", await world.Database.ScalarAsync<string>(looks));
        await StoreAsync(world, await NowAsync(world), new ListedPrice("A", 76m, null));
        Assert.Equal("A 76, B 77", await world.Database.ScalarAsync<string>(looks));

        // The other way round: a look that was begun before the page was read.
        await using var open = await world.Database.Sources.Work.OpenConnectionAsync();
        var cell = await world.Database.ScalarAsync<long>($"select id from promotion_cell where promotion_id = {id} and item = 'A'");
        var fence = await world.Database.ScalarAsync<long>($"select fence from promotion_cell where id = {cell}");
        await PriceCells.SawAsync(world.Database.Sources.Work, Site, "look-of-before", [new PriceLook(cell, fence, null, true, 77m, null, true, 60)], early, default);
        Assert.Equal("A 76, B 77", await world.Database.ScalarAsync<string>(looks));
    }

    [Fact]
    public async Task A_catalogue_that_was_read_before_a_price_was_set_does_not_say_the_price()
    {
        await using var world = await ListedAsync();
        var id = await world.ApprovedAsync(ListPlan() with { PriceLists = null, Name = "Everywhere" });
        var early = await NowAsync(world);
        await world.TurnUntilAsync(id, "live");
        CatalogVariant Item(decimal price) => new("A", null, "Read again", "A", null, true, [new CatalogPrice("EUR", price)], Noon.AddMinutes(1));
        await using var open = await world.Database.Sources.Work.OpenConnectionAsync();
        await CatalogStore.StoreAsync(open, Site, [Item(100m)], [], early, default);
        Assert.Equal("70 Read again", await world.Database.ScalarAsync<string>("select trim_scale(price) || ' ' || title from catalog_item where connection_id = 'web' and item = 'A'"));
        await CatalogStore.StoreAsync(open, Site, [Item(69m)], [], await NowAsync(world), default);
        Assert.Equal(69m, await world.Database.ScalarAsync<decimal>("select price from catalog_item where connection_id = 'web' and item = 'A'"));
    }

    [Fact]
    public async Task A_list_of_a_channel_whose_lists_were_switched_off_since_is_refused_by_the_check()
    {
        await using var world = await ListedAsync();
        var id = await world.CheckedAsync(ListPlan() with { Connections = [Site, Tills] });
        Assert.DoesNotContain(await FindingsAsync(world, id), f => f.Check == "price-list");
        await world.Database.ExecuteAsync("update connection set settings = settings || '{\"can\": \"Everywhere, CompareAt, AutomaticDiscount\"}', version = version + 1 where id = 'web'");
        await world.Engine.Get<ConnectionDirectory>().RefreshAsync(default);
        Done(await world.Plans.CheckAsync(id, await world.VersionAsync(id), Sofie, default));
        await world.Engine.Get<Preflight>().RunDueAsync(default);
        Assert.Equal(FindingTone.Error, Assert.Single(await FindingsAsync(world, id), f => f.Check == "price-list").Tone);
    }

    [Fact]
    public async Task Prices_of_a_list_that_was_not_read_for_days_are_said_to_be_old()
    {
        await using var world = await ListedAsync();
        await world.Database.ExecuteAsync("insert into feed_cursor (connection_id, feed, since, heard_at) values ('web', 'price-lists', now(), now() - interval '25 hours')");
        Assert.Contains("Site shop (price lists)", Assert.Single(await FindingsAsync(world, await world.CheckedAsync(ListPlan())), f => f.Check == "age").Words, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_a_plan_cannot_aim_at_is_said_when_it_is_written_and_when_it_is_checked()
    {
        await using var world = await ListedAsync();
        Assert.Contains("Outlet has no price lists", Assert.Single(world.Plans.Problems(ListPlan() with { Connections = [Outlet], PriceLists = [new(Outlet, Swiss)] })).Message, StringComparison.Ordinal);
        Assert.Equal("priceLists", Assert.Single(world.Plans.Problems(ListPlan() with { PriceLists = [new(Tills, Swiss)] }), p => p.Message.Contains("not among", StringComparison.Ordinal)).Field);
        Assert.Equal("priceLists", Assert.Single(world.Plans.Problems(ListPlan() with { Offer = new PromotionOffer(OfferKind.CheckoutPercent, 10) })).Field);
        Assert.Equal("priceLists", Assert.Single(world.Plans.Problems(ListPlan() with { PriceLists = [new(Site, Swiss), new(Site, Swiss)] })).Field);

        var gone = await world.CheckedAsync(ListPlan() with { PriceLists = [new(Site, "99")] });
        var finding = Assert.Single(await world.Engine.Get<PromotionQueries>().FindingsAsync(gone, 1, default), f => f.Check == "price-list");
        Assert.Equal((FindingTone.Error, true), (finding.Tone, finding.Words.Contains("Site shop: 99", StringComparison.Ordinal)));
        Assert.Equal(0, await world.Database.ScalarAsync<long>($"select count(*) from promotion_plan_cell where promotion_id = {gone} and item <> ''"));
    }

    [Fact]
    public async Task A_vendor_that_cannot_names_its_reason_when_the_plan_is_written()
    {
        await using var world = await ListedAsync();
        world.Systems.NoPriceLists = ConnectorCatalog.Standard().Of("business-central").NoPriceLists;
        Assert.Contains("Outlet: The API of Business Central (v2.0) knows an item's unit price alone", Assert.Single(world.Plans.Problems(ListPlan() with { Connections = [Outlet], PriceLists = [new(Outlet, Swiss)] })).Message, StringComparison.Ordinal);
        Assert.Empty(world.Plans.Problems(ListPlan()));
        world.Systems.NotPlanned = ConnectorCatalog.Standard().Of("tryton").NotPlanned;
        var problem = Assert.Single(world.Plans.Problems(ListPlan() with { Connections = [Outlet], PriceLists = null }));
        Assert.Equal(("connections", true), (problem.Field, problem.Message.StartsWith("Outlet: The tower does not read which products Tryton lists", StringComparison.Ordinal)));
        Assert.IsType<PromotionAnswer.Refused>(await world.Plans.CreateAsync(Guid.CreateVersion7(), ListPlan(), Sofie, default));
    }

    [Theory]
    [InlineData("business-central")]
    [InlineData("tryton")]
    [InlineData("vendure")]
    [InlineData("square")]
    public void Who_has_no_price_lists_says_why(string kind) => Assert.EndsWith(".", ConnectorCatalog.Standard().Of(kind).NoPriceLists, StringComparison.Ordinal);

    [Fact]
    public async Task What_a_list_does_not_sell_is_missing_there_and_an_amount_is_given_in_its_currency()
    {
        await using var world = await ListedAsync();
        await world.ListAsync(100m, "C");
        var id = await world.CheckedAsync(ListPlan("A", "C") with { Offer = new PromotionOffer(OfferKind.Fixed, Amounts: new Dictionary<string, decimal> { ["EUR"] = 60m }) });
        var cells = await world.Engine.Get<PromotionQueries>().CellsAsync(id, 1, null, null, 0, 10, default);
        Assert.Equal([("A", "Switzerland", "currency"), ("C", "Switzerland", "missing")], cells.Select(c => (c.Sku, c.Place, c.Flags.First(f => f is "currency" or "missing"))).Order());
    }

    [Fact]
    public async Task A_list_that_a_whole_reading_did_not_meet_is_gone()
    {
        await using var world = await ListedAsync();
        await using var open = await world.Database.Sources.Work.OpenConnectionAsync();
        await PriceListStore.EndPassAsync(open, Site, await world.Database.ScalarAsync<DateTime>("select now()"), default);
        Assert.Empty(await world.Engine.Get<PromotionQueries>().PriceListsAsync(default));
    }

    private static PromotionPlan ListPlan(params string[] skus) => Plan(skus.Length > 0 ? skus : ["A", "B"]) with
    {
        Name = "Swiss days",
        Connections = [Site],
        Stores = [],
        PriceLists = [new PlanPriceList(Site, Swiss)],
        Stages = [new PromotionStage("All", [], [])],
    };

    private static async Task<PromotionWorld> ListedAsync()
    {
        var world = await CreateAsync();
        await world.Database.ExecuteAsync("update connection set settings = settings || '{\"can\": \"Everywhere, CompareAt, PriceLists, AutomaticDiscount\"}', version = version + 1 where id = 'web'");
        await world.Engine.Get<ConnectionDirectory>().RefreshAsync(default);
        await world.ListAsync(100m, "A", "B");
        world.Systems.Of(Site).Listed[Place] = 1.1m;
        await ListAsync(world, ("A", 110m, null), ("B", 110m, null));
        return world;
    }

    private static Task<List<Finding>> FindingsAsync(PromotionWorld world, long id) => world.Engine.Get<PromotionQueries>().FindingsAsync(id, 1, default);

    private static Task ListAsync(PromotionWorld world, params (string Item, decimal Price, decimal? CompareAt)[] prices) => ListAsync(world, follows: false, prices);

    private static async Task ListAsync(PromotionWorld world, bool follows, params (string Item, decimal Price, decimal? CompareAt)[] prices)
    {
        await StoreAsync(world, await NowAsync(world), [.. prices.Select(p => new ListedPrice(p.Item, p.Price, p.CompareAt, follows))]);
    }

    private static async Task<DateTimeOffset> NowAsync(PromotionWorld world) => new(await world.Database.ScalarAsync<DateTime>("select clock_timestamp()"), TimeSpan.Zero);

    /// <param name="read">When this page of the list was asked for.</param>
    private static async Task StoreAsync(PromotionWorld world, DateTimeOffset read, params ListedPrice[] prices)
    {
        await using var open = await world.Database.Sources.Work.OpenConnectionAsync();
        await PriceListStore.StoreAsync(open, Site, new PriceListPart(Swiss, "Switzerland", "CHF", prices), read, default);
    }
}
