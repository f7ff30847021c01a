using ControlTower.Tests.Support;
using ControlTower.Web.Auth;
using Xunit;
using static ControlTower.Tests.Web.Api.StockApiWorld;

namespace ControlTower.Tests.Web.Api;

/// <summary>Returns, products, incidents and key figures over HTTP: one's own alone, strict, page by page.</summary>
public sealed class ResourcesApiTests
{
    [Fact]
    public async Task A_return_is_taken_in_through_the_desk_once_and_seen_by_its_own_channel_alone()
    {
        await using var world = await StartAsync();
        string[] scopes = [Scopes.OrdersRead, Scopes.OrdersWrite, Scopes.ReturnsRead, Scopes.ReturnsWrite];
        using var client = (await world.ClientAsync(scopes)).Http;
        using var other = (await world.ClientAsync(scopes, ["market"])).Http;
        Assert.Equal(202, (await SendAsync(client, HttpMethod.Post, "/api/v1/orders", OrdersApiTests.Given(), "o")).Status);
        await world.WorkInboxAsync();
        var order = await world.Tower.Database.ScalarAsync<long>("select id from flow");
        object Wish(long of, string line = "1", string reason = "size", int quantity = 1, string? store = null) => new { order = of, lines = new[] { new { orderLine = line, quantity, reason } }, store };
        foreach (var (wish, fault) in ((object, string)[])[
            (Wish(order + 1), "/order unknown-order"), (Wish(order, line: "9"), "/lines/0/orderLine unknown-line"), (Wish(order, reason: "whim"), "/lines/0/reason unknown-word"),
            (Wish(order, quantity: 0), "/lines/0/quantity bad-quantity"), (new { order, lines = Array.Empty<object>() }, "/lines count")])
        {
            Assert.Equal(fault, Faults((await SendAsync(client, HttpMethod.Post, "/api/v1/returns", wish, "r")).Body));
        }

        Assert.Equal("/order unknown-order", Faults((await SendAsync(other, HttpMethod.Post, "/api/v1/returns", Wish(order), "r")).Body));
        Assert.Equal((409, "return-refused"), (await SendAsync(client, HttpMethod.Post, "/api/v1/returns", Wish(order, store: "nowhere"), "r")) is var (s, b) ? (s, Slug(b)) : default);
        var taken = await SendAsync(client, HttpMethod.Post, "/api/v1/returns", Wish(order), "r");
        Assert.True(taken.Status == 202, taken.Body.ToString());
        Assert.Equal(202, (await SendAsync(client, HttpMethod.Post, "/api/v1/returns", Wish(order), "r")).Status);
        await world.WorkInboxAsync();
        var listed = (await SendAsync(client, HttpMethod.Get, taken.Body.GetProperty("link").GetString()!)).Body.GetProperty("items");
        Assert.Equal((1, order), (listed.GetArrayLength(), listed[0].GetProperty("order").GetInt64()));
        var id = listed[0].GetProperty("id").GetInt64();
        Assert.Equal("1", (await SendAsync(client, HttpMethod.Get, $"/api/v1/returns/{id}")).Body.GetProperty("lines")[0].GetProperty("orderLine").GetString());
        Assert.Equal((404, 0), ((await SendAsync(other, HttpMethod.Get, $"/api/v1/returns/{id}")).Status, (await SendAsync(other, HttpMethod.Get, "/api/v1/returns")).Body.GetProperty("items").GetArrayLength()));
        Assert.Equal("?stage unknown-word", Faults((await SendAsync(client, HttpMethod.Get, "/api/v1/returns?stage=lost")).Body));
    }

