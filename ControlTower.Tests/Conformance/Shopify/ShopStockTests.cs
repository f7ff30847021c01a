using ControlTower.Data.Canonical;
using ControlTower.Simulator.Shopify;
using ControlTower.Sync.Connectors;
using ControlTower.Sync.Connectors.Http;
using ControlTower.Sync.Connectors.Shopify;
using Xunit;

namespace ControlTower.Tests.Conformance.Shopify;

/// <summary>The stock of a shop: read by SKU, set where it still is what was read, once per key.</summary>
public sealed class ShopStockTests
{
    [Fact]
    public async Task A_level_is_set_with_what_it_was_a_key_and_the_document_it_comes_from()
    {
        var vendor = ShopifyWorld.Answering(("StockLevels", ShopifyWorld.Levels), ("SetStock", ShopifyWorld.StockSet));
        Assert.IsType<Outcome.Accepted>(await Client(vendor).SendAsync(ShopifyWorld.Stock, new FakeScope(), CancellationToken.None));
        var sent = vendor.Requests.Single(ShopifyWorld.IsMutation).Json.GetProperty("variables");
        Assert.Equal(ShopifyWorld.Key.Value, sent.Text("key"));
        Assert.Equal($"gid://controltower/Publication/{ShopifyWorld.Key.Value}", sent.Text("input", "referenceDocumentUri"));
        Assert.Equal([("9", "7"), ("0", "3")], sent.Items("input", "quantities").Select(q => (q.Text("changeFromQuantity"), q.Text("quantity"))));
    }

    [Theory]
    [InlineData("CHANGE_FROM_QUANTITY_STALE", "changeFromQuantity", ChangeStock.Stale, "changes.1")]
    [InlineData("INVALID_INVENTORY_ITEM", "inventoryItemId", "INVALID_INVENTORY_ITEM", "changes.1")]
    [InlineData("IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED", "inventoryItemId", ChangeStock.KeySpent, "changes.1")]
    public async Task A_refusal_names_the_change_that_it_is_about(string code, string field, string ours, string at)
    {
        var error = $$"""{"inventorySetQuantities":{"inventoryAdjustmentGroup":null,"userErrors":[{"code":"{{code}}","field":["input","quantities","1","{{field}}"],"message":"No."}] } }""";
        var vendor = ShopifyWorld.Answering(("StockLevels", ShopifyWorld.Levels), ("SetStock", error));
        var refused = Assert.IsType<Outcome.Refused>(await Client(vendor).SendAsync(ShopifyWorld.Stock, new FakeScope(), CancellationToken.None));
        Assert.Equal((ours, at), (refused.Code, refused.Field));
    }

    [Fact]
    public async Task A_request_that_the_shop_still_works_on_is_of_unknown_outcome()
    {
        var error = """{"inventorySetQuantities":{"inventoryAdjustmentGroup":null,"userErrors":[{"code":"IDEMPOTENCY_CONCURRENT_REQUEST","field":null,"message":"Wait."}]}}""";
        var vendor = ShopifyWorld.Answering(("StockLevels", ShopifyWorld.Levels), ("SetStock", error));
        Assert.IsType<Outcome.Unknown>(await Client(vendor).SendAsync(ShopifyWorld.Stock, new FakeScope(), CancellationToken.None));
    }

    [Fact]
    public async Task What_the_shop_does_not_list_exactly_is_not_listed()
    {
        var vendor = ShopifyWorld.Answering(("StockLevels", ShopifyWorld.Levels));
        var levels = Assert.IsType<LevelsAnswer.Levels>(await Client(vendor).LevelsAsync(
            [new("A-1", "EU-BER1"), new("a-1", "EU-BER1"), new("A-1", "ELSEWHERE")], new FakeScope(), CancellationToken.None)).List;
        Assert.Equal([9, null, null], levels.Select(l => l.Level));
        Assert.Equal("1", levels[0].Item);
        Assert.Single(vendor.Requests);
        Assert.Equal("sku:\"A-1\" OR sku:\"a-1\"", vendor.Requests[0].Json.Text("variables", "query"));
    }

