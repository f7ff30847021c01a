using System.Globalization;
using ControlTower.Data.Canonical;
using ControlTower.Simulator.Shopify;
using ControlTower.Sync.Connectors;
using ControlTower.Sync.Connectors.Shopify;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace ControlTower.Tests.Conformance.Shopify;

/// <summary>Prices fixed on the shop's price lists, and the lists as they are read.</summary>
public sealed class ShopPriceListTests
{
    private const string Shown = """
        {"priceList":{"id":"gid://shopify/PriceList/7","prices":{"nodes":[
          {"originType":"RELATIVE","price":{"amount":"9.00","currencyCode":"CHF"},"compareAtPrice":null,"variant":{"id":"gid://shopify/ProductVariant/1"}},
          {"originType":"FIXED","price":{"amount":"8.00","currencyCode":"CHF"},"compareAtPrice":{"amount":"9.50","currencyCode":"CHF"},"variant":{"id":"gid://shopify/ProductVariant/2"}}]}}}
        """;

    private static readonly SetPrices Command = new(ShopifyWorld.Key,
    [
        new PriceMove(At("1"), null, new PriceTag(7m, 9m), true),
        new PriceMove(At("2"), new PriceTag(8m, 9.5m), null, true),
    ]);

    [Fact]
    public async Task A_price_is_fixed_or_taken_off_the_list_as_the_published_schema_says()
    {
        var vendor = Vendor();
        Assert.IsType<Outcome.Accepted>(await Client(vendor).SendAsync(Command, new FakeScope(), default));
        foreach (var request in vendor.Requests)
        {
            Assert.Equal([], await ShopifySchema.ObjectionsAsync(request.Json.Text("query")!, request.Json.GetProperty("variables").GetRawText()));
        }

        var writes = vendor.Requests.Where(ShopifyWorld.IsMutation).Select(r => r.Json.GetProperty("variables").GetRawText()).ToList();
        Assert.Equal(
            [
                """{"list":"gid://shopify/PriceList/7","prices":[{"variantId":"gid://shopify/ProductVariant/1","price":{"amount":"7","currencyCode":"CHF"},"compareAtPrice":{"amount":"9","currencyCode":"CHF"}}]}""",
                """{"list":"gid://shopify/PriceList/7","variants":["gid://shopify/ProductVariant/2"]}""",
            ],
            writes);
    }

    [Fact]
    public async Task What_the_list_reckons_itself_is_nobodys_own_price_and_what_it_does_not_sell_is_not_listed()
    {
        var answer = Assert.IsType<PricesAnswer.Prices>(await Client(Vendor()).PricesAsync([At("1"), At("2"), At("3"), At("2") with { Currency = "EUR" }], new FakeScope(), default));
        Assert.Equal(
            [(true, null, new PriceTag(9m)), (true, new PriceTag(8m, 9.5m), new PriceTag(8m, 9.5m)), (false, null, null), (true, null, null)],
            answer.List.Select(s => (s.IsListed, s.Own, s.Effective)));
    }

    [Fact]
    public async Task A_list_that_is_gone_lists_nothing()
    {
        var answer = Assert.IsType<PricesAnswer.Prices>(await Client(ShopifyWorld.Answering(("PriceListPrices", """{"priceList":null}"""))).PricesAsync([At("1")], new FakeScope(), default));
        Assert.False(Assert.Single(answer.List).IsListed);
    }

    [Fact]
    public async Task A_list_that_vanishes_while_it_is_read_takes_no_prices_of_the_next_one_along()
    {
        static string Page(int list, bool more) =>
            $$$"""{"priceLists":{"pageInfo":{"hasNextPage":false,"endCursor":"end"},"nodes":[{"id":"gid://shopify/PriceList/{{{list}}}","name":"L{{{list}}}","currency":"CHF","prices":{"pageInfo":{"hasNextPage":{{{(more ? "true" : "false")}}},"endCursor":"p1"},"nodes":[{"originType":"FIXED","price":{"amount":"8.00"},"compareAtPrice":null,"variant":{"id":"gid://shopify/ProductVariant/{{{list}}}"}}]}}]}}""";
        static Task<FeedAnswer> ReadAsync(string answer, string? cursor) =>
            Client(ShopifyWorld.Answering(("PriceLists", answer))).ReadAsync(new FeedRequest(CatalogFeeds.PriceLists, cursor, DateTimeOffset.UnixEpoch, TimeSpan.Zero), new FakeScope(), default);

        var first = Assert.IsType<FeedAnswer.PriceLists>(await ReadAsync(Page(7, more: true), null));
        Assert.Equal("7", Assert.Single(Assert.IsType<FeedAnswer.PriceLists>(await ReadAsync(Page(7, more: false), first.Cursor)).Parts).List);
        var moved = Assert.IsType<FeedAnswer.PriceLists>(await ReadAsync(Page(8, more: false), first.Cursor));
        Assert.Equal((0, true), (moved.Parts.Count, moved.More));
        Assert.Equal("8", Assert.Single(Assert.IsType<FeedAnswer.PriceLists>(await ReadAsync(Page(8, more: false), moved.Cursor)).Parts).List);
    }

