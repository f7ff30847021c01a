using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using ControlTower.Data.Canonical;
using ControlTower.Simulator;
using ControlTower.Simulator.Square;
using ControlTower.Sync.Connectors;
using ControlTower.Sync.Flows.OrderToCash;
using Xunit;

namespace ControlTower.Tests.Conformance.Square;

/// <summary>The estate's tills over real HTTP, held against the vendor's own description, and the connector that reads them.</summary>
public sealed class SquareEstateTests
{
    private static readonly SaleKind[] Kinds = Enum.GetValues<SaleKind>();

    private static Task<EstateDriver> StartAsync(string tower = "http://127.0.0.1:9", int stores = 12) =>
        EstateDriver.StartAsync(o => o with { Tills = stores, TowerUrl = tower, TimeFactor = 1000 });

    private static Tills Tills(EstateDriver estate) => estate.App.Estate.Pos!.Tills;

    private static ConnectionProfile Profile(EstateDriver estate)
    {
        var c = estate.Connection("square-eu");
        return new ConnectionProfile(
            "square-eu", "square", "Tills", "northlane", "EU", "EUR", "Europe/Berlin", "bc-eu",
            c.GetProperty("settings").Deserialize<Dictionary<string, string>>()!, c.GetProperty("secrets").Deserialize<Dictionary<string, string>>()!);
    }

    private static async Task SellAsync(EstateDriver estate, int rounds)
    {
        foreach (var store in estate.App.Estate.Pos!.Account.Stores)
        {
            for (var i = 0; i < rounds; i++)
            {
                foreach (var kind in Kinds)
                {
                    await Tills(estate).SellAsync(store, kind);
                }
            }
        }
    }

    private static async Task<(int Status, JsonElement Body)> AskAsync(EstateDriver estate, HttpMethod method, string path, object? body = null, string? token = null)
    {
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(method, $"{estate.Url}/square/eu{path}") { Content = body is null ? null : JsonContent.Create(body) };
        request.Headers.TryAddWithoutValidation("Authorization", $"Bearer {token ?? estate.Secret("square-eu", "accessToken")}");
        using var answer = await http.SendAsync(request);
        return ((int)answer.StatusCode, await answer.Content.ReadFromJsonAsync<JsonElement>());
    }

    private static async Task<List<FeedItem>> ReadAllAsync(IVendorClient client, string feed)
    {
        var (items, cursor) = (new List<FeedItem>(), (string?)null);
        FeedAnswer.Page page;
        do
        {
            page = Assert.IsType<FeedAnswer.Page>(await client.ReadAsync(new FeedRequest(feed, cursor, TimeProvider.System.GetUtcNow().AddHours(-1), TimeSpan.FromMinutes(10)), new FakeScope(), CancellationToken.None));
            items.AddRange(page.Items);
            cursor = page.Cursor;
        }
        while (page.More);

        return items;
    }