    [Theory]
    [InlineData("no", 16)]
    [InlineData("all", 17)]
    public async Task Levels_are_subscribed_to_where_stock_is_published(string publish, int topics)
    {
        var vendor = ShopifyWorld.Answering(
            ("Subscriptions", """{"webhookSubscriptions":{"pageInfo":{"hasNextPage":false},"nodes":[]}}"""),
            ("Subscribe", """{"webhookSubscriptionCreate":{"webhookSubscription":{"id":"gid://shopify/WebhookSubscription/1"},"userErrors":[]}}"""));
        var profile = ShopifyWorld.Profile with { Settings = new Dictionary<string, string>(ShopifyWorld.Profile.Settings, StringComparer.Ordinal) { ["publishStock"] = publish } };
        var client = new ShopifyConnector().Connect(profile, vendor.Client(), new Microsoft.Extensions.Time.Testing.FakeTimeProvider(NetworkFault.Now));
        Assert.IsType<Outcome.Accepted>(await client.SubscribeAsync(new Uri("https://tower.test/ingress/shopify-eu"), new FakeScope(), CancellationToken.None));
        Assert.Equal(topics, vendor.Requests.Count(ShopifyWorld.IsMutation));
    }

    [Fact]
    public void A_pushed_level_is_told_by_the_shops_own_name_and_our_place()
    {
        var pushed = System.Text.Encoding.UTF8.GetBytes("""{"inventory_item_id":271878346596884015,"location_id":7000,"available":-2,"updated_at":"2026-11-23T11:00:00Z"}""");
        var told = Assert.Single(Assert.IsType<Translation.Levels>(new ShopifyConnector().Translate(new StoredMessage(1, "inventory_levels/update", "e", NetworkFault.Now, pushed), ShopifyWorld.Profile)).List);
        Assert.Equal(new StockLevelTold("271878346596884015", "EU-BER1", -2), told);
    }

    [Fact]
    public async Task The_estate_compares_before_it_sets_and_takes_a_key_once()
    {
        await using var estate = await EstateDriver.StartAsync();
        var shop = estate.App.Estate.Shops[0];
        var settings = estate.Connection(shop.Market.SystemId).GetProperty("settings").EnumerateObject().ToDictionary(s => s.Name, s => s.Value.GetString()!, StringComparer.Ordinal);
        var secrets = estate.Connection(shop.Market.SystemId).GetProperty("secrets").EnumerateObject().ToDictionary(s => s.Name, s => s.Value.GetString()!, StringComparer.Ordinal);
        var profile = ShopifyWorld.Profile with { Id = shop.Market.SystemId, Settings = settings, Secrets = secrets };
        Assert.Empty(new ShopifyConnector().Check(profile));
        using var http = new HttpClient();
        var client = new ShopifyConnector().Connect(profile, http, TimeProvider.System);
        var skus = shop.Stock.Articles.Values.Where(a => !a.Ghost).Take(3).Select(a => a.Sku).ToList();
        var place = shop.Market.Sites[1].Code;
        var levels = Assert.IsType<LevelsAnswer.Levels>(await client.LevelsAsync([.. skus.Select(s => new StockCell(s, place))], new FakeScope(), CancellationToken.None)).List;
        Assert.All(levels, l => Assert.Equal(Level(shop, l.Item!, 1), l.Level));

        var change = new ChangeStock(ShopifyWorld.Key, [.. levels.Select(l => new StockChange(l.Sku, place, -2, From: l.Level))], NetworkFault.Now);
        Assert.IsType<Outcome.Accepted>(await client.SendAsync(change, new FakeScope(), CancellationToken.None));
        Assert.IsType<Outcome.Accepted>(await client.SendAsync(change, new FakeScope(), CancellationToken.None));
        Assert.All(levels, l => Assert.Equal(l.Level - 2, Level(shop, l.Item!, 1)));
        var stale = Assert.IsType<Outcome.Refused>(await client.SendAsync(
            change with { Key = PostingKey.Derive("B", ShopifyWorld.Order, "x", "other"), Changes = [change.Changes[0] with { From = levels[0].Level - 2 }, change.Changes[1]] }, new FakeScope(), CancellationToken.None));
        Assert.Equal((ChangeStock.Stale, "changes.1"), (stale.Code, stale.Field));
        Assert.Equal(levels[0].Level - 2, Level(shop, levels[0].Item!, 1));
    }

    private static int Level(Shop shop, string item, int place) =>
        shop.Read(() => shop.Stock.Find(long.Parse(item, System.Globalization.CultureInfo.InvariantCulture), Ids.Location(shop.Market, place))!.Available);

    private static IVendorClient Client(FakeVendor vendor) => new ShopifyConnector().Connect(ShopifyWorld.Profile, vendor.Client(), new Microsoft.Extensions.Time.Testing.FakeTimeProvider(NetworkFault.Now));
}
