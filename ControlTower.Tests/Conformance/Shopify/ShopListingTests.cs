using ControlTower.Data.Canonical;
using ControlTower.Sync.Connectors;
using ControlTower.Sync.Connectors.Shopify;
using Xunit;

namespace ControlTower.Tests.Conformance.Shopify;

/// <summary>Variants and customers of the shop, read and written as its published schema says.</summary>
public sealed class ShopListingTests
{
    private const string Variants = """
        {"shop":{"currencyCode":"EUR","taxesIncluded":true},"nodes":[
          {"id":"gid://shopify/ProductVariant/1","sku":"A-1","barcode":null,"title":"M","price":"10.00","compareAtPrice":null,"updatedAt":"2026-11-20T09:00:00Z","product":{"id":"gid://shopify/Product/7","title":"Tee","status":"ACTIVE","updatedAt":"2026-11-21T09:00:00Z"}},
          {"id":"gid://shopify/ProductVariant/2","sku":"A-2","barcode":"22","title":"L","price":"10.00","compareAtPrice":"12.00","updatedAt":"2026-11-20T09:00:00Z","product":{"id":"gid://shopify/Product/8","title":"Cap","status":"ARCHIVED","updatedAt":"2026-11-19T09:00:00Z"}},
          null]}
        """;

    private const string Written = """{"productVariantsBulkUpdate":{"productVariants":[],"userErrors":[]}}""";

    private static ChangeListings Change(decimal from = 10m, decimal to = 11m) => new(ShopifyWorld.Key,
    [
        new ListingChange("1", "EUR", new Listing(from, null, true), new Listing(to, "11", null)), new ListingChange("2", "EUR", new Listing(10m, "22", false), new Listing(10m, null, null)),
    ]);

    [Fact]
    public async Task Every_request_is_as_the_published_schema_says_and_what_is_done_already_is_not_written()
    {
        var vendor = ShopifyWorld.Answering(("VariantsById", Variants), ("SetListings", Written));
        Assert.IsType<Outcome.Accepted>(await Client(vendor).SendAsync(Change(), new FakeScope(), CancellationToken.None));
        foreach (var request in vendor.Requests)
        {
            Assert.Equal([], await ShopifySchema.ObjectionsAsync(request.Json.Text("query")!, request.Json.GetProperty("variables").GetRawText()));
        }

        var write = Assert.Single(vendor.Requests, ShopifyWorld.IsMutation).Json.GetProperty("variables");
        Assert.Equal("gid://shopify/Product/7", write.Text("product"));
        Assert.Equal(("11", "11"), (write.Items("variants")[0].Text("price"), write.Items("variants")[0].Text("barcode")));
        Assert.Equal(1, write.GetProperty("variants").GetArrayLength());
    }

    [Fact]
    public async Task What_shows_something_else_than_was_seen_is_stale_and_nothing_is_written()
    {
        var vendor = ShopifyWorld.Answering(("VariantsById", Variants));
        var refused = Assert.IsType<Outcome.Refused>(await Client(vendor).SendAsync(Change(from: 9m), new FakeScope(), CancellationToken.None));
        Assert.Equal((ChangeListings.Stale, "changes.0"), (refused.Code, refused.Field));
        Assert.DoesNotContain(vendor.Requests, ShopifyWorld.IsMutation);
    }

    [Fact]
    public async Task A_refusal_names_the_item_and_a_look_up_asks_whether_it_shows_what_was_asked_for()
    {
        var error = """{"productVariantsBulkUpdate":{"productVariants":null,"userErrors":[{"code":"NEGATIVE_PRICE_VALUE","field":["variants","0","price"],"message":"No."}]}}""";
        var vendor = ShopifyWorld.Answering(("VariantsById", Variants), ("SetListings", error));
        Assert.Equal("changes.0", Assert.IsType<Outcome.Refused>(await Client(vendor).SendAsync(Change(), new FakeScope(), CancellationToken.None)).Field);
        Assert.IsType<LookUp.Absent>(await Client(vendor).LookUpAsync(Change(), new FakeScope(), CancellationToken.None));
        var done = Change() with { Changes = [Change().Changes[1]] };
        Assert.IsType<LookUp.Found>(await Client(vendor).LookUpAsync(done, new FakeScope(), CancellationToken.None));
    }