    [Fact]
    public async Task Every_answer_is_as_the_vendor_describes_it()
    {
        await using var estate = await StartAsync(stores: 3);
        await SellAsync(estate, 2);
        var account = estate.App.Estate.Pos!.Account;
        var (location, variation) = (account.Stores[0].LocationId, account.Variation(account.Assortment(account.Stores[0]).First()));
        var change = new { type = "ADJUSTMENT", adjustment = new { catalog_object_id = variation, location_id = location, from_state = "NONE", to_state = "IN_STOCK", quantity = "4", occurred_at = TimeProvider.System.GetUtcNow().ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", System.Globalization.CultureInfo.InvariantCulture) } };
        (HttpMethod, string, object?)[] calls =
        [
            (HttpMethod.Get, "/v2/locations", null),
            (HttpMethod.Post, "/v2/orders/search", new { location_ids = account.Stores.Select(s => s.LocationId), query = new { filter = new { date_time_filter = new { updated_at = new { start_at = "2026-01-01T00:00:00Z" } } }, sort = new { sort_field = "UPDATED_AT" } } }),
            (HttpMethod.Get, "/v2/payments?updated_at_begin_time=2026-01-01T00:00:00Z&sort_field=UPDATED_AT&sort_order=ASC&limit=100", null),
            (HttpMethod.Get, "/v2/refunds?updated_at_begin_time=2026-01-01T00:00:00Z&sort_field=UPDATED_AT&sort_order=ASC&limit=100", null),
            (HttpMethod.Post, "/v2/catalog/batch-retrieve", new { object_ids = new[] { variation } }),
            (HttpMethod.Post, "/v2/catalog/search", new { object_types = new[] { "ITEM_VARIATION" }, query = new { set_query = new { attribute_name = "sku", attribute_values = account.Articles.Take(3).Select(a => a.Sku) } } }),
            (HttpMethod.Post, "/v2/inventory/changes/batch-create", new { idempotency_key = "k1", changes = new[] { change } }),
            (HttpMethod.Post, "/v2/inventory/changes/batch-retrieve", new { catalog_object_ids = new[] { variation } }),
            (HttpMethod.Post, "/v2/inventory/counts/batch-retrieve", new { catalog_object_ids = new[] { variation }, location_ids = new[] { location } }),
            (HttpMethod.Post, "/v2/webhooks/subscriptions", new { idempotency_key = "k2", subscription = new { name = "t", enabled = true, event_types = new[] { "order.updated" }, notification_url = "http://127.0.0.1:9/x", api_version = "2025-08-20" } }),
            (HttpMethod.Get, "/v2/webhooks/subscriptions", null),
        ];
        foreach (var (method, path, body) in calls)
        {
            var parts = path.Split('?');
            Assert.Equal([], SquareSchema.Request(method.Method, parts[0], parts.ElementAtOrDefault(1) ?? "", body is null ? null : JsonSerializer.SerializeToElement(body)));
            var (status, answer) = await AskAsync(estate, method, path, body);
            Assert.True(status == 200, $"{path}: {answer}");
            Assert.Equal([], SquareSchema.Answer(method.Method, parts[0], answer));
            Assert.True(answer.EnumerateObject().Any(p => p.Value.ValueKind is JsonValueKind.Array && p.Value.GetArrayLength() > 0 || p.Value.ValueKind is JsonValueKind.Object), $"{path} is empty: {answer}");
        }
    }

    [Fact]
    public void The_schema_objects_to_what_the_vendor_does_not_say()
    {
        var order = JsonDocument.Parse("""{"id":"x","state":"SOLD","total":5,"line_items":[{"uid":"1"}],"version":"2"}""").RootElement;
        Assert.Equal(["$.location_id: is missing", "$.state: SOLD is none of the known values", "$.total: is not known", "$.line_items[0].quantity: is missing", "$.version: is no integer"], SquareSchema.Named("Order", order));
    }

    [Fact]
    public async Task Every_sale_reads_to_the_cent_of_the_tills_ledger_and_every_refund_and_exchange_finds_its_sale()
    {
        await using var estate = await StartAsync();
        await SellAsync(estate, 3);
        using var http = new HttpClient();
        var (connector, profile) = (new ControlTower.Sync.Connectors.Square.SquareConnector(), Profile(estate));
        Assert.Empty(connector.Check(profile));
        var client = connector.Connect(profile, http, TimeProvider.System);
        Assert.IsType<Outcome.Accepted>(await client.TestAsync(new FakeScope(), CancellationToken.None));
        var items = (await ReadAllAsync(client, "orders")).Concat(await ReadAllAsync(client, "refunds")).ToList();
        var told = items.Select(i => connector.Translate(new StoredMessage(1, i.Topic, i.EventId, DateTimeOffset.UnixEpoch, i.Body), profile)).ToList();
        var events = told.OfType<Translation.Events>().SelectMany(e => e.List).ToList();

        var sales = events.OfType<OrderStated>().ToDictionary(e => e.Statement.Key.Id, e => e.Statement, StringComparer.Ordinal);
        var placed = await estate.LedgerAsync("square-eu", "order-placed");
        Assert.Equal(placed.Count, sales.Count);
        Assert.All(placed, effect =>
        {
            var sale = sales[effect.GetProperty("id").GetString()!];
            Assert.Equal(effect.GetProperty("amount").GetDecimal(), sale.Totals.Total);
            var findings = Findings.Of(sale);
            Assert.Empty(findings.Faults);
            Assert.Equal((0m, 0m), (findings.TotalDifference, findings.TaxDifference));
            Assert.StartsWith("POS-", sale.PickupLocation, StringComparison.Ordinal);
        });
        var refunded = await estate.LedgerAsync("square-eu", "order-refunded");
        Assert.NotEmpty(refunded);
        Assert.Equal(
            refunded.Select(r => (r.GetProperty("follows").GetString()!, r.GetProperty("amount").GetDecimal())).Order(),
            events.OfType<RefundRecorded>().Select(r => (r.Key.Id, r.Amount.Amount)).Order());
        Assert.Equal(refunded.Count, events.OfType<ReturnStated>().Count(r => r.AtTill && r.Lines.Sum(l => l.Worth) > 0m));
        var blind = await estate.LedgerAsync("square-eu", "goods-returned-blind");
        var waiting = told.OfType<Translation.Unreadable>().ToList();
        Assert.NotEmpty(blind);
        Assert.Equal(blind.Count * 2, waiting.Count);
        Assert.All(waiting, w => Assert.Contains("blind", w.Code, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_store_without_a_line_is_heard_of_late_and_whole()
    {
        await using var estate = await StartAsync(stores: 1);
        var store = estate.App.Estate.Pos!.Account.Stores[0];
        Tills(estate).Cut(store);
        await Tills(estate).SellAsync(store, SaleKind.Cash);
        await Tills(estate).SellAsync(store, SaleKind.Split);
        var client = new ControlTower.Sync.Connectors.Square.SquareConnector().Connect(Profile(estate), new HttpClient(), TimeProvider.System);
        Assert.Empty(await ReadAllAsync(client, "orders"));
        Assert.Equal(2, await Tills(estate).ReconnectAsync(store));
        Assert.Equal(2, (await ReadAllAsync(client, "orders")).Count);
    }

    [Fact]
    public async Task Webhooks_are_signed_over_their_address_are_thin_and_are_as_the_vendor_describes_them()
    {
        await using var estate = await StartAsync(stores: 1);
        await using var sink = new HookSink();
        var url = $"{sink.Url}/ingress/square-eu/events";
        string[] types = ["order.created", "order.updated", "payment.created", "refund.created", "inventory.count.updated"];
        await AskAsync(estate, HttpMethod.Post, "/v2/webhooks/subscriptions", new { subscription = new { enabled = true, event_types = types, notification_url = url } });
        var store = estate.App.Estate.Pos!.Account.Stores[0];
        await Tills(estate).SellAsync(store, SaleKind.Card);
        await Tills(estate).SellAsync(store, SaleKind.Refund);
        await Wait.ForAsync(() => types.All(t => sink.Received.Any(r => Encoding.UTF8.GetString(r.Body).Contains($"\"{t}\"", StringComparison.Ordinal))));
        var profile = Profile(estate) with { Settings = new Dictionary<string, string> { ["notificationUrl"] = url } };
        foreach (var (_, headers, body) in sink.Received)
        {
            Assert.Equal([], SquareSchema.Webhook(JsonDocument.Parse(body).RootElement));
            Assert.IsType<Receipt.Authentic>(new ControlTower.Sync.Connectors.Square.SquareConnector().Receive(new RawRequest("events", headers, new Dictionary<string, string>(), body), profile, DateTimeOffset.UnixEpoch));
        }
    }

    [Fact]
    public async Task A_sale_is_paid_back_once_in_the_tills_ledger_however_often_it_is_asked_for()
    {
        await using var estate = await StartAsync(stores: 1);
        var sale = await Tills(estate).SellAsync(estate.App.Estate.Pos!.Account.Stores[0], SaleKind.Split);
        using var http = new HttpClient();
        var client = new ControlTower.Sync.Connectors.Square.SquareConnector().Connect(Profile(estate), http, TimeProvider.System);
        var order = JsonDocument.Parse((await ReadAllAsync(client, "orders")).Single().Body).RootElement.GetProperty("order");
        var (whole, key) = (order.GetProperty("total_money").GetProperty("amount").GetInt64() / 100m, new OrderKey("square-eu", sale));
        var pay = new RefundPayment(PostingKey.Derive("B", key, "sale", "refund"), key, new Money(whole - 0.01m, "EUR"), []);
        Assert.IsType<LookUp.Absent>(await client.LookUpAsync(pay, new FakeScope(), default));
        Assert.IsType<Outcome.Accepted>(await client.SendAsync(pay, new FakeScope(), default));
        Assert.IsType<Outcome.Accepted>(await client.SendAsync(pay, new FakeScope(), default));
        Assert.IsType<LookUp.Found>(await client.LookUpAsync(pay, new FakeScope(), default));
        var more = pay with { Key = PostingKey.Derive("B", key, "sale", "other"), Amount = new Money(0.02m, "EUR") };
        Assert.IsType<Outcome.Refused>(await client.SendAsync(more, new FakeScope(), default));

        var refunds = await ReadAllAsync(client, "refunds");
        Assert.Equal(2, refunds.Count);
        var told = refunds.Select(r => Assert.IsType<RefundRecorded>(Assert.Single(Assert.IsType<Translation.Events>(
            new ControlTower.Sync.Connectors.Square.SquareConnector().Translate(new StoredMessage(1, r.Topic, r.EventId, TimeProvider.System.GetUtcNow(), r.Body), Profile(estate))).List))).ToList();
        Assert.All(told, r => Assert.Equal((key, pay.Key), (r.Key, r.Echo)));
        Assert.Equal(pay.Amount.Amount, told.Sum(r => r.Amount.Amount));
        foreach (var refund in refunds)
        {
            var (_, answer) = await AskAsync(estate, HttpMethod.Get, $"/v2/refunds/{JsonDocument.Parse(refund.Body).RootElement.GetProperty("refund").GetProperty("id").GetString()}");
            Assert.Equal([], SquareSchema.Answer("GET", "/v2/refunds/{refund_id}", answer));
        }
    }

    [Fact]
    public async Task A_repeated_stock_change_counts_once_and_the_same_key_with_other_contents_is_refused()
    {
        await using var estate = await StartAsync(stores: 1);
        var account = estate.App.Estate.Pos!.Account;
        var article = account.Assortment(account.Stores[0]).First();
        var client = new ControlTower.Sync.Connectors.Square.SquareConnector().Connect(Profile(estate), new HttpClient(), TimeProvider.System);
        var change = new ChangeStock(SquareWorld.Posting, [new StockChange(article.Sku, account.Stores[0].Code, -3)], TimeProvider.System.GetUtcNow());
        Assert.IsType<LookUp.Absent>(await client.LookUpAsync(change, new FakeScope(), CancellationToken.None));
        Assert.IsType<Outcome.Accepted>(await client.SendAsync(change, new FakeScope(), CancellationToken.None));
        Assert.IsType<Outcome.Accepted>(await client.SendAsync(change, new FakeScope(), CancellationToken.None));
        Assert.IsType<LookUp.Found>(await client.LookUpAsync(change, new FakeScope(), CancellationToken.None));
        var other = change with { Changes = [change.Changes[0] with { Delta = -4 }] };
        Assert.Equal(FailureKind.Duplicate, Assert.IsType<Outcome.Refused>(await client.SendAsync(other, new FakeScope(), CancellationToken.None)).Kind);
        var (_, counts) = await AskAsync(estate, HttpMethod.Post, "/v2/inventory/counts/batch-retrieve", new { catalog_object_ids = new[] { account.Variation(article) } });
        Assert.Equal("17", counts.GetProperty("counts")[0].GetProperty("quantity").GetString());
        var levels = Assert.IsType<LevelsAnswer.Levels>(await client.LevelsAsync([new(article.Sku, account.Stores[0].Code), new("NOWHERE", account.Stores[0].Code)], new FakeScope(), CancellationToken.None)).List;
        Assert.Equal([new StockLevel(article.Sku, account.Stores[0].Code, 17, account.Variation(article)), new StockLevel("NOWHERE", account.Stores[0].Code, null, null)], levels);
        var late = change with { Key = PostingKey.Derive("B", new OrderKey("tills", "late"), "stock", "change"), At = change.At.AddHours(-25) };
        Assert.Equal("INVALID_TIME", Assert.IsType<Outcome.Refused>(await client.SendAsync(late, new FakeScope(), CancellationToken.None)).Code);
    }

    [Fact]
    public async Task Whoever_has_no_token_and_whoever_asks_too_often_is_told_so_in_the_vendors_words()
    {
        await using var estate = await EstateDriver.StartAsync(o => o with { Tills = 1, TowerUrl = "http://127.0.0.1:9" });
        var (status, body) = await AskAsync(estate, HttpMethod.Get, "/v2/locations", token: "nobody");
        Assert.Equal((401, "AUTHENTICATION_ERROR"), (status, body.GetProperty("errors")[0].GetProperty("category").GetString()));
        Assert.Empty(SquareSchema.Named("Error", body.GetProperty("errors")[0]));
        await estate.FaultAsync("square-eu", new { kind = "throttle", seconds = 3, count = 1 });
        (status, body) = await AskAsync(estate, HttpMethod.Get, "/v2/locations");
        Assert.Equal((429, "RATE_LIMITED"), (status, body.GetProperty("errors")[0].GetProperty("code").GetString()));
    }
}
