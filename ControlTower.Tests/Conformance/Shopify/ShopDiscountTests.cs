using ControlTower.Data.Canonical;
using ControlTower.Simulator.Shopify;
using ControlTower.Sync.Connectors;
using ControlTower.Sync.Connectors.Shopify;
using Microsoft.Extensions.Time.Testing;
using Xunit;
using Range = ControlTower.Simulator.Traffic.Range;

namespace ControlTower.Tests.Conformance.Shopify;

/// <summary>Automatic discounts of the shop and those with a code, found again by their mark.</summary>
public sealed class ShopDiscountTests : IAsyncLifetime
{
    private const string None = """{"shop":{"currencyCode":"EUR"},"discountNodes":{"pageInfo":{"hasNextPage":false,"endCursor":null},"nodes":[]}}""";

    private const string Listed = """
        {"shop":{"currencyCode":"EUR"},"discountNodes":{"pageInfo":{"hasNextPage":false,"endCursor":null},"nodes":[
          {"id":"gid://shopify/DiscountNode/4","discount":{"__typename":"DiscountAutomaticApp"}},
          {"id":"gid://shopify/DiscountNode/5","discount":{"__typename":"DiscountAutomaticBasic","title":"Autumn [R-3110]"}},
          {"id":"gid://shopify/DiscountNode/6","discount":{"__typename":"DiscountAutomaticBasic","title":"Autumn [R-311]"}}]}}
        """;

    private const string Shown = """
        {"discountNode":{"id":"gid://shopify/DiscountNode/6","discount":{"__typename":"DiscountAutomaticBasic","status":"ACTIVE","startsAt":"2026-11-23T11:00:00Z","endsAt":"2026-11-26T11:00:00Z",
          "customerGets":{"value":{"__typename":"DiscountPercentage","percentage":0.2},"items":{"productVariants":{"nodes":[{"id":"gid://shopify/ProductVariant/1"},{"id":"gid://shopify/ProductVariant/3"}]}}}}}}
        """;

    private EstateDriver estate = null!;
    private HttpClient http = null!;
    private IVendorClient client = null!;
    private Shop shop = null!;

    public static SetDiscount Command { get; } = DiscountEstate.On(DiscountEstate.Terms(NetworkFault.Now.AddHours(-1), "1", "2"));

    public static FakeVendor Vendor() => ShopifyWorld.Answering(
        ("Discounts", None), ("Create", """{"discountAutomaticBasicCreate":{"automaticDiscountNode":{"id":"gid://shopify/DiscountAutomaticNode/7"},"userErrors":[]}}"""));

    public async ValueTask InitializeAsync()
    {
        estate = await EstateDriver.StartAsync();
        shop = estate.App.Estate.Shops[0];
        http = new HttpClient();
        client = new ShopifyConnector().Connect(CatalogEstate.Profile(estate, shop.Market.SystemId, "shopify", "EUR"), http, TimeProvider.System);
    }

    public async ValueTask DisposeAsync()
    {
        http.Dispose();
        await estate.DisposeAsync();
    }

    public static TheoryData<DiscountKind, string?> Forms => new()
    {
        { DiscountKind.Percent, null }, { DiscountKind.Amount, null }, { DiscountKind.BuyXGetY, null }, { DiscountKind.Percent, "SNOW" }, { DiscountKind.Amount, "SNOW" }, { DiscountKind.BuyXGetY, "SNOW" },
    };

    [Theory]
    [MemberData(nameof(Forms))]
    public async Task Every_request_is_as_the_published_schema_says(DiscountKind kind, string? code)
    {
        var terms = Command.Terms with { Kind = kind, Code = code, Buy = 2, Get = 1 };
        var type = new DiscountForm(code is not null, kind == DiscountKind.BuyXGetY).Type;
        var vendor = ShopifyWorld.Answering(("Discounts", Listed), ("Discount", Shown.Replace("DiscountAutomaticBasic", type, StringComparison.Ordinal)));
        var operations = new List<string>();
        vendor.Fault = (request, _) =>
        {
            operations.Add(request.Json.Text("query")!.Split('(')[0]);
            return ShopifyWorld.IsMutation(request) ? FakeVendor.Json("""{"data":{}}""") : null;
        };
        await SendAsync(vendor, DiscountEstate.On(terms));
        await SendAsync(vendor, DiscountEstate.Off(terms));
        vendor.Fault = (request, _) => request.Json.Text("query")!.Contains(" Discounts(", StringComparison.Ordinal) ? FakeVendor.Json($$"""{"data":{{None}}}""") : FakeVendor.Json("""{"data":{}}""");
        await SendAsync(vendor, DiscountEstate.On(terms));
        Assert.Equal(["query Discounts", "query Discount", "mutation Update", "query Discounts", "query Discount", "mutation TakeOff"], operations);
        Assert.Contains(vendor.Requests, r => r.Json.Text("query")!.Contains(" Create(", StringComparison.Ordinal));
        foreach (var request in vendor.Requests)
        {
            Assert.Equal([], await ShopifySchema.ObjectionsAsync(request.Json.Text("query")!, request.Json.GetProperty("variables").GetRawText()));
        }
    }

