using ControlTower.Data.ApiClients;
using ControlTower.Data.Audit;
using ControlTower.Tests.Support;
using ControlTower.Web.Auth;
using Microsoft.Extensions.DependencyInjection;
using Xunit;
using static ControlTower.Tests.Web.Api.StockApiWorld;

namespace ControlTower.Tests.Web.Api;

/// <summary>Orders over HTTP: only one's own, page by page, stated and called off once.</summary>
public sealed class OrdersApiTests
{
    private const string Path = "/api/v1/orders";

    private static readonly string[] All = [Scopes.OrdersRead, Scopes.OrdersWrite];

    [Fact]
    public async Task A_client_sees_the_orders_of_its_channels_and_brands_and_no_other_whatever_it_asks()
    {
        await using var world = await StartAsync();
        var orders = await world.WithOrdersAsync();
        var (mine, theirs) = (await orders.OrderAsync("NL-1"), await orders.OrderAsync("UK-1", source: OrderWorld.OtherShop, currency: "GBP"));
        using var everybody = (await world.ClientAsync(All)).Http;
        using var channel = (await world.ClientAsync(All, [OrderWorld.Shop])).Http;
        using var brand = (await world.ClientAsync(All, brands: ["Northlane"])).Http;
        Assert.Equal([mine, theirs], Ids(await SendAsync(everybody, HttpMethod.Get, Path)));
        foreach (var single in (HttpClient[])[channel, brand])
        {
            Assert.Equal([mine], Ids(await SendAsync(single, HttpMethod.Get, Path)));
            Assert.Equal(200, (await SendAsync(single, HttpMethod.Get, $"{Path}/{mine}")).Status);
            Assert.Equal((404, 404), ((await SendAsync(single, HttpMethod.Get, $"{Path}/{theirs}")).Status, (await SendAsync(single, HttpMethod.Get, $"{Path}/{theirs}/timeline")).Status));
            Assert.Equal(404, (await SendAsync(single, HttpMethod.Post, $"{Path}/{theirs}/cancel", new { reason = "not ours" }, "k", "\"1\"")).Status);
            Assert.Equal("?source channel-not-yours", Faults((await SendAsync(single, HttpMethod.Get, $"{Path}?source={OrderWorld.OtherShop}")).Body));
            Assert.Equal("?source channel-not-yours", Faults((await SendAsync(single, HttpMethod.Get, $"{Path}?source=nowhere")).Body));
        }

        Assert.Equal("?source unknown-channel", Faults((await SendAsync(everybody, HttpMethod.Get, $"{Path}?source=nowhere")).Body));
        Assert.Equal(0, await world.Tower.Database.ScalarAsync<long>("select count(*) from inbox_message"));
    }

    [Fact]
    public async Task Pages_neither_skip_nor_repeat_whatever_comes_meanwhile_and_a_forged_cursor_opens_nothing()
    {
        await using var world = await StartAsync();
        var orders = await world.WithOrdersAsync();
        for (var n = 0; n < 5; n++)
            await orders.OrderAsync($"NL-{n}");
        await orders.OrderAsync("UK-1", source: OrderWorld.OtherShop);
        using var client = (await world.ClientAsync(All, [OrderWorld.Shop])).Http;
        var (seen, next) = (new List<long>(), (string?)"");
        while (next is not null)
        {
            var page = await SendAsync(client, HttpMethod.Get, $"{Path}?limit=2{(next.Length > 0 ? $"&after={next}" : "")}");
            Assert.True(page.Status == 200, page.Body.ToString());
            seen.AddRange(Ids(page));
            next = page.Body.GetProperty("next").GetString();
            if (seen.Count == 2)
                await orders.OrderAsync("NL-late", age: TimeSpan.FromDays(9));
        }

        Assert.Equal(6, seen.Count);
        Assert.Equal(seen.Order().Distinct(), seen);
        foreach (var forged in (string[])["x", "b3JkZXJz", "cmV0dXJucwoz", "b3JkZXJzCjEgb3IgMT0x", new string('A', 900)])
            Assert.Equal("?after bad-cursor", Faults((await SendAsync(client, HttpMethod.Get, $"{Path}?after={forged}")).Body));
        // A place of its own making, at the top, shows what it may see and nothing else.
        Assert.Equal(6, Ids(await SendAsync(client, HttpMethod.Get, $"{Path}?after=b3JkZXJzCjA")).Count);
    }

    [Theory]
    [InlineData("limit=0", "?limit bad-limit")]
    [InlineData("limit=201", "?limit bad-limit")]
    [InlineData("limit=1&limit=2", "?limit bad-limit")]
    [InlineData("stage=gone", "?stage unknown-word")]
    [InlineData("status=open&status=lost", "?status unknown-word")]
    [InlineData("updatedSince=yesterday", "?updatedSince bad-time")]
    [InlineData("stages=posted", "?stages unknown-parameter")]
    [InlineData("sourceId=", "?sourceId bad-id")]
    public async Task A_filter_at_fault_is_named(string query, string fault)
    {
        await using var world = await StartAsync();
        using var client = (await world.ClientAsync(All)).Http;
        var (status, problem) = await SendAsync(client, HttpMethod.Get, $"{Path}?{query}");
        Assert.Equal((400, fault), (status, Faults(problem)));
    }

