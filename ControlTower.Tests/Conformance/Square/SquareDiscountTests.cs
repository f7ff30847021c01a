using System.Text.Json;
using System.Text.Json.Nodes;
using ControlTower.Data.Canonical;
using ControlTower.Sync.Connectors;
using ControlTower.Sync.Connectors.Square;
using Xunit;

namespace ControlTower.Tests.Conformance.Square;

/// <summary>Reductions at tills through the connector, against the estate: what stands is what was asked for, and tills take it off.</summary>
public sealed class SquareDiscountTests
{
    public static TheoryData<DiscountKind, decimal, int, int> Kinds { get; } = new() { { DiscountKind.Percent, 30m, 0, 0 }, { DiscountKind.Percent, 12.5m, 0, 0 }, { DiscountKind.Amount, 2.5m, 0, 0 }, { DiscountKind.BuyXGetY, 100m, 2, 1 }, { DiscountKind.BuyXGetY, 50m, 1, 1 } };

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_reduction_stands_as_asked_is_changed_taken_off_and_set_on_again(DiscountKind kind, decimal value, int buy, int get)
    {
        await using var estate = await EstateDriver.StartAsync(o => o with { Tills = 2, TowerUrl = "http://127.0.0.1:9" });
        using var http = new HttpClient(new HeldToSchema());
        var client = Client(estate, http);
        var pos = estate.App.Estate.Pos!;
        var items = pos.Account.Assortment(pos.Account.Stores[0]).Take(3).Select(pos.Account.Variation).ToArray();
        var terms = DiscountEstate.Terms(TimeProvider.System.GetUtcNow().AddHours(-1), items) with { Kind = kind, Value = value, Buy = buy, Get = get };
        Assert.Null((await DiscountEstate.ShownAsync(client, terms)).Id);
        await DiscountEstate.StandsAsync(client, terms);
        await DiscountEstate.StandsAsync(client, terms);
        Assert.Equal("items", (await DiscountEstate.ShownAsync(client, terms with { Items = items[..2] })).Differs);
        Assert.Equal("value", (await DiscountEstate.ShownAsync(client, terms with { Value = value / 2 })).Differs);
        Assert.Equal("window", (await DiscountEstate.ShownAsync(client, terms with { WallEnds = terms.WallEnds!.Value.AddHours(1) })).Differs);
        // Stores in another zone move the instants, not what their clocks show.
        Assert.Null((await DiscountEstate.ShownAsync(client, terms with { StartsAt = terms.StartsAt.AddHours(-6), EndsAt = terms.EndsAt!.Value.AddHours(1) })).Differs);
        await DiscountEstate.StandsAsync(client, terms with { Items = items[..2], Value = value / 2 });
        await DiscountEstate.IsOffAsync(client, terms);
        await DiscountEstate.StandsAsync(client, terms);
        await DiscountEstate.IsOffAsync(client, terms);
        Assert.Null((await DiscountEstate.ShownAsync(client, terms)).Id);
    }

