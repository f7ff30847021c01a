using System.Text.Json;
using ControlTower.Sync.Connectors;
using ControlTower.Sync.Connectors.Vendure;
using ControlTower.Tests.Conformance;
using Xunit;

namespace ControlTower.Tests.Sync.Connectors.Vendure;

/// <summary>Variants and customers of a Vendure shop.</summary>
public sealed class VendureListingTests
{
    private static ConnectionProfile Profile { get; } = new(
        "vendure", "vendure", "Vendure", "b", null, "EUR", "UTC", null, new Dictionary<string, string>(StringComparer.Ordinal) { ["baseUrl"] = "https://shop.test" },
        new Dictionary<string, string>(StringComparer.Ordinal) { ["apiKey"] = "1:key" });

    private static string Variant(int id) => $$"""
        {"id":"{{id}}","sku":"A-{{id}}","name":"Tee M","enabled":true,"price":1000,"priceWithTax":1190,"currencyCode":"EUR","updatedAt":"2026-11-20T09:00:00.000Z","product":{"id":"7","name":"Tee","enabled":{{(id == 2 ? "false" : "true")}},"updatedAt":"2026-11-21T09:00:00.000Z"} }
        """;

    private static (IVendorClient Client, FakeVendor Vendor) Answering(Func<JsonElement, string> answer)
    {
        var vendor = new FakeVendor(request => FakeVendor.Json($$"""{"data":{{answer(request.Json.GetProperty("variables").GetProperty("options"))}}}"""));
        return (new VendureConnector().Connect(Profile, vendor.Client(), TimeProvider.System), vendor);
    }

    [Fact]
    public async Task A_price_is_told_as_the_shop_shows_it_and_a_product_that_is_off_takes_its_variants_with_it()
    {
        var (client, _) = Answering(_ => $$"""{"productVariants":{"items":[{{Variant(1)}},{{Variant(2)}}] } }""");
        var page = Assert.IsType<FeedAnswer.Records>(await client.ReadAsync(new FeedRequest(CatalogFeeds.AllProducts, "", default, TimeSpan.Zero), new FakeScope(), default));
        Assert.Equal((true, true, ""), (page.Begins, page.Ends, page.Cursor));
        Assert.Equal([(11.9m, "EUR", true), (11.9m, "EUR", false)], page.Variants.Select(v => (v.Prices[0].Amount, v.Prices[0].Currency, v.Active)));
        Assert.Equal(new DateTimeOffset(2026, 11, 21, 9, 0, 0, TimeSpan.Zero), page.Variants[0].ChangedAt);
    }

    [Fact]
    public async Task Pages_overlap_so_that_what_moves_up_is_not_passed_over()
    {
        var all = Enumerable.Range(1, 450).ToList();
        var (client, vendor) = Answering(options =>
        {
            var found = all.Skip(options.GetProperty("skip").GetInt32()).Take(options.GetProperty("take").GetInt32()).Select(Variant).ToList();
            all.RemoveRange(0, 5);
            return $$"""{"productVariants":{"items":[{{string.Join(',', found)}}] } }""";
        });
        var (met, cursor) = (new HashSet<string>(StringComparer.Ordinal), "");
        FeedAnswer.Records page;
        do
        {
            page = Assert.IsType<FeedAnswer.Records>(await client.ReadAsync(new FeedRequest(CatalogFeeds.AllProducts, cursor, default, TimeSpan.Zero), new FakeScope(), default));
            met.UnionWith(page.Variants.Select(v => v.Id));
            cursor = page.Cursor!;
        }
        while (page.More);

        Assert.Superset(all.Select(n => n.ToString(System.Globalization.CultureInfo.InvariantCulture)).ToHashSet(StringComparer.Ordinal), met);
        Assert.True(vendor.Requests.Count > 2);
    }
}
