using System.Text.Json;
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
        Assert.Equal("window", (await DiscountEstate.ShownAsync(client, terms with { EndsAt = terms.EndsAt!.Value.AddHours(1) })).Differs);
        await DiscountEstate.StandsAsync(client, terms with { Items = items[..2], Value = value / 2 });
        await DiscountEstate.IsOffAsync(client, terms);
        await DiscountEstate.StandsAsync(client, terms);
        await DiscountEstate.IsOffAsync(client, terms);
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
                Assert.Equal([], SquareSchema.Answer(request.Method.Method, path, JsonDocument.Parse(await answer.Content.ReadAsByteArrayAsync(cancel)).RootElement));
            }

            return answer;
        }
    }

    private static IVendorClient Client(EstateDriver estate, HttpClient http) => new SquareConnector().Connect(CatalogEstate.Profile(estate, "square-eu", "square", "EUR"), http, TimeProvider.System);
}