    [Fact]
    public async Task Taken_off_nothing_of_it_is_left_and_what_somebody_put_in_its_place_stays()
    {
        await using var estate = await EstateDriver.StartAsync(o => o with { Tills = 1, TowerUrl = "http://127.0.0.1:9" });
        using var seen = new HeldToSchema();
        using var http = new HttpClient(seen);
        var client = Client(estate, http);
        var pos = estate.App.Estate.Pos!;
        var terms = DiscountEstate.Terms(TimeProvider.System.GetUtcNow().AddHours(-1), pos.Account.Variation(pos.Account.Articles[0])) with { Kind = DiscountKind.BuyXGetY, Value = 100m, Buy = 1, Get = 1 };
        await DiscountEstate.StandsAsync(client, terms);
        var made = seen.Answers["/v2/catalog/batch-upsert"].Items("objects");
        Assert.Equal(["DISCOUNT", "PRICING_RULE", "PRODUCT_SET", "PRODUCT_SET"], made.Select(o => o.Text("type")).Order(StringComparer.Ordinal));
        await DiscountEstate.IsOffAsync(client, terms);
        Assert.Equal(made.Select(o => o.Text("id")).Order(StringComparer.Ordinal), seen.Answers["/v2/catalog/batch-delete"].Items("deleted_object_ids").Select(i => i.Text()).Order(StringComparer.Ordinal));

        // Its rule now grants another discount, which somebody made.
        await DiscountEstate.StandsAsync(client, terms);
        var rule = JsonNode.Parse(seen.Answers["/v2/catalog/batch-upsert"].Items("objects").Single(o => o.Text("type") == "PRICING_RULE").GetRawText())!;
        rule["pricing_rule_data"]!["discount_id"] = "#theirs";
        var theirs = new JsonObject { ["type"] = "DISCOUNT", ["id"] = "#theirs", ["discount_data"] = new JsonObject { ["name"] = "Staff", ["discount_type"] = "FIXED_PERCENTAGE", ["percentage"] = "5" } };
        var profile = CatalogEstate.Profile(estate, "square-eu", "square", "EUR");
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri($"{profile.Settings["baseUrl"].TrimEnd('/')}/v2/catalog/batch-upsert"))
        {
            Content = new StringContent(new JsonObject { ["idempotency_key"] = "theirs", ["batches"] = new JsonArray(new JsonObject { ["objects"] = new JsonArray(theirs, rule) }) }.ToJsonString()),
            Headers = { { "Authorization", $"Bearer {profile.Secret("accessToken")}" } },
        };
        using var answer = await http.SendAsync(request);
        Assert.True(answer.IsSuccessStatusCode);
        Assert.Equal("value", (await DiscountEstate.ShownAsync(client, terms)).Differs);
        await DiscountEstate.IsOffAsync(client, terms);
        Assert.DoesNotContain(seen.Answers["/v2/catalog/batch-upsert"].Items("objects")[0].Text("id"), seen.Answers["/v2/catalog/batch-delete"].Items("deleted_object_ids").Select(i => i.Text()));
    }

    [Fact]
    public async Task A_group_is_matched_over_the_whole_cart_and_a_keyed_in_reduction_is_not_told_as_the_rule_s()
    {
        await using var estate = await EstateDriver.StartAsync(o => o with { Tills = 1, TowerUrl = "http://127.0.0.1:9" });
        using var http = new HttpClient(new HeldToSchema());
        var client = Client(estate, http);
        var pos = estate.App.Estate.Pos!;
        var store = pos.Account.Stores[0];
        var terms = DiscountEstate.Terms(TimeProvider.System.GetUtcNow().AddHours(-1), [.. pos.Account.Assortment(store).Select(pos.Account.Variation)]) with { Kind = DiscountKind.BuyXGetY, Value = 100m, Buy = 1, Get = 1 };
        await DiscountEstate.StandsAsync(client, terms);
        for (var sale = 0; sale < 12; sale++)
        {
            await pos.Tills.SellAsync(store, Simulator.Square.SaleKind.Card);
        }

        // Of each two pieces the cheaper is free, whatever lines they are on: half of the pieces, the odd one paid.
        var sales = (await estate.LedgerAsync("square-eu", "order-placed")).Select(s => s.Items("lines").SelectMany(l => Enumerable.Repeat(l.Amount("unitPrice")!.Value, (int)l.Amount("quantity")!.Value)).OrderDescending().ToList() is var pieces
            ? (Pieces: pieces, Paid: s.Items("lines").Sum(l => l.Amount("amount")!.Value)) : default).ToList();
        Assert.Contains(sales, s => s.Pieces.Distinct().Count() > 1);
        Assert.All(sales, s => Assert.Equal(s.Pieces.Where((_, at) => at % 2 == 0).Sum(), s.Paid));

        // A hundred pieces make no cart: the rule matches and takes nothing off.
        await DiscountEstate.StandsAsync(client, terms with { Buy = 50, Get = 50 });
        var id = await pos.Tills.SellAsync(store, Simulator.Square.SaleKind.Discounted);
        var profile = CatalogEstate.Profile(estate, "square-eu", "square", "EUR");
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri($"{profile.Settings["baseUrl"].TrimEnd('/')}/v2/orders/{id}")) { Headers = { { "Authorization", $"Bearer {profile.Secret("accessToken")}" } } };
        using var answer = await http.SendAsync(request);
        var discount = Assert.Single(JsonDocument.Parse(await answer.Content.ReadAsByteArrayAsync()).RootElement.Items("order", "discounts"));
        Assert.Equal(("Ten per cent off", "ORDER", null), (discount.Text("name"), discount.Text("scope"), discount.Text("catalog_object_id")));
    }

    [Fact]
    public async Task Tills_take_it_off_by_themselves_while_it_stands()
    {
        await using var estate = await EstateDriver.StartAsync(o => o with { Tills = 1, TowerUrl = "http://127.0.0.1:9" });
        using var http = new HttpClient(new HeldToSchema());
        var client = Client(estate, http);
        var pos = estate.App.Estate.Pos!;
        var store = pos.Account.Stores[0];
        var terms = DiscountEstate.Terms(TimeProvider.System.GetUtcNow().AddHours(-1), [.. pos.Account.Assortment(store).Select(pos.Account.Variation)]);
        await pos.Tills.SellAsync(store, Simulator.Square.SaleKind.Card);
        await DiscountEstate.StandsAsync(client, terms);
        await pos.Tills.SellAsync(store, Simulator.Square.SaleKind.Card);
        await DiscountEstate.IsOffAsync(client, terms);
        await pos.Tills.SellAsync(store, Simulator.Square.SaleKind.Card);
        var sales = await estate.LedgerAsync("square-eu", "order-placed");
        Assert.Equal([false, true, false], sales.Select(s => s.Items("lines").All(l => l.Amount("amount") < l.Amount("unitPrice") * l.Amount("quantity"))));
    }

    [Fact]
    public async Task A_lost_answer_makes_no_second_one_and_somebody_s_change_is_seen()
    {
        await using var estate = await EstateDriver.StartAsync(o => o with { Tills = 1, TowerUrl = "http://127.0.0.1:9" });
        using var http = new HttpClient(new HeldToSchema());
        var client = Client(estate, http);
        var pos = estate.App.Estate.Pos!;
        var terms = DiscountEstate.Terms(TimeProvider.System.GetUtcNow().AddHours(-1), pos.Account.Variation(pos.Account.Articles[0]));
        await estate.FaultAsync("square-eu", new { kind = "lost-answer", count = 1, path = "batch-upsert" });
        Assert.IsType<Outcome.Unknown>(await PricingEstate.SendAsync(client, DiscountEstate.On(terms)));
        await DiscountEstate.StandsAsync(client, terms);
        Assert.Null((await DiscountEstate.ShownAsync(client, terms)).Differs);
    }

    [Fact]
    public async Task What_Square_cannot_do_is_refused_by_name_before_anything_is_asked()
    {
        var vendor = new FakeVendor(_ => throw new InvalidOperationException("Nothing is to be asked."));
        var client = SquareWorld.Client(vendor);
        var terms = DiscountEstate.Terms(NetworkFault.Now, "V1");
        Assert.Equal("no-codes", Assert.IsType<Outcome.Refused>(await client.SendAsync(DiscountEstate.On(terms with { Code = "SAVE" }), new FakeScope(), default)).Code);
        Assert.Equal("too-many-items", Assert.IsType<Outcome.Refused>(await client.SendAsync(DiscountEstate.On(terms with { Items = [.. Enumerable.Range(0, 501).Select(i => $"V{i}")] }), new FakeScope(), default)).Code);
    }

    /// <summary>Each request and each answer is one that the vendor's own description allows.</summary>
    private sealed class HeldToSchema() : DelegatingHandler(new SocketsHttpHandler())
    {
        /// <summary>The last one of each path.</summary>
        public Dictionary<string, JsonElement> Answers { get; } = new(StringComparer.Ordinal);

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancel)
        {
            var path = request.RequestUri!.AbsolutePath[request.RequestUri.AbsolutePath.IndexOf("/v2/", StringComparison.Ordinal)..];
            if (request.Content is { } body)
            {
                Assert.Equal([], SquareSchema.Request(request.Method.Method, path, request.RequestUri.Query, JsonDocument.Parse(await body.ReadAsByteArrayAsync(cancel)).RootElement));
            }

            var answer = await base.SendAsync(request, cancel);
            if (answer.IsSuccessStatusCode)
            {
                await answer.Content.LoadIntoBufferAsync(cancel);
                Answers[path] = JsonDocument.Parse(await answer.Content.ReadAsByteArrayAsync(cancel)).RootElement;
                Assert.Equal([], SquareSchema.Answer(request.Method.Method, path, Answers[path]));
            }

            return answer;
        }
    }

    private static IVendorClient Client(EstateDriver estate, HttpClient http) => new SquareConnector().Connect(CatalogEstate.Profile(estate, "square-eu", "square", "EUR"), http, TimeProvider.System);
}
