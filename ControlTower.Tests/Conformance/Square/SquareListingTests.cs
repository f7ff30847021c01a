using System.Text.Json;
using ControlTower.Data.Canonical;
using ControlTower.Sync.Connectors;
using ControlTower.Sync.Connectors.Square;
using Xunit;

namespace ControlTower.Tests.Conformance.Square;

/// <summary>Item variations and customers of a Square account, read and written as the vendor describes them.</summary>
public sealed class SquareListingTests
{
    private const string Items = """
        {"objects":[{"type":"ITEM_VARIATION","id":"V1","updated_at":"2026-11-20T09:00:00Z","version":5,"item_variation_data":{"item_id":"I1","name":"M","sku":"A-1","upc":"11","pricing_type":"FIXED_PRICING","price_money":{"amount":1000,"currency":"EUR"},"sellable":true,"location_overrides":[{"location_id":"L1","sold_out":true}]}}],
         "related_objects":[{"type":"ITEM","id":"I1","item_data":{"name":"Tee","is_archived":false}}]}
        """;

    private static ChangeListings Change(decimal from = 10m) => new(SquareWorld.Posting, [new ListingChange("V1", "EUR", new Listing(from, "11", true), new Listing(12.5m, "12", false))]);

    [Fact]
    public async Task A_write_sends_the_whole_object_with_the_version_that_was_read()
    {
        var vendor = SquareWorld.Answering(("batch-retrieve", Items), ("batch-upsert", Items));
        Assert.IsType<Outcome.Accepted>(await SquareWorld.Client(vendor).SendAsync(Change(), new FakeScope(), CancellationToken.None));
        foreach (var request in vendor.Requests)
        {
            Assert.Equal([], SquareSchema.Request(request.Method.Method, Path(request), "", request.Json));
        }

        var sent = Assert.Single(vendor.Requests, SquareWorld.IsWrite).Json;
        var one = sent.Items("batches")[0].Items("objects")[0];
        Assert.Equal((SquareWorld.Posting.Value, 5m), (sent.Text("idempotency_key"), one.Amount("version")));
        var data = one.GetProperty("item_variation_data");
        Assert.Equal((1250m, "12", false, "A-1"), (data.Amount("price_money", "amount"), data.Text("upc"), data.Flag("sellable"), data.Text("sku")));
        Assert.Single(data.Items("location_overrides"));
    }

    [Theory]
    [InlineData("VERSION_MISMATCH")]
    [InlineData("IDEMPOTENCY_KEY_REUSED")]
    public async Task What_somebody_changed_meanwhile_is_stale(string code)
    {
        var vendor = SquareWorld.Answering(("batch-retrieve", Items), ("batch-upsert", $$"""{"errors":[{"category":"INVALID_REQUEST_ERROR","code":"{{code}}","detail":"No."}]}"""));
        Assert.Equal(ChangeListings.Stale, Assert.IsType<Outcome.Refused>(await SquareWorld.Client(vendor).SendAsync(Change(), new FakeScope(), CancellationToken.None)).Code);
        Assert.Equal(ChangeListings.Stale, Assert.IsType<Outcome.Refused>(await SquareWorld.Client(vendor).SendAsync(Change(from: 9m), new FakeScope(), CancellationToken.None)).Code);
        Assert.Single(vendor.Requests, SquareWorld.IsWrite);
    }

    [Fact]
    public async Task The_estate_lists_changes_and_compares_as_the_vendor_describes_it()
    {
        await using var estate = await EstateDriver.StartAsync(o => o with { Tills = 3, TowerUrl = "http://127.0.0.1:9" });
        var pos = estate.App.Estate.Pos!;
        using var http = new HttpClient();
        var client = new SquareConnector().Connect(CatalogEstate.Profile(estate, "square-eu", "square", "EUR"), http, TimeProvider.System);
        var all = await CatalogEstate.ReadAsync(client, CatalogFeeds.AllProducts);
        Assert.Equal(pos.Account.Articles.Select(a => a.Sku).Order(StringComparer.Ordinal), all.Variants.Select(v => v.Sku!).Order(StringComparer.Ordinal));
        Assert.All(all.Variants, v => Assert.NotNull(v.Product));
        Assert.Equal(60, (await CatalogEstate.ReadAsync(client, CatalogFeeds.AllCustomers)).Customers.Count);

        var article = pos.Account.Articles[0];
        var item = all.Variants.Single(v => v.Sku == article.Sku);
        var shown = item.Prices[0].Amount;
        var change = new ChangeListings(SquareWorld.Posting, [new ListingChange(item.Id, "EUR", new Listing(shown, item.Barcode, true), new Listing(shown + 1, null, null))]);
        Assert.IsType<Outcome.Accepted>(await client.SendAsync(change, new FakeScope(), CancellationToken.None));
        Assert.IsType<Outcome.Accepted>(await client.SendAsync(change, new FakeScope(), CancellationToken.None));
        Assert.Equal((long)((shown + 1) * 100), pos.PriceOf(article));
        Assert.Equal([item.Id], (await CatalogEstate.ReadAsync(client, CatalogFeeds.Products)).Variants.Select(v => v.Id));
        await pos.PriceAsync(article, 100);
        Assert.Equal(ChangeListings.Stale, Assert.IsType<Outcome.Refused>(await client.SendAsync(change, new FakeScope(), CancellationToken.None)).Code);

        foreach (var (path, body) in new (string, object)[]
        {
            ("/v2/catalog/search", new { object_types = new[] { "ITEM_VARIATION" }, include_related_objects = true, limit = 3 }), ("/v2/customers/search", new { limit = 3 }),
            ("/v2/catalog/batch-retrieve", new { object_ids = new[] { item.Id }, include_related_objects = true }),
        })
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, $"{estate.Url}/square/eu{path}") { Content = System.Net.Http.Json.JsonContent.Create(body) };
            request.Headers.TryAddWithoutValidation("Authorization", $"Bearer {estate.Secret("square-eu", "accessToken")}");
            using var answer = await http.SendAsync(request);
            Assert.Equal([], SquareSchema.Answer("POST", path, JsonDocument.Parse(await answer.Content.ReadAsByteArrayAsync()).RootElement));
        }
    }

    private static string Path(VendorRequest request) => $"/{request.Path.TrimStart('/')}";
}