    [Fact]
    public async Task Filters_narrow_and_only_what_has_moved_since_is_told()
    {
        await using var world = await StartAsync();
        var orders = await world.WithOrdersAsync();
        var (held, moved) = (await orders.OrderAsync("NL-1", stage: "checked", status: "attention"), await orders.OrderAsync("NL-2", stage: "posted", sourceId: "900"));
        await orders.StepAsync(held, 1, "order.placed", "captured", ago: TimeSpan.FromDays(2));
        await orders.StepAsync(moved, 1, "order.posted", "posted");
        using var client = (await world.ClientAsync(All)).Http;
        Assert.Equal([held], Ids(await SendAsync(client, HttpMethod.Get, $"{Path}?status=attention")));
        Assert.Equal([moved], Ids(await SendAsync(client, HttpMethod.Get, $"{Path}?stage=posted&stage=shipped")));
        Assert.Equal([moved], Ids(await SendAsync(client, HttpMethod.Get, $"{Path}?source={OrderWorld.Shop}&sourceId=900")));
        Assert.Equal([moved], Ids(await SendAsync(client, HttpMethod.Get, $"{Path}?updatedSince={TimeProvider.System.GetUtcNow().AddHours(-1):yyyy-MM-ddTHH:mm:ssZ}")));
    }

    [Fact]
    public async Task An_order_that_is_stated_goes_the_way_of_the_channels_own_and_is_called_off_by_whoever_saw_its_newest_state()
    {
        await using var world = await StartAsync();
        using var client = (await world.ClientAsync(All)).Http;
        using var personal = (await world.ClientAsync([Scopes.OrdersRead, Scopes.PersonalRead])).Http;
        var (status, taken) = await SendAsync(client, HttpMethod.Post, Path, Given(), "order-1");
        Assert.True(status == 202, taken.ToString());
        Assert.Equal(202, (await SendAsync(client, HttpMethod.Post, Path, Given(), "order-1")).Status);
        await world.WorkInboxAsync();
        var listed = (await SendAsync(client, HttpMethod.Get, taken.GetProperty("link").GetString()!)).Body.GetProperty("items")[0];
        var id = listed.GetProperty("id").GetInt64();
        Assert.Equal(("web", "1001", 119m), (listed.GetProperty("source").GetString(), listed.GetProperty("sourceId").GetString(), listed.GetProperty("value").GetDecimal()));
        Assert.NotEqual(0, (await SendAsync(client, HttpMethod.Get, $"{Path}/{id}/timeline")).Body.GetProperty("steps").GetArrayLength());
        Assert.Equal("PARKA", (await SendAsync(client, HttpMethod.Get, $"{Path}/{id}")).Body.GetProperty("lines")[0].GetProperty("sku").GetString());
        Assert.Equal(System.Text.Json.JsonValueKind.Null, (await SendAsync(client, HttpMethod.Get, $"{Path}/{id}")).Body.GetProperty("buyer").ValueKind);
        Assert.Equal("ada@buyer.example", (await SendAsync(personal, HttpMethod.Get, $"{Path}/{id}")).Body.GetProperty("buyer").GetProperty("email").GetString());
        Assert.Equal("client:orders:order:state", $"client:{await world.Tower.Database.ScalarAsync<string>("select action from audit where subject = 'order:web/1001'")}");

        using var shown = await client.GetAsync(new Uri($"{Path}/{id}", UriKind.Relative));
        var tag = shown.Headers.ETag!.ToString();
        using var again = new HttpRequestMessage(HttpMethod.Get, new Uri($"{Path}/{id}", UriKind.Relative));
        again.Headers.TryAddWithoutValidation("If-None-Match", tag);
        using var unchanged = await client.SendAsync(again);
        Assert.Equal(304, (int)unchanged.StatusCode);

        var why = new { reason = "The buyer changed their mind" };
        Assert.Equal((428, "if-match-needed"), (await SendAsync(client, HttpMethod.Post, $"{Path}/{id}/cancel", why, "c1")) is var (a, b) ? (a, Slug(b)) : default);
        foreach (var stale in (string[])["\"999\"", "\"x\"", "*", $"W/{tag}"])
            Assert.Equal((412, "changed-meanwhile"), (await SendAsync(client, HttpMethod.Post, $"{Path}/{id}/cancel", why, "c1", stale)) is var (c, d) ? (c, Slug(d)) : default);
        Assert.Equal("/reason bad-reason", Faults((await SendAsync(client, HttpMethod.Post, $"{Path}/{id}/cancel", new { reason = "" }, "c1", tag)).Body));
        Assert.Equal(202, (await SendAsync(client, HttpMethod.Post, $"{Path}/{id}/cancel", why, "c1", tag)).Status);
        await world.WorkInboxAsync();
        Assert.Equal("cancelled", (await SendAsync(client, HttpMethod.Get, $"{Path}/{id}")).Body.GetProperty("order").GetProperty("stage").GetString());
        Assert.Equal(202, (await SendAsync(client, HttpMethod.Post, $"{Path}/{id}/cancel", why, "c1", tag)).Status);
        using var over = await client.GetAsync(new Uri($"{Path}/{id}", UriKind.Relative));
        Assert.Equal((409, "order-over"), (await SendAsync(client, HttpMethod.Post, $"{Path}/{id}/cancel", why, "c2", over.Headers.ETag!.ToString())) is var (e, f) ? (e, Slug(f)) : default);
        Assert.Equal(2, await world.Tower.Database.ScalarAsync<long>("select count(*) from inbox_message where topic = 'tower/order'"));
    }

