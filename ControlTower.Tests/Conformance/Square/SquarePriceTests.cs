using ControlTower.Data.Canonical;
using ControlTower.Sync.Connectors;
using ControlTower.Sync.Connectors.Square;
using Xunit;

namespace ControlTower.Tests.Conformance.Square;

/// <summary>Promotional prices of item variations, everywhere and store by store.</summary>
public sealed class SquarePriceTests
{
    private const string Items = """
        {"objects":[
          {"type":"ITEM_VARIATION","id":"V1","updated_at":"2026-11-20T09:00:00Z","version":5,"absent_at_location_ids":["L9"],"item_variation_data":{"item_id":"I1","name":"M","sku":"A-1","pricing_type":"FIXED_PRICING","price_money":{"amount":1000,"currency":"EUR"},"sellable":true,
            "location_overrides":[{"location_id":"L1","track_inventory":true,"pricing_type":"FIXED_PRICING","price_money":{"amount":900,"currency":"EUR"}},{"location_id":"L3","pricing_type":"FIXED_PRICING","price_money":{"amount":950,"currency":"EUR"}},{"location_id":"L4","pricing_type":"VARIABLE_PRICING"}]}},
          {"type":"ITEM_VARIATION","id":"V2","updated_at":"2026-11-20T09:00:00Z","version":8,"present_at_all_locations":false,"present_at_location_ids":["L2"],"item_variation_data":{"item_id":"I1","name":"L","sku":"A-2","pricing_type":"FIXED_PRICING","price_money":{"amount":2000,"currency":"EUR"}}}],
         "related_objects":[{"type":"ITEM","id":"I1","item_data":{"name":"Tee","is_archived":false}}]}
        """;

    /// <summary>A new price at one store, none of its own any more at two others, one item everywhere: two objects.</summary>
    public static SetPrices Command { get; } = new(SquareWorld.Posting,
    [
        new PriceMove(At("V1", "L2"), null, new PriceTag(7m), false), new PriceMove(At("V2"), new PriceTag(20m), new PriceTag(15.5m), false),
        new PriceMove(At("V1", "EU-BER1"), new PriceTag(9m), null, false), new PriceMove(At("V1", "L3"), new PriceTag(9.5m), null, false),
    ]);

    public static FakeVendor Vendor() => SquareWorld.Answering(("batch-retrieve", Items), ("batch-upsert", Items));

    [Fact]
    public async Task All_places_of_an_item_are_one_object_with_the_version_that_was_read()
    {
        var vendor = Vendor();
        Assert.IsType<Outcome.Accepted>(await SendAsync(vendor, Command));
        SquareWorld.Approved(vendor);
        var objects = Assert.Single(vendor.Requests, SquareWorld.IsWrite).Json.Items("batches")[0].Items("objects");
        Assert.Equal([5m, 8m], objects.Select(o => o.Amount("version")));
        Assert.Equal(
            """[{"location_id":"L1","track_inventory":true},{"location_id":"L4","pricing_type":"VARIABLE_PRICING"},{"location_id":"L2","pricing_type":"FIXED_PRICING","price_money":{"amount":700,"currency":"EUR"}}]""",
            objects[0].At("item_variation_data", "location_overrides")!.Value.GetRawText());
        Assert.Equal(1550m, objects[1].Amount("item_variation_data", "price_money", "amount"));
        Assert.Null(objects[1].At("item_variation_data", "location_overrides"));
    }

    [Fact]
    public async Task A_store_charges_its_own_price_else_the_one_for_everywhere_and_nothing_where_the_cashier_is_asked()
    {
        PriceSpot[] spots = [At("V1"), At("V1", "EU-BER1"), At("V1", "L2"), At("V1", "L4"), At("V1", "L9"), At("V2", "L2"), At("V2", "L3"), At("V3")];
        var list = Assert.IsType<PricesAnswer.Prices>(await SquareWorld.Client(Vendor()).PricesAsync(spots, new FakeScope(), CancellationToken.None)).List;
        Assert.Equal(spots, list.Select(s => s.Spot));
        Assert.Equal([true, true, true, true, false, true, false, false], list.Select(s => s.IsListed));
        Assert.Equal([10m, 9m, null, null, null, null, null, null], list.Select(s => s.Own?.Amount));
        Assert.Equal([10m, 9m, 10m, null, 10m, 20m, 20m, null], list.Select(s => s.Effective?.Amount));
    }

    [Theory]
    [InlineData("V1", "EU-BER1", 8, SetPrices.Stale)]
    [InlineData("V1", "L9", null, "unknown-item")]
    [InlineData("V3", "", 8, "unknown-item")]
    public async Task What_cannot_be_set_is_named_by_its_number_and_nothing_of_the_command_is_written(string item, string place, int? from, string code)
    {
        var vendor = Vendor();
        var bad = new PriceMove(At(item, place), from is { } was ? new PriceTag(was) : null, new PriceTag(1m), false);
        var refused = Assert.IsType<Outcome.Refused>(await SendAsync(vendor, Command with { Moves = [Command.Moves[0], bad] }));
        Assert.Equal((code, "changes.1"), (refused.Code, refused.Field));
        Assert.DoesNotContain(vendor.Requests, SquareWorld.IsWrite);
    }