    [Fact]
    public async Task What_stands_otherwise_is_told_what_to_add_and_what_to_take_away()
    {
        var vendor = ShopifyWorld.Answering(
            ("Discounts", Listed), ("Discount", Shown), ("Update", """{"discountAutomaticBasicUpdate":{"automaticDiscountNode":{"id":"gid://shopify/DiscountAutomaticNode/6"},"userErrors":[]}}"""));
        var shown = await DiscountEstate.ShownAsync(Client(vendor), Command.Terms);
        Assert.Equal(("gid://shopify/DiscountNode/6", true, false, "value"), (shown.Id, shown.On, shown.Agrees, shown.Differs));
        Assert.IsType<LookUp.Absent>(await Client(vendor).LookUpAsync(Command, new FakeScope(), CancellationToken.None));
        Assert.IsType<Outcome.Accepted>(await SendAsync(vendor, Command));
        var sent = Assert.Single(vendor.Requests, ShopifyWorld.IsMutation).Json.GetProperty("variables");
        Assert.Equal("gid://shopify/DiscountAutomaticNode/6", sent.Text("id"));
        Assert.Equal(
            """{"productVariantsToAdd":["gid://shopify/ProductVariant/2"],"productVariantsToRemove":["gid://shopify/ProductVariant/3"]}""", sent.At("input", "customerGets", "items", "products")!.Value.GetRawText());
    }

    [Fact]
    public async Task What_cannot_stand_is_refused_before_anything_is_asked()
    {
        var over = Command with { Terms = Command.Terms with { EndsAt = NetworkFault.Now } };
        var many = Command with { Terms = Command.Terms with { Items = [.. Enumerable.Range(1, 101).Select(n => n.ToString(System.Globalization.CultureInfo.InvariantCulture))] } };
        Assert.Equal("window-passed", Assert.IsType<Outcome.Refused>(await SendAsync(Vendor(), over)).Code);
        Assert.Equal("too-many-items", Assert.IsType<Outcome.Refused>(await SendAsync(Vendor(), many)).Code);
        Assert.IsType<Outcome.Accepted>(await SendAsync(Vendor(), over with { On = false }));
        var dollars = Command with { Terms = Command.Terms with { Kind = DiscountKind.Amount, Currency = "USD" } };
        Assert.Equal("another-currency", Assert.IsType<Outcome.Refused>(await SendAsync(Vendor(), dollars)).Code);
    }

    [Theory]
    [MemberData(nameof(Forms))]
    public async Task The_estate_grants_each_kind_once_changes_it_takes_it_off_and_puts_it_back(DiscountKind kind, string? code)
    {
        var terms = Terms() with { Kind = kind, Code = code, Buy = 2, Get = 1 };
        Assert.Null((await DiscountEstate.ShownAsync(client, terms)).Id);
        await DiscountEstate.StandsAsync(client, terms);
        await DiscountEstate.StandsAsync(client, terms);

        var changed = terms with { Value = 12.5m, Items = [.. terms.Items.Skip(1).Append(Variant(5))], Buy = 3, EndsAt = null };
        Assert.Equal("value", (await DiscountEstate.ShownAsync(client, changed)).Differs);
        await DiscountEstate.StandsAsync(client, changed);
        await DiscountEstate.IsOffAsync(client, changed);
        await DiscountEstate.IsOffAsync(client, changed);
        await DiscountEstate.StandsAsync(client, changed);
        Assert.Single(shop.Read(() => shop.Discounts.All));
    }