    [Fact]
    public async Task A_price_that_is_fixed_in_another_currency_than_the_lists_says_so()
    {
        const string Answer = """
            {"priceLists":{"pageInfo":{"hasNextPage":false,"endCursor":"end"},"nodes":[{"id":"gid://shopify/PriceList/7","name":"L","currency":"CHF","prices":{"pageInfo":{"hasNextPage":false,"endCursor":"p"},"nodes":[
              {"originType":"FIXED","price":{"amount":"8.00","currencyCode":"EUR"},"compareAtPrice":null,"variant":{"id":"gid://shopify/ProductVariant/1"}},
              {"originType":"FIXED","price":{"amount":"9.00","currencyCode":"CHF"},"compareAtPrice":null,"variant":{"id":"gid://shopify/ProductVariant/2"}}]}}]}}
            """;
        var page = Assert.IsType<FeedAnswer.PriceLists>(await Client(ShopifyWorld.Answering(("PriceLists", Answer))).ReadAsync(new FeedRequest(CatalogFeeds.PriceLists, null, DateTimeOffset.UnixEpoch, TimeSpan.Zero), new FakeScope(), default));
        Assert.Equal([new ListedPrice("1", 8m, null, Currency: "EUR"), new ListedPrice("2", 9m, null)], Assert.Single(page.Parts).Prices);
    }

    [Fact]
    public async Task A_refusal_of_the_vendor_names_the_move()
    {
        var vendor = ShopifyWorld.Answering(
            ("PriceListPrices", Shown), ("AddFixedPrices", """{"priceListFixedPricesAdd":{"prices":[],"userErrors":[]}}"""),
            ("DeleteFixedPrices", """{"priceListFixedPricesDelete":{"deletedFixedPriceVariantIds":null,"userErrors":[{"code":"PRICE_NOT_FIXED","field":["variantIds","0"],"message":"Only fixed prices can be deleted."}]}}"""));
        var refused = Assert.IsType<Outcome.Refused>(await Client(vendor).SendAsync(Command, new FakeScope(), default));
        Assert.Equal(("PRICE_NOT_FIXED", "changes.1"), (refused.Code, refused.Field));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task The_estate_shows_what_was_fixed_and_reckons_again_what_was_taken_off(int which)
    {
        await using var estate = await EstateDriver.StartAsync();
        var shop = estate.App.Estate.Shops[0];
        var (article, list) = (Simulator.Traffic.Range.Of("northlane")[0], shop.PriceLists.All[which]);
        using var http = new HttpClient();
        var client = new ShopifyConnector().Connect(CatalogEstate.Profile(estate, shop.Market.SystemId, "shopify", "EUR"), http, TimeProvider.System);
        var variant = Ids.Variant(shop.Market, article);
        var spot = new PriceSpot(variant.ToString(CultureInfo.InvariantCulture), PriceListPlace.Of(list.Id.ToString(CultureInfo.InvariantCulture)), list.Currency);
        var reckoned = PriceLists.Reckoned(list, shop.Read(() => shop.Listings.Of(article)).Price);
        Assert.Equal(new PriceTag(reckoned), (await PricingEstate.ShownAsync(client, spot)).Effective);
        await PricingEstate.HoldsAsync(
            client, spot, null, new PriceTag(99.5m, reckoned), () => estate.FaultAsync(shop.Market.SystemId, new { kind = "lost-answer", count = 1 }),
            () => shop.EditListAsync(new FixedPrice(list.Id, variant, 500m, null)));
        Assert.Equal(500m, shop.Read(() => shop.PriceLists.Fixed(list, variant))!.Price);
    }

    [Fact]
    public async Task Lists_are_read_whole_page_by_page()
    {
        await using var estate = await EstateDriver.StartAsync();
        var shop = estate.App.Estate.Shops[0];
        using var http = new HttpClient();
        var client = new ShopifyConnector().Connect(CatalogEstate.Profile(estate, shop.Market.SystemId, "shopify", "EUR"), http, TimeProvider.System);
        var (parts, cursor) = (new List<PriceListPart>(), (string?)null);
        FeedAnswer.PriceLists page;
        do
        {
            page = Assert.IsType<FeedAnswer.PriceLists>(await client.ReadAsync(new FeedRequest(CatalogFeeds.PriceLists, cursor, DateTimeOffset.UnixEpoch, TimeSpan.Zero), new FakeScope(), default));
            parts.AddRange(page.Parts);
            cursor = page.Cursor;
        }
        while (page.More);

        var articles = Simulator.Traffic.Range.Of("northlane");
        foreach (var list in shop.PriceLists.All)
        {
            var mine = parts.Where(p => p.List == list.Id.ToString(CultureInfo.InvariantCulture)).ToList();
            Assert.Equal((list.Name, list.Currency), (mine[0].Name, mine[0].Currency));
            Assert.Equal(
                articles.Select(a => (Ids.Variant(shop.Market, a).ToString(CultureInfo.InvariantCulture), PriceLists.Reckoned(list, shop.Read(() => shop.Listings.Of(a)).Price))).Order(),
                mine.SelectMany(p => p.Prices).Select(p => (p.Item, p.Amount)).Order());
        }
    }

    private static PriceSpot At(string item) => new(item, PriceListPlace.Of("7"), "CHF");

    private static FakeVendor Vendor() => ShopifyWorld.Answering(
        ("PriceListPrices", Shown), ("AddFixedPrices", """{"priceListFixedPricesAdd":{"prices":[],"userErrors":[]}}"""), ("DeleteFixedPrices", """{"priceListFixedPricesDelete":{"deletedFixedPriceVariantIds":[],"userErrors":[]}}"""));

    private static IVendorClient Client(FakeVendor vendor) => new ShopifyConnector().Connect(ShopifyWorld.Profile, vendor.Client(), new FakeTimeProvider(NetworkFault.Now));
}