    [Fact]
    public async Task Products_come_with_what_is_shown_and_what_is_to_be_shown_page_by_page()
    {
        await using var world = await StartAsync();
        await world.WithOrdersAsync();
        await world.Tower.Database.ExecuteAsync("""
            insert into catalog_item (connection_id, item, title, sku, active, price, currency, tax_included, changed_at) values
                ('bc-eu', 'e1', 'Parka', 'PARKA', true, 99, 'EUR', true, now()), ('shopify-eu', 's1', 'Parka', 'PARKA', true, 119, 'EUR', true, now()), ('shopify-eu', 's2', 'Scarf', 'SCARF', true, 19, 'EUR', true, now()),
                ('vendure-uk', 'v1', 'Parka', 'PARKA', true, 89, 'GBP', true, now());
            insert into catalog_match (connection_id, item, erp_item, how) values ('shopify-eu', 's1', 'e1', 'sku');
            """);
        using var all = (await world.ClientAsync([Scopes.ProductsRead])).Http;
        using var brand = (await world.ClientAsync([Scopes.ProductsRead], brands: ["Fjord"])).Http;
        var first = (await SendAsync(all, HttpMethod.Get, "/api/v1/products?limit=1")).Body;
        var parka = first.GetProperty("items")[0];
        Assert.Equal(("s1", 119m, 99m, "erp"), (parka.GetProperty("item").GetString(), parka.GetProperty("price").GetDecimal(), parka.GetProperty("wantedPrice").GetDecimal(), parka.GetProperty("wantedBy").GetString()));
        Assert.Equal(["s2", "v1"], Items((await SendAsync(all, HttpMethod.Get, $"/api/v1/products?after={first.GetProperty("next").GetString()}")).Body));
        Assert.Equal(["s1", "v1"], Items((await SendAsync(all, HttpMethod.Get, "/api/v1/products?sku=PARKA")).Body));
        Assert.Equal(["v1"], Items((await SendAsync(brand, HttpMethod.Get, $"/api/v1/products?after={Convert.ToBase64String("products\na\na"u8)}")).Body));
        Assert.Equal("?source channel-not-yours", Faults((await SendAsync(brand, HttpMethod.Get, "/api/v1/products?source=shopify-eu")).Body));
        Assert.Equal("?sku bad-sku", Faults((await SendAsync(all, HttpMethod.Get, "/api/v1/products?sku=")).Body));
    }

    [Fact]
    public async Task Incidents_are_those_of_ones_brands_alone()
    {
        await using var world = await StartAsync();
        await world.WithOrdersAsync();
        await world.Tower.Database.ExecuteAsync("""
            insert into incident (kind, subject, title, severity, brand, began_at) values
                ('manual', 'a', 'Ours', 'major', 'Northlane', now()), ('manual', 'b', 'Theirs', 'major', 'Fjord', now()), ('backlog', 'c', 'Of all', 'minor', '', now());
            """);
        using var all = (await world.ClientAsync([Scopes.IncidentsList])).Http;
        using var brand = (await world.ClientAsync([Scopes.IncidentsList], brands: ["Northlane"])).Http;
        Assert.Equal(["Ours", "Theirs", "Of all"], Titles((await SendAsync(all, HttpMethod.Get, "/api/v1/incidents")).Body));
        Assert.Equal(["Of all"], Titles((await SendAsync(all, HttpMethod.Get, "/api/v1/incidents?kind=backlog&status=open")).Body));
        Assert.Equal(["Ours"], Titles((await SendAsync(brand, HttpMethod.Get, "/api/v1/incidents")).Body));
        var page = (await SendAsync(all, HttpMethod.Get, "/api/v1/incidents?limit=2")).Body;
        Assert.Equal(["Of all"], Titles((await SendAsync(all, HttpMethod.Get, $"/api/v1/incidents?after={page.GetProperty("next").GetString()}")).Body));
        var ids = await world.Tower.Database.ScalarAsync<long>("select min(id) from incident");
        Assert.Equal("Ours", (await SendAsync(brand, HttpMethod.Get, $"/api/v1/incidents/{ids}")).Body.GetProperty("incident").GetProperty("title").GetString());
        Assert.Equal((404, 404), ((await SendAsync(brand, HttpMethod.Get, $"/api/v1/incidents/{ids + 1}")).Status, (await SendAsync(brand, HttpMethod.Get, $"/api/v1/incidents/{ids + 2}")).Status));
        Assert.Equal("?status unknown-word", Faults((await SendAsync(all, HttpMethod.Get, "/api/v1/incidents?status=over")).Body));
    }

    [Theory]
    [InlineData("from=2026-11-01T00:00:00Z", "?until time-needed")]
    [InlineData("from=2026-11-02T00:00:00Z&until=2026-11-01T00:00:00Z", "?until bad-time")]
    [InlineData("from=2026-11-01T00:00:00Z&until=2026-11-02T00:00:00Z&step=minute", "?step unknown-word")]
    [InlineData("from=2026-09-01T00:00:00Z&until=2026-11-02T00:00:00Z&step=hour", "?step too-fine")]
    [InlineData("from=2026-11-01T00:00:00Z&until=2026-11-02T00:00:00Z&zone=Nowhere/City", "?zone unknown-zone")]
    [InlineData("from=2026-11-01T00:00:00Z&until=2026-11-02T00:00:00Z&channel=nowhere", "?channel unknown-channel")]
    [InlineData("from=2026-11-01T00:00:00Z&until=2026-11-02T00:00:00Z&shade=red", "?shade unknown-parameter")]
    public async Task A_question_at_fault_about_a_figure_is_named(string query, string fault)
    {
        await using var world = await StartAsync();
        using var client = (await world.ClientAsync([Scopes.KpisList])).Http;
        Assert.Equal(fault, Faults((await SendAsync(client, HttpMethod.Get, $"/api/v1/kpis/order-acknowledgement?{query}")).Body));
    }