    [Fact]
    public async Task One_that_begins_later_is_on_and_is_taken_off_before_it_begins()
    {
        var later = Terms() with { StartsAt = TimeProvider.System.GetUtcNow().AddHours(2) };
        await DiscountEstate.StandsAsync(client, later);
        await DiscountEstate.IsOffAsync(client, later);
        await DiscountEstate.StandsAsync(client, later);
    }

    [Fact]
    public async Task A_lost_answer_leaves_one_discount_and_one_that_came_twice_is_taken_off_once()
    {
        var terms = Terms();
        await estate.FaultAsync(shop.Market.SystemId, new { kind = "lost-answer", count = 1 });
        Assert.IsType<Outcome.Unknown>(await PricingEstate.SendAsync(client, DiscountEstate.On(terms)));
        await DiscountEstate.StandsAsync(client, terms);
        var one = Assert.Single(shop.Read(() => shop.Discounts.All));

        // The first attempt came through once more, long after it was given up.
        await shop.ChangeAsync(change => shop.Discounts.Keep(change, one with { Id = shop.Discounts.NextId }));
        Assert.Equal((true, false, "twice"), await DiscountEstate.ShownAsync(client, terms) is var shown ? (shown.On, shown.Agrees, shown.Differs) : default);
        await DiscountEstate.StandsAsync(client, terms);
        Assert.Equal(["ACTIVE", "EXPIRED"], shop.Read(() => shop.Discounts.All.Select(d => d.Status(shop.Now))));
        await DiscountEstate.IsOffAsync(client, terms);
    }

    [Fact]
    public async Task One_is_found_behind_the_first_page_and_one_of_another_kind_gives_way()
    {
        await DiscountEstate.StandsAsync(client, Terms());
        for (var n = 0; n < 250; n++)
        {
            await shop.ChangeAsync(change => shop.Discounts.Keep(change, shop.Discounts.All[0] with { Id = shop.Discounts.NextId, Title = "Of somebody else" }));
        }

        var coded = Terms() with { Mark = "R-312", Code = "SNOW" };
        await DiscountEstate.StandsAsync(client, coded);
        await DiscountEstate.StandsAsync(client, coded);
        var another = coded with { Kind = DiscountKind.BuyXGetY, Buy = 2, Get = 1, Code = "SLEET" };
        Assert.Equal("kind", (await DiscountEstate.ShownAsync(client, another)).Differs);
        await DiscountEstate.StandsAsync(client, another);
        Assert.Equal(["EXPIRED", "ACTIVE"], shop.Read(() => shop.Discounts.All.Where(d => d.Title.EndsWith("[R-312]", StringComparison.Ordinal)).Select(d => d.Status(shop.Now))));
        Assert.Equal("TAKEN", Assert.IsType<Outcome.Refused>(await PricingEstate.SendAsync(client, DiscountEstate.On(another with { Mark = "R-313" }))).Code);
    }

    [Fact]
    public async Task Buyers_are_granted_what_stands_and_nothing_once_it_is_off()
    {
        var terms = Terms();
        await DiscountEstate.StandsAsync(client, terms);
        await estate.PlaceAsync("eu", 1, new { sku = Range.Of("northlane")[0].Sku, quantity = 2, discount = false });
        await DiscountEstate.IsOffAsync(client, terms);
        await estate.PlaceAsync("eu", 1, new { sku = Range.Of("northlane")[0].Sku, quantity = 2, discount = false });
        var orders = shop.Orders(_ => true).OrderBy(o => o.Id).ToList();
        Assert.Equal("Autumn [R-311]", Assert.Single(orders[0].Discounts).Title);
        Assert.Equal((shop.Market.Round(orders[0].Lines[0].Gross * 0.3m), 0m), (orders[0].Lines[0].Discounted, orders[1].Lines[0].Discounted));
        Assert.Empty(orders[1].Discounts);
    }

    private DiscountTerms Terms() => DiscountEstate.Terms(shop.Now.AddHours(-1), Variant(0), Variant(1));

    private string Variant(int at) => Ids.Variant(shop.Market, Range.Of("northlane")[at]).ToString(System.Globalization.CultureInfo.InvariantCulture);

    private static Task<Outcome> SendAsync(FakeVendor vendor, VendorCommand command) => Client(vendor).SendAsync(command, new FakeScope(), CancellationToken.None);

    private static IVendorClient Client(FakeVendor vendor) => new ShopifyConnector().Connect(ShopifyWorld.Profile, vendor.Client(), new FakeTimeProvider(NetworkFault.Now));
}
