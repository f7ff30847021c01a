using System.Net;
using ControlTower.Tests.Conformance;
using ControlTower.Tests.Support;
using ControlTower.Web.Auth;
using Xunit;
using static ControlTower.Tests.Web.Api.StockApiWorld;

namespace ControlTower.Tests.Web.Api;

/// <summary>What may be sold, asked by a program: per channel and place, with what comes, and cheap while nothing changes.</summary>
public sealed class AvailabilityApiTests
{
    [Fact]
    public async Task Each_channel_sees_what_it_may_sell_place_by_place_and_what_may_be_promised_for_later()
    {
        await using var world = await StartAsync();
        await world.HasAsync(("A", "east", 10), ("A", "store-1", 4));
        await world.Tower.Database.ExecuteAsync("""
            update stock set safety = 1 where location = 'store-1';
            insert into channel_rule (connection_id, buffer, changed_by) values ('market', 2, 'test');
            insert into channel_rule (sku, location, connection_id, excluded, changed_by) values ('A', 'store-1', 'market', true, 'test');
            """);
        using var shop = await world.ProgramAsync();
        var day = DateOnly.FromDateTime(TimeProvider.System.GetUtcNow().UtcDateTime);
        var supply = new
        {
            source = "erp",
            items = new[]
            {
                new { document = "PO-1", sku = "A", location = "east", dueOn = day.AddDays(2), quantity = 5 }, new { document = "PO-2", sku = "A", location = "east", dueOn = day.AddDays(9), quantity = 7 },
                new { document = "PO-0", sku = "A", location = "east", dueOn = day.AddDays(-1), quantity = 90 },
            },
        };
        Assert.Equal(200, (await SendAsync(shop, HttpMethod.Put, "/api/v1/supply", supply)).Status);
        Assert.Equal(200, (await SendAsync(shop, HttpMethod.Put, "/api/v1/supply", supply)).Status);

        var (_, web) = await SendAsync(shop, HttpMethod.Get, "/api/v1/availability?channel=web&sku=A&sku=NONE");
        Assert.Equal(13, web.GetProperty("items")[0].GetProperty("available").GetInt64());
        Assert.False(web.GetProperty("items")[1].GetProperty("known").GetBoolean());
        var east = web.GetProperty("items")[0].GetProperty("locations")[0];
        Assert.Equal([15, 22], east.GetProperty("future").EnumerateArray().Select(f => f.GetProperty("promisable").GetInt64()));
        var (_, market) = await SendAsync(shop, HttpMethod.Get, "/api/v1/availability?channel=market&sku=A");
        Assert.Equal([8, 0], market.GetProperty("items")[0].GetProperty("locations").EnumerateArray().Select(p => p.GetProperty("available").GetInt32()));

        Assert.Equal(200, (await SendAsync(shop, HttpMethod.Put, "/api/v1/supply", new { source = "erp", items = Array.Empty<object>() })).Status);
        Assert.Equal(0, await world.Tower.Database.ScalarAsync<long>("select count(*) from stock_incoming"));
    }

    [Fact]
    public async Task What_is_kept_from_a_channel_is_not_promised_to_it_and_what_is_owed_is_served_first()
    {
        await using var world = await StartAsync();
        await world.HasAsync(("A", "east", 10), ("A", "store-1", 4), ("OWED", "east", 0), ("HALF", "east", 4));
        await world.Tower.Database.ExecuteAsync("""
            insert into channel_rule (sku, location, connection_id, excluded, changed_by) values ('A', 'store-1', 'market', true, 'test'), ('NEW', 'east', 'market', true, 'test');
            insert into channel_rule (sku, connection_id, buffer, buffer_percent, changed_by) values ('HALF', 'market', 1, 50, 'test');
            update stock set on_hand = -3 where sku = 'OWED';
            """);
        using var shop = await world.ProgramAsync();
        var on = DateOnly.FromDateTime(TimeProvider.System.GetUtcNow().UtcDateTime).AddDays(3);
        object Comes(string sku, string location, int quantity, int days = 0) => new { document = "PO-1", sku, location, dueOn = on.AddDays(days), quantity };
        Assert.Equal(200, (await SendAsync(shop, HttpMethod.Put, "/api/v1/supply", new
        {
            source = "erp",
            items = new[] { Comes("A", "store-1", 50), Comes("NEW", "east", 50), Comes("OWED", "east", 2), Comes("OWED", "east", 3, days: 1), Comes("HALF", "east", 3) },
        })).Status);

        Assert.Equal("east: 10 []; store-1: 0 []", await PlacesAsync("market", "A"));
        Assert.Equal("east: 10 []; store-1: 4 [54]", await PlacesAsync("web", "A"));
        Assert.Equal("east: 0 []", await PlacesAsync("market", "NEW"));
        Assert.Equal("east: 0 [0, 2]", await PlacesAsync("market", "OWED"));
        // Of seven then, one and half of them are kept.
        Assert.Equal("east: 1 [2]", await PlacesAsync("market", "HALF"));

        async Task<string> PlacesAsync(string channel, string sku)
        {
            var (_, answer) = await SendAsync(shop, HttpMethod.Get, $"/api/v1/availability?channel={channel}&sku={sku}");
            return string.Join("; ", answer.GetProperty("items")[0].GetProperty("locations").EnumerateArray().Select(p =>
                $"{p.GetProperty("location").GetString()}: {p.GetProperty("available").GetInt32()} [{string.Join(", ", p.GetProperty("future").EnumerateArray().Select(f => f.GetProperty("promisable").GetInt64()))}]"));
        }
    }