    [Fact]
    public async Task A_figure_comes_with_what_it_is_computed_from_and_of_ones_brands_alone()
    {
        await using var world = await StartAsync();
        await world.WithOrdersAsync();
        using var all = (await world.ClientAsync([Scopes.KpisList])).Http;
        using var brand = (await world.ClientAsync([Scopes.KpisList], brands: ["Northlane"])).Http;
        const string Time = "from=2026-11-01T00:00:00Z&until=2026-11-08T00:00:00Z";
        var list = (await SendAsync(all, HttpMethod.Get, "/api/v1/kpis")).Body.GetProperty("items");
        foreach (var kpi in list.EnumerateArray())
        {
            var answer = await SendAsync(all, HttpMethod.Get, $"/api/v1/kpis/{kpi.GetProperty("name").GetString()}?{Time}");
            Assert.True(answer.Status == 200, answer.Body.ToString());
            Assert.False(string.IsNullOrEmpty(answer.Body.GetProperty("kpi").GetProperty("formula").GetString()));
        }

        Assert.Equal("?brand brand-needed", Faults((await SendAsync(brand, HttpMethod.Get, $"/api/v1/kpis/order-acknowledgement?{Time}")).Body));
        Assert.Equal("?brand unknown-brand", Faults((await SendAsync(brand, HttpMethod.Get, $"/api/v1/kpis/order-acknowledgement?{Time}&brand=Fjord")).Body));
        Assert.Equal(200, (await SendAsync(brand, HttpMethod.Get, $"/api/v1/kpis/order-acknowledgement?{Time}&brand=Northlane")).Status);
        Assert.Equal(404, (await SendAsync(all, HttpMethod.Get, "/api/v1/kpis/luck")).Status);
    }

    [Fact]
    public async Task Customers_are_masked_for_whoever_may_not_know_them_and_those_who_were_forgotten_are_not_there()
    {
        await using var world = await StartAsync();
        await world.WithOrdersAsync();
        await world.Tower.Database.ExecuteAsync("""
            insert into catalog_customer (connection_id, customer, email, phone, phone_e164, first_name, last_name, changed_at, erased_at) values
                ('shopify-eu', 'c1', 'ada@buyer.example', '030 1234567', '+49301234567', 'Ada', 'Lovelace', now(), null), ('shopify-eu', 'c2', null, null, null, null, null, now(), now()),
                ('vendure-uk', 'c3', 'eve@buyer.example', null, null, null, null, now(), null);
            """);
        using var masked = (await world.ClientAsync([Scopes.CustomersRead])).Http;
        using var plain = (await world.ClientAsync([Scopes.CustomersRead, Scopes.PersonalRead], ["shopify-eu"])).Http;
        var page = (await SendAsync(masked, HttpMethod.Get, "/api/v1/customers?limit=1")).Body;
        var ada = page.GetProperty("items")[0];
        Assert.Equal(("a***@***.example", "***67", "A. L.", true), (ada.GetProperty("email").GetString(), ada.GetProperty("phone").GetString(), ada.GetProperty("name").GetString(), ada.GetProperty("masked").GetBoolean()));
        Assert.DoesNotContain("Lovelace", page.ToString(), StringComparison.Ordinal);
        Assert.Equal("c3", (await SendAsync(masked, HttpMethod.Get, $"/api/v1/customers?after={page.GetProperty("next").GetString()}")).Body.GetProperty("items")[0].GetProperty("id").GetString());
        var own = (await SendAsync(plain, HttpMethod.Get, "/api/v1/customers")).Body.GetProperty("items");
        Assert.Equal((1, "ada@buyer.example"), (own.GetArrayLength(), own[0].GetProperty("email").GetString()));
    }

    private static IEnumerable<string> Items(System.Text.Json.JsonElement page) => page.GetProperty("items").EnumerateArray().Select(i => i.GetProperty("item").GetString()!);

    private static IEnumerable<string> Titles(System.Text.Json.JsonElement page) => page.GetProperty("items").EnumerateArray().Select(i => i.GetProperty("title").GetString()!);
}