    [Theory]
    [InlineData("source", "nowhere", "/source unknown-channel")]
    [InlineData("id", "", "/id bad-text")]
    [InlineData("currency", "euro", "/currency bad-currency")]
    [InlineData("total", "-1", "/total bad-amount")]
    [InlineData("payment", "\"Perhaps\"", "/payment unreadable")]
    [InlineData("fulfilment", "\"ClickAndCollect\"", "/pickupLocation location-needed")]
    [InlineData("lines", "[]", "/lines count")]
    [InlineData("lines", "[null]", "/lines/0 unreadable")]
    [InlineData("""lines""", """[{"id":"1","sku":"A","title":"A","quantity":0,"unitPrice":1,"taxes":[]}]""", "/lines/0/quantity bad-quantity")]
    [InlineData("""lines""", """[{"id":"1","sku":"A","title":"A","quantity":1,"unitPrice":1,"taxes":[{"title":"T","rate":19,"amount":1}]}]""", "/lines/0/taxes/0/rate bad-rate")]
    [InlineData("colour", "\"red\"", "/colour unreadable")]
    public async Task An_order_at_fault_is_refused_by_the_name_of_its_field_and_nothing_is_stored(string member, string value, string fault)
    {
        await using var world = await StartAsync();
        using var client = (await world.ClientAsync(All)).Http;
        var given = System.Text.Json.JsonSerializer.SerializeToNode(Given())!.AsObject();
        given[member] = value.Length > 0 && value[0] is '[' or '"' or '-' ? System.Text.Json.Nodes.JsonNode.Parse(value) : value;
        var (status, problem) = await SendAsync(client, HttpMethod.Post, Path, given.ToJsonString(), "k");
        Assert.Equal((400, fault), (status, Faults(problem)));
        Assert.Equal(0, await world.Tower.Database.ScalarAsync<long>("select count(*) from inbox_message") + await world.Tower.Database.ScalarAsync<long>("select count(*) from api_write"));
    }

    [Fact]
    public async Task A_client_of_single_channels_or_brands_cannot_be_given_what_belongs_to_all()
    {
        await using var world = await StartAsync();
        await world.WithOrdersAsync();
        var store = world.Tower.Services.GetRequiredService<ApiClientStore>();
        async Task<ApiClientRefusal> AddAsync(string scope, string[] channels, string[] brands) =>
            (await store.AddAsync(Guid.NewGuid(), Guid.NewGuid().ToString(), [scope], channels, TimeSpan.FromDays(1), Actor.Tower("test"), default, brands)).Refusal;
        foreach (var stream in Scopes.OfStreams)
        {
            Assert.Equal(ApiClientRefusal.NotForSingles, await AddAsync(stream, [OrderWorld.Shop], []));
            Assert.Equal(ApiClientRefusal.NotForSingles, await AddAsync(stream, [], ["Fjord"]));
        }

        Assert.Equal(ApiClientRefusal.NotForSingles, await AddAsync(Scopes.IncidentsList, [OrderWorld.Shop], []));
        Assert.Equal((ApiClientRefusal.None, ApiClientRefusal.UnknownBrand), (await AddAsync(Scopes.IncidentsList, [], ["Fjord"]), await AddAsync(Scopes.OrdersRead, [], ["Nobody"])));
    }

    internal static object Given(string id = "1001") => new
    {
        source = "web", id, name = $"#{id}", placedAt = "2026-11-27T06:00:00Z", currency = "EUR", taxesIncluded = true, total = 119.00m, tax = 19.00m, payment = "Paid", buyer = new { email = "ada@buyer.example" },
        lines = new[] { new { id = "1", sku = "PARKA", title = "Parka", quantity = 1, unitPrice = 119.00m, taxes = new[] { new { title = "VAT", rate = 0.19m, amount = 19.00m } } } },
    };

    private static List<long> Ids((int Status, System.Text.Json.JsonElement Body) page) => [.. page.Body.GetProperty("items").EnumerateArray().Select(o => o.GetProperty("id").GetInt64())];
}
