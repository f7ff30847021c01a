using ControlTower.Data.Canonical;
using ControlTower.Sync.Connectors;
using ControlTower.Sync.Connectors.Shopify;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace ControlTower.Tests.Conformance.Shopify;

/// <summary>Promotional prices of the shop's variants and what they are reduced from.</summary>
public sealed class ShopPriceTests
{
    public const string Shown = """
        {"shop":{"currencyCode":"EUR","taxesIncluded":true},"nodes":[
          {"id":"gid://shopify/ProductVariant/1","sku":"A-1","title":"M","price":"10.00","compareAtPrice":null,"updatedAt":"2026-11-20T09:00:00Z","product":{"id":"gid://shopify/Product/7","title":"Tee","status":"ACTIVE","updatedAt":"2026-11-21T09:00:00Z"}},
          {"id":"gid://shopify/ProductVariant/2","sku":"A-2","title":"L","price":"8.50","compareAtPrice":"12.00","updatedAt":"2026-11-20T09:00:00Z","product":{"id":"gid://shopify/Product/7","title":"Tee","status":"ACTIVE","updatedAt":"2026-11-19T09:00:00Z"}},
          {"id":"gid://shopify/ProductVariant/3","sku":"B-1","title":"OS","price":"20.00","compareAtPrice":"25.00","updatedAt":"2026-11-20T09:00:00Z","product":{"id":"gid://shopify/Product/8","title":"Cap","status":"ACTIVE","updatedAt":"2026-11-19T09:00:00Z"}},
          null]}
        """;

    private const string Written = """{"productVariantsBulkUpdate":{"productVariants":[],"userErrors":[]}}""";

    /// <summary>Reduces one, has one done already, takes the reduction off a third.</summary>
    public static SetPrices Command { get; } = new(ShopifyWorld.Key,
    [
        new PriceMove(At("1"), new PriceTag(10m), new PriceTag(7m, 10m), true),
        new PriceMove(At("2"), new PriceTag(12m), new PriceTag(8.5m, 12m), true),
        new PriceMove(At("3"), new PriceTag(20m, 25m), new PriceTag(25m), true),
    ]);

    public static FakeVendor Vendor() => ShopifyWorld.Answering(("VariantsById", Shown), ("SetListings", Written));

    [Fact]
    public async Task Every_request_is_as_the_published_schema_says_and_what_is_done_already_is_not_written()
    {
        var vendor = Vendor();
        Assert.IsType<Outcome.Accepted>(await SendAsync(vendor, Command));
        foreach (var request in vendor.Requests)
        {
            Assert.Equal([], await ShopifySchema.ObjectionsAsync(request.Json.Text("query")!, request.Json.GetProperty("variables").GetRawText()));
        }

        var writes = vendor.Requests.Where(ShopifyWorld.IsMutation).Select(r => r.Json.GetProperty("variables")).ToList();
        Assert.Equal(["gid://shopify/Product/7", "gid://shopify/Product/8"], writes.Select(w => w.Text("product")));
        Assert.Equal("""[{"id":"gid://shopify/ProductVariant/1","price":"7","compareAtPrice":"10"}]""", writes[0].GetProperty("variants").GetRawText());
        Assert.Equal("""[{"id":"gid://shopify/ProductVariant/3","price":"25","compareAtPrice":null}]""", writes[1].GetProperty("variants").GetRawText());
    }

    [Fact]
    public async Task A_price_without_its_comparison_leaves_the_comparison_alone()
    {
        var vendor = Vendor();
        Assert.IsType<Outcome.Accepted>(await SendAsync(vendor, new SetPrices(ShopifyWorld.Key, [new PriceMove(At("3"), new PriceTag(20m), new PriceTag(15m), false)])));
        Assert.Equal("""[{"id":"gid://shopify/ProductVariant/3","price":"15"}]""", Assert.Single(vendor.Requests, ShopifyWorld.IsMutation).Json.GetProperty("variables").GetProperty("variants").GetRawText());
    }