    [Fact]
    public async Task Counts_and_supply_of_a_sku_that_nobody_knows_are_refused_by_name_once_there_is_a_catalogue()
    {
        await using var world = await StartAsync();
        await world.HasAsync(("OLD", "east", 1));
        using var shop = await world.ProgramAsync(scopes: [Scopes.StockWrite, Scopes.SupplyWrite]);
        await world.Tower.Database.ExecuteAsync(
            "insert into catalog_item (connection_id, item, title, sku, active, changed_at) values ('web', '1', 'Tee', 'TEE', true, now()), ('web', '2', 'Gone', 'GONE', true, now()); update catalog_item set gone_at = now() where item = '2'");
        var now = TimeProvider.System.GetUtcNow();
        // The last letter is a Cyrillic one.
        string[] skus = ["OLD", "TEE", "TE\u0415", "GONE"];
        var counted = await SendAsync(shop, HttpMethod.Post, "/api/v1/stock-snapshots", new { source = "erp", asOf = now, items = skus.Select(s => new { sku = s, location = "east", onHand = 5 }) });
        Assert.Equal("/items/2/sku unknown-sku, /items/3/sku unknown-sku", Faults(counted.Body));
        var coming = await SendAsync(
            shop, HttpMethod.Put, "/api/v1/supply",
            new { source = "erp", items = skus.Select(s => new { document = "PO-1", sku = s, location = "east", dueOn = DateOnly.FromDateTime(now.UtcDateTime), quantity = 5 }) });
        Assert.Equal("/items/2/sku unknown-sku, /items/3/sku unknown-sku", Faults(coming.Body));
        Assert.Equal(0, await world.Tower.Database.ScalarAsync<long>("select count(*) from stock where sku like 'TE%'"));
        Assert.Equal(200, (await SendAsync(shop, HttpMethod.Post, "/api/v1/stock-snapshots", new { source = "erp", asOf = now, items = skus.Take(2).Select(s => new { sku = s, location = "east", onHand = 5 }) })).Status);
    }

    [Fact]
    public async Task While_nothing_changes_the_answer_is_not_sent_again()
    {
        await using var world = await StartAsync();
        await world.HasAsync(("A", "east", 10));
        using var shop = await world.ProgramAsync();
        using var first = await shop.GetAsync("/api/v1/availability?sku=A");
        async Task<HttpStatusCode> AgainAsync()
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/api/v1/availability?sku=A");
            request.Headers.IfNoneMatch.Add(first.Headers.ETag!);
            using var answer = await shop.SendAsync(request);
            return answer.StatusCode;
        }

