using System.Text;
using ControlTower.Data.Canonical;
using ControlTower.Data.Exports;
using ControlTower.Data.Promotions;
using ControlTower.Sync.Connectors;
using ControlTower.Sync.Exports;
using ControlTower.Sync.Promotions;
using Xunit;
using static ControlTower.Tests.Sync.Promotions.PromotionWorld;

namespace ControlTower.Tests.Sync.Promotions;

/// <summary>What a dry run says would come of a plan, on screen and as a file.</summary>
public sealed class DryRunTests
{
    private static readonly PromotionPlan Checkout = Plan("A") with { Connections = [Site], Stores = [], Stages = [new PromotionStage("All", [], [])], Offer = new PromotionOffer(OfferKind.CheckoutPercent, 30) };

    [Fact]
    public async Task A_reduction_at_the_checkout_is_looked_up_and_nothing_is_written()
    {
        await using var world = await CreateAsync();
        await world.ListAsync(100m, "A");
        var id = await world.CheckedAsync(Checkout);
        Assert.Equal("Would be created", await OutcomeAsync(world, id));

        var terms = new DiscountTerms($"R-{id}", "Old", DiscountKind.Percent, 20, "EUR", ["A"], null, 0, 0, Noon, null);
        world.Systems.Of(Site).Discounts[terms.Mark] = (terms, true);
        Assert.Equal("Would be changed: value", await OutcomeAsync(world, id));
        world.Systems.Of(Site).Discounts[terms.Mark] = (terms with { Value = 30 }, false);
        Assert.Equal("Would be changed: it is off", await OutcomeAsync(world, id));
        world.Systems.Of(Site).Discounts[terms.Mark] = (terms with { Value = 30 }, true);
        Assert.Equal("Stands as meant already", await OutcomeAsync(world, id));
        Assert.Empty(world.Systems.Of(Site).Sent);
    }

    [Fact]
    public async Task What_stands_in_the_way_of_a_reduction_is_said_and_a_channel_that_is_away_is_named()
    {
        await using var world = await CreateAsync();
        await world.ListAsync(100m, "A", "B");
        world.Systems.DiscountItems = 1;
        var id = await world.CheckedAsync(Checkout with { Products = new PromotionProducts(["A", "B"]) });
        Assert.Equal("Not written: The channel takes fewer items into one reduction", await OutcomeAsync(world, id));
        world.Systems.DiscountItems = null;
        world.Systems.Of(Site).IsDown = true;
        var away = await world.CheckedAsync(Checkout);
        Done(await world.Plans.DryRunAsync(away, await world.VersionAsync(away), Sofie, default));
        await world.TurnUntilAsync(async () => (await CheckAsync(world, away)).DryFailure is not null);
        Assert.Equal(("Site shop: The system is away.", 0L, 1L), ((await CheckAsync(world, away)).DryFailure, (await CheckAsync(world, away)).DryLooked, (await CheckAsync(world, away)).DryAll));
    }

    [Fact]
    public async Task What_each_price_is_now_and_then_stands_in_the_file_with_what_would_come_of_it()
    {
        await using var world = await CreateAsync();
        await world.ListAsync(100m, "A", "B");
        var id = await world.CheckedAsync(Plan("A", "B", "GHOST") with { Connections = [Site, Tills], Stores = ["BER"], Stages = [new PromotionStage("All", [], [])] });
        world.Systems.Of(Site).Edit("A", 95m);
        world.Systems.Of(Tills).Edit("B", 60m, "BER");
        Done(await world.Plans.DryRunAsync(id, await world.VersionAsync(id), Sofie, default));
        await world.TurnUntilAsync(async () => (await CheckAsync(world, id)).DryDoneAt is not null);
        using var file = new MemoryStream();
        await world.Engine.Get<ExportDesk>().WriteAsync(PlanPricesExport.Ask(id, 1, ExportFormat.Csv, "/promotions/101"), Ida, file, default);
        var lines = Encoding.UTF8.GetString(file.ToArray()).Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(7, lines.Length);
        string Line(string sku, string channel) => Assert.Single(lines, l => l.StartsWith(sku + ",", StringComparison.Ordinal) && l.Contains(channel, StringComparison.Ordinal));
        Assert.Contains("Stops: it stands at 95 and was planned from 100", Line("A", "Site shop"), StringComparison.Ordinal);
        Assert.Contains("100 becomes 70", Line("B", "Site shop"), StringComparison.Ordinal);
        Assert.Contains("100 becomes 70", Line("A", "Tills"), StringComparison.Ordinal);
        Assert.Contains("Stops: it sells for 60 there already", Line("B", "Tills"), StringComparison.Ordinal);
        Assert.Contains("Not written: The channel does not list the SKU", Line("GHOST", "Site shop"), StringComparison.Ordinal);
        Assert.All(All, s => Assert.Empty(world.Systems.Of(s).Sent));
    }

    private static async Task<CheckProgress> CheckAsync(PromotionWorld world, long id) => (await world.Engine.Get<PromotionQueries>().FindAsync(id, null, default))!.Revision.Check;

    private static async Task<string?> OutcomeAsync(PromotionWorld world, long id)
    {
        Done(await world.Plans.DryRunAsync(id, await world.VersionAsync(id), Sofie, default));
        await world.TurnUntilAsync(async () => (await CheckAsync(world, id)).DryDoneAt is not null);
        return PlanOutcome.Of((await world.Engine.Get<PromotionQueries>().CellsAsync(id, 1, null, null, 0, 10, default)).Single(c => c.Kind == "checkout"))?.Words;
    }
}