    [Theory]
    [InlineData("3", "", 21, 25, SetPrices.Stale)]
    [InlineData("3", "", 20, 26, SetPrices.Stale)]
    [InlineData("9", "", 20, 25, "unknown-item")]
    [InlineData("3", "EU-BER1", 20, 25, "no-places")]
    public async Task What_cannot_be_set_is_named_by_its_number_and_nothing_of_the_command_is_written(string item, string place, int from, int compareAt, string code)
    {
        var vendor = Vendor();
        var bad = new PriceMove(At(item) with { Place = place }, new PriceTag(from, compareAt), new PriceTag(1m), true);
        var refused = Assert.IsType<Outcome.Refused>(await SendAsync(vendor, Command with { Moves = [Command.Moves[0], bad] }));
        Assert.Equal((code, "changes.1"), (refused.Code, refused.Field));
        Assert.DoesNotContain(vendor.Requests, ShopifyWorld.IsMutation);
    }

    [Fact]
    public async Task A_refusal_of_the_vendor_names_the_move()
    {
        var error = """{"productVariantsBulkUpdate":{"productVariants":null,"userErrors":[{"code":"NEGATIVE_PRICE_VALUE","field":["variants","0","price"],"message":"No."}]}}""";
        var vendor = ShopifyWorld.Answering(("VariantsById", Shown), ("SetListings", error));
        Assert.Equal("changes.2", Assert.IsType<Outcome.Refused>(await SendAsync(vendor, Command with { Moves = [.. Command.Moves.Skip(1).Prepend(Command.Moves[1])] })).Field);
    }

    [Fact]
    public async Task A_look_up_finds_what_shows_everything_that_was_asked_for()
    {
        Assert.IsType<LookUp.Absent>(await Client(Vendor()).LookUpAsync(Command, new FakeScope(), CancellationToken.None));
        Assert.IsType<LookUp.Found>(await Client(Vendor()).LookUpAsync(Command with { Moves = [Command.Moves[1]] }, new FakeScope(), CancellationToken.None));
    }

    [Fact]
    public async Task Each_spot_is_answered_also_what_is_not_there_and_a_place_that_cannot_differ()
    {
        var answer = await Client(Vendor()).PricesAsync([At("2"), At("9"), At("3") with { Currency = "USD" }, At("1") with { Place = "EU-BER1" }], new FakeScope(), CancellationToken.None);
        Assert.Equal(
            [(true, new PriceTag(8.5m, 12m), new PriceTag(8.5m, 12m)), (false, null, null), (true, null, null), (true, null, new PriceTag(10m))],
            Assert.IsType<PricesAnswer.Prices>(answer).List.Select(s => (s.IsListed, s.Own, s.Effective)));
    }

    [Fact]
    public async Task The_estate_sells_at_the_price_that_it_was_told()
    {
        await using var estate = await EstateDriver.StartAsync();
        var shop = estate.App.Estate.Shops[0];
        var article = Simulator.Traffic.Range.Of("northlane")[0];
        using var http = new HttpClient();
        var client = new ShopifyConnector().Connect(CatalogEstate.Profile(estate, shop.Market.SystemId, "shopify", "EUR"), http, TimeProvider.System);
        var spot = At(Simulator.Shopify.Ids.Variant(shop.Market, article).ToString(System.Globalization.CultureInfo.InvariantCulture));
        var usual = new PriceTag(shop.Read(() => shop.Listings.Of(article)).Price);
        await PricingEstate.HoldsAsync(
            client, spot, usual, new PriceTag(99.5m, usual.Amount),
            () => estate.FaultAsync(shop.Market.SystemId, new { kind = "lost-answer", count = 1 }), () => shop.EditListingAsync(article, l => l with { CompareAt = 500m }));
        await estate.PlaceAsync("eu", 1, new { sku = article.Sku, discount = false });
        Assert.Equal(99.5m, Assert.Single(shop.Orders(_ => true)).Lines[0].Price);
    }

    private static PriceSpot At(string item) => new(item, "", "EUR");

    private static Task<Outcome> SendAsync(FakeVendor vendor, VendorCommand command) => Client(vendor).SendAsync(command, new FakeScope(), CancellationToken.None);

    private static IVendorClient Client(FakeVendor vendor) => new ShopifyConnector().Connect(ShopifyWorld.Profile, vendor.Client(), new FakeTimeProvider(NetworkFault.Now));
}