        Assert.Equal(HttpStatusCode.NotModified, await AgainAsync());
        await world.HasAsync(("A", "east", 9));
        // Within a second, by the promise of the cache.
        await Wait.ForAsync(async () => await AgainAsync() is HttpStatusCode.OK);
        Assert.Equal(HttpStatusCode.OK, await AgainAsync());
    }

    [Theory]
    [InlineData("/api/v1/availability", "?sku count")]
    [InlineData("/api/v1/availability?sku=", "?sku bad-sku")]
    [InlineData("/api/v1/availability?sku=A&chanel=web", "?chanel unknown-parameter")]
    [InlineData("/api/v1/availability?sku=A&channel=nobody", "?channel unknown-channel")]
    [InlineData("/api/v1/availability?sku=A&channel=web&channel=market", "?channel given-twice")]
    [InlineData("/api/v1/availability?sku=A%00", "?sku bad-sku")]
    public async Task A_slip_is_told_with_its_parameter(string path, string faults)
    {
        await using var world = await StartAsync();
        using var shop = await world.ProgramAsync();
        var (status, problem) = await SendAsync(shop, HttpMethod.Get, path);
        Assert.Equal((400, faults), (status, Faults(problem)));
    }

    [Fact]
    public async Task A_program_of_one_channel_is_told_nothing_of_another()
    {
        await using var world = await StartAsync();
        using var shop = await world.ProgramAsync("market only", null, "market");
        Assert.Equal("?channel channel-not-yours", Faults((await SendAsync(shop, HttpMethod.Get, "/api/v1/availability?sku=A&channel=web")).Body));
        Assert.Equal("?channel channel-needed", Faults((await SendAsync(shop, HttpMethod.Get, "/api/v1/availability?sku=A")).Body));
        Assert.Equal(200, (await SendAsync(shop, HttpMethod.Get, "/api/v1/availability?sku=A&channel=market")).Status);
        Assert.Equal("?channel channel-not-yours", Faults((await SendAsync(shop, HttpMethod.Get, "/api/v1/availability?sku=A&channel=no-such-shop")).Body));
        Assert.Equal(403, (await SendAsync(shop, HttpMethod.Put, "/api/v1/supply", new { source = "erp", items = Array.Empty<object>() })).Status);
        Assert.Equal(1, await world.Tower.Database.ScalarAsync<long>("select count(*) from audit where action = 'api:channel:all'"));
        var (_, problem) = await SendAsync(shop, HttpMethod.Post, "/api/v1/reservations", new { kind = "cart", channel = "web", reference = "r", lines = new[] { new { sku = "A", quantity = 1 } } }, "k");
        Assert.Equal("/channel channel-not-yours", Faults(problem));
    }

    [Fact]
    public async Task Supply_with_faults_changes_nothing()
    {
        await using var world = await StartAsync();
        using var shop = await world.ProgramAsync();
        object Item(string location, int quantity) => new { document = "PO", sku = "A", location, dueOn = "2031-01-01", quantity };
        Assert.Equal(200, (await SendAsync(shop, HttpMethod.Put, "/api/v1/supply", new { source = "erp", items = new[] { Item("east", 4) } })).Status);
        var (_, problem) = await SendAsync(shop, HttpMethod.Put, "/api/v1/supply", new { source = "erp", items = new[] { Item("east", 0), Item("east", 5) } });
        Assert.Equal("/items/0/quantity bad-quantity, /items/1 given-twice", Faults(problem));
        var (_, unknown) = await SendAsync(shop, HttpMethod.Put, "/api/v1/supply", new { source = "erp", items = new[] { Item("nowhere", 5) } });
        Assert.Equal("/items/0/location unknown-location", Faults(unknown));
        Assert.Equal(4, await world.Tower.Database.ScalarAsync<int>("select quantity from stock_incoming"));
    }

    [Fact]
    public async Task A_snapshot_is_taken_once_and_its_faults_are_told()
    {
        await using var world = await StartAsync();
        await world.HasAsync(("A", "east", 10));
        using var erp = await world.ProgramAsync("erp", [Scopes.StockWrite]);
        var asOf = await world.Tower.Database.ScalarAsync<DateTime>("select now()");
        object Snapshot(DateTime at, params object[] items) => new { source = "bc", asOf = new DateTimeOffset(at, TimeSpan.Zero), items };
        object Count(string location, int onHand) => new { sku = "A", location, onHand };
        var first = await SendAsync(erp, HttpMethod.Post, "/api/v1/stock-snapshots", Snapshot(asOf, Count("east", 7)));
        Assert.Equal((200, 1), (first.Status, first.Body.GetProperty("taken").GetInt32()));
        var again = await SendAsync(erp, HttpMethod.Post, "/api/v1/stock-snapshots", Snapshot(asOf, Count("east", 7)));
        Assert.Equal("older", again.Body.GetProperty("left")[0].GetProperty("why").GetString());
        async Task<string> FaultsAsync(object body) => Faults((await SendAsync(erp, HttpMethod.Post, "/api/v1/stock-snapshots", body)).Body);
        Assert.Equal("/items/0/onHand bad-quantity", await FaultsAsync(Snapshot(asOf, Count("east", -1))));
        Assert.Equal("/items/1 given-twice", await FaultsAsync(Snapshot(asOf, Count("east", 1), Count("east", 2))));
        Assert.Equal("/items/0 unreadable", await FaultsAsync("""{"source":"bc","asOf":"2026-11-01T00:00:00Z","items":[null]}""".Replace("2026-11-01T00:00:00Z", asOf.ToString("O"), StringComparison.Ordinal)));
        Assert.Equal("/asOf bad-time", await FaultsAsync(Snapshot(asOf.AddHours(1), Count("east", 1))));
        Assert.Equal("/items/0/location unknown-location", await FaultsAsync(Snapshot(asOf.AddSeconds(1), Count("moon", 1))));
        Assert.Equal(7, await world.Tower.Database.ScalarAsync<int>("select on_hand from stock"));
    }
}