    [Fact]
    public async Task Only_a_place_can_go_without_a_price_of_its_own()
        => Assert.Equal("no-price", Assert.IsType<Outcome.Refused>(await SendAsync(Vendor(), Command with { Moves = [new PriceMove(At("V1"), new PriceTag(10m), null, false)] })).Code);

    [Fact]
    public async Task What_somebody_changed_between_look_and_write_is_stale_by_the_number_of_a_move_of_that_item()
    {
        var vendor = SquareWorld.Answering(
            ("batch-retrieve", Items), ("batch-upsert", """{"errors":[{"category":"INVALID_REQUEST_ERROR","code":"VERSION_MISMATCH","detail":"No.","field":"batches[0].objects[1].version"}]}"""));
        var refused = Assert.IsType<Outcome.Refused>(await SendAsync(vendor, Command));
        Assert.Equal((SetPrices.Stale, "changes.1"), (refused.Code, refused.Field));
    }

    [Fact]
    public async Task A_look_up_finds_what_shows_everything_that_was_asked_for()
    {
        Assert.IsType<LookUp.Absent>(await SquareWorld.Client(Vendor()).LookUpAsync(Command, new FakeScope(), CancellationToken.None));
        var done = Command with { Moves = [new PriceMove(At("V1", "L3"), null, new PriceTag(9.5m), false), new PriceMove(At("V1", "L2"), new PriceTag(7m), null, false)] };
        Assert.IsType<LookUp.Found>(await SquareWorld.Client(Vendor()).LookUpAsync(done, new FakeScope(), CancellationToken.None));
    }

    [Fact]
    public async Task Tills_of_the_estate_sell_at_the_price_of_their_store()
    {
        await using var estate = await EstateDriver.StartAsync(o => o with { Tills = 3, TowerUrl = "http://127.0.0.1:9" });
        var pos = estate.App.Estate.Pos!;
        var (store, other) = (pos.Account.Stores[0], pos.Account.Stores[1]);
        using var http = new HttpClient();
        var client = new SquareConnector().Connect(CatalogEstate.Profile(estate, "square-eu", "square", "EUR"), http, TimeProvider.System);
        foreach (var sold in pos.Account.Assortment(store))
        {
            await PricingEstate.SendAsync(client, new SetPrices(new PostingKey(sold.Sku), [new PriceMove(At(pos.Account.Variation(sold), store.Code), null, new PriceTag(3m), false)]));
        }

        var article = pos.Account.Assortment(store).First();
        var usual = pos.PriceOf(article);
        Assert.Equal((300, usual), (pos.PriceOf(article, store), pos.PriceOf(article, other)));
        await pos.Tills.SellAsync(store, Simulator.Square.SaleKind.Card);
        pos.Tills.Cut(store);
        foreach (var sold in pos.Account.Assortment(store))
        {
            await pos.PriceAsync(sold, 200, store);
        }

        await pos.Tills.SellAsync(store, Simulator.Square.SaleKind.Card);
        await pos.Tills.ReconnectAsync(store);
        await pos.Tills.SellAsync(store, Simulator.Square.SaleKind.Card);
        Assert.Equal([3m, 3m, 2m], (await estate.LedgerAsync("square-eu", "order-placed")).Select(e => Assert.Single(e.Items("lines").Select(l => l.Amount("unitPrice")).Distinct())));
        await pos.PriceAsync(article, 300, store);

        await PricingEstate.HoldsAsync(
            client, At(pos.Account.Variation(article), other.Code), null, new PriceTag(7m),
            () => estate.FaultAsync("square-eu", new { kind = "lost-answer", count = 1, path = "batch-upsert" }), () => pos.PriceAsync(article, 100, other));
        await PricingEstate.HoldsAsync(
            client, At(pos.Account.Variation(article)), new PriceTag(usual / 100m), new PriceTag(5m),
            () => estate.FaultAsync("square-eu", new { kind = "lost-answer", count = 1, path = "batch-upsert" }), () => pos.PriceAsync(article, 100));
        Assert.Equal((300, 100), (pos.PriceOf(article, store), pos.PriceOf(article, other)));
        var nowhere = new SetPrices(new PostingKey("NOWHERE"), [new PriceMove(At(pos.Account.Variation(article), "NOWHERE"), null, new PriceTag(7m), false)]);
        Assert.IsType<Outcome.Refused>(await PricingEstate.SendAsync(client, nowhere));
    }

    private static PriceSpot At(string item, string place = "") => new(item, place, "EUR");

    private static Task<Outcome> SendAsync(FakeVendor vendor, VendorCommand command) => SquareWorld.Client(vendor).SendAsync(command, new FakeScope(), CancellationToken.None);
}