    [Fact]
    public async Task A_product_that_is_put_away_takes_its_variants_with_it()
    {
        var list = Assert.IsType<ListingsAnswer.Listings>(await Client(ShopifyWorld.Answering(("VariantsById", Variants))).ListingsAsync(["1", "2", "not-a-number"], new FakeScope(), CancellationToken.None)).List;
        Assert.Equal([true, false], list.Select(v => v.Active));
        Assert.Equal(new DateTimeOffset(2026, 11, 21, 9, 0, 0, TimeSpan.Zero), list[0].ChangedAt);
        Assert.Equal((12m, true), (list[1].Prices[0].CompareAt, list[1].Prices[0].TaxIncluded));
    }

    [Fact]
    public async Task A_run_keeps_its_filter_and_the_next_begins_no_later_than_it_began()
    {
        var page = """{"shop":{"currencyCode":"EUR","taxesIncluded":true},"productVariants":{"pageInfo":{"hasNextPage":true,"endCursor":"abc"},"nodes":[]}}""";
        var last = page.Replace("true,\"endCursor\"", "false,\"endCursor\"", StringComparison.Ordinal);
        var first = await ReadAsync(page, new FeedRequest(CatalogFeeds.Products, "2026-11-20T10:00:00.000Z", default, TimeSpan.FromMinutes(10)));
        Assert.Equal((true, true, false), (first.More, first.Begins, first.Ends));
        var second = await ReadAsync(last, new FeedRequest(CatalogFeeds.Products, first.Cursor, default, TimeSpan.FromMinutes(10)));
        Assert.Equal((false, false, true), (second.More, second.Begins, second.Ends));
        var whole = await ReadAsync(last, new FeedRequest(CatalogFeeds.AllProducts, "", default, TimeSpan.FromMinutes(10)));
        Assert.Equal(("", true, true), (whole.Cursor, whole.Begins, whole.Ends));

        static async Task<FeedAnswer.Records> ReadAsync(string data, FeedRequest request) =>
            Assert.IsType<FeedAnswer.Records>(await Client(ShopifyWorld.Answering(("Variants", data))).ReadAsync(request, new FakeScope(), CancellationToken.None));
    }

    [Fact]
    public async Task The_estate_lists_changes_and_compares()
    {
        await using var estate = await EstateDriver.StartAsync();
        var shop = estate.App.Estate.Shops[0];
        await estate.PlaceAsync("eu", 3);
        using var http = new HttpClient();
        var client = new ShopifyConnector().Connect(CatalogEstate.Profile(estate, shop.Market.SystemId, "shopify", "EUR"), http, TimeProvider.System);
        var all = await CatalogEstate.ReadAsync(client, CatalogFeeds.AllProducts);
        Assert.Equal(Simulator.Traffic.Range.Of("northlane").Select(a => a.Sku).Order(StringComparer.Ordinal), all.Variants.Select(v => v.Sku!).Order(StringComparer.Ordinal));
        Assert.Contains((await CatalogEstate.ReadAsync(client, CatalogFeeds.AllCustomers)).Customers, c => c.Email is not null);
        Assert.Empty((await CatalogEstate.ReadAsync(client, CatalogFeeds.Products)).Variants);

        var article = Simulator.Traffic.Range.Of("northlane")[0];
        var item = all.Variants.Single(v => v.Sku == article.Sku);
        var shown = item.Prices[0].Amount;
        var change = new ChangeListings(ShopifyWorld.Key, [new ListingChange(item.Id, "EUR", new Listing(shown, item.Barcode, true), new Listing(shown + 1, null, null))]);
        Assert.IsType<Outcome.Accepted>(await client.SendAsync(change, new FakeScope(), CancellationToken.None));
        Assert.IsType<Outcome.Accepted>(await client.SendAsync(change, new FakeScope(), CancellationToken.None));
        Assert.Equal(shown + 1, shop.Read(() => shop.Listings.Of(article)).Price);
        Assert.IsType<LookUp.Found>(await client.LookUpAsync(change, new FakeScope(), CancellationToken.None));
        Assert.Equal([item.Id], (await CatalogEstate.ReadAsync(client, CatalogFeeds.Products)).Variants.Select(v => v.Id));
        await shop.EditListingAsync(article, l => l with { Price = 1m });
        Assert.Equal(ChangeListings.Stale, Assert.IsType<Outcome.Refused>(await client.SendAsync(change, new FakeScope(), CancellationToken.None)).Code);
    }

    private static IVendorClient Client(FakeVendor vendor) => new ShopifyConnector().Connect(ShopifyWorld.Profile, vendor.Client(), new Microsoft.Extensions.Time.Testing.FakeTimeProvider(NetworkFault.Now));
}
