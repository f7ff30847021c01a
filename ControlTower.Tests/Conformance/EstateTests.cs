using System.Net.Http.Json;
using System.Text.Json;
using ControlTower.Data.Canonical;
using ControlTower.Simulator;
using ControlTower.Sync.Connectors;
using Xunit;

namespace ControlTower.Tests.Conformance;

/// <summary>The Shopify and Business Central connectors together with the simulated estate, over HTTP: an order from the shop's feed to a paid invoice.</summary>
public sealed class EstateTests
{
    private static readonly ConnectorCatalog Catalog = ConnectorCatalog.Standard();

    [Fact]
    public async Task Orders_of_every_shop_arrive_in_the_books_to_the_coin_and_are_paid()
    {
        await using var estate = await EstateApp.StartAsync(new EstateOptions { TrafficRunning = false, ClerkRunning = false, AfterthoughtShare = 0, Seed = 11, TimeFactor = 100 }, TestContext.Current.CancellationToken);
        using var http = new HttpClient();
        var profiles = await ProfilesAsync(http, estate.BaseUrl);
        foreach (var profile in profiles.Values)
        {
            Assert.Empty(Catalog.Of(profile.Kind).Check(profile));
            Assert.IsType<Outcome.Accepted>(await Client(profile, http).TestAsync(new FakeScope(), CancellationToken.None));
        }

        var books = profiles.Values.Where(p => p.Kind == "business-central").ToDictionary(p => p.Id, p => Client(p, http), StringComparer.Ordinal);
        foreach (var shop in profiles.Values.Where(p => p.Kind == "shopify"))
        {
            (await http.PostAsJsonAsync($"{estate.BaseUrl}/estate/orders", new { shop = shop.Id, count = 12 })).EnsureSuccessStatusCode();
            var orders = await OrdersAsync(Client(shop, http), shop);
            Assert.Equal(12, orders.Count);
            foreach (var order in orders)
            {
                await CarryAsync(order, Client(shop, http), books[shop.PostsTo!]);
            }
        }
    }

    private static async Task CarryAsync(Order order, IVendorClient shop, IVendorClient books)
    {
        var key = Key(order, "sales-order");
        var post = new PostSalesOrder(key, order, [.. order.Lines.Select(l => new Allocation(l.Id, l.Sku, order.PickupLocation ?? "EU-WEB", l.Quantity))]);
        var posted = await DoAsync(books, post);
        Assert.Equal(order.Totals.Total, VendorText.Amount(posted.Facts!["total"]));
        Assert.Equal(posted.Reference, Assert.IsType<Outcome.Accepted>(await books.SendAsync(post, new FakeScope(), CancellationToken.None)).Reference);

        await DoAsync(shop, new AcknowledgeOrder(Key(order, "ack"), order.Key, posted.Number!));
        var shipped = await DoAsync(books, new ShipSalesOrder(Key(order, "ship"), key, posted.Reference, order, order.PlacedAt));
        Assert.Equal(order.Totals.Total, VendorText.Amount(shipped.Facts!["total"]));

        var lines = order.Lines.GroupBy(l => l.Sku, StringComparer.Ordinal).Select(g => new ShipmentLine(g.Key, g.Sum(l => l.Quantity))).ToList();
        await DoAsync(shop, new FulfilOrder(Key(order, "fulfil"), order.Key, lines, new Tracking("DHL", $"T{order.Key.Id}", null)));
        await DoAsync(books, new PostPayment(Key(order, "payment"), key, shipped.Facts["invoiceId"], shipped.Facts["invoiceNumber"], order.Total, "card", order.PlacedAt));
    }

    /// <summary>Absent before, done once, found after.</summary>
    private static async Task<Outcome.Accepted> DoAsync(IVendorClient client, VendorCommand command)
    {
        Assert.IsType<LookUp.Absent>(await client.LookUpAsync(command, new FakeScope(), CancellationToken.None));
        var outcome = await client.SendAsync(command, new FakeScope(), CancellationToken.None);
        var accepted = outcome as Outcome.Accepted ?? throw new InvalidOperationException($"{command.GetType().Name}: {outcome}");
        var found = Assert.IsType<LookUp.Found>(await client.LookUpAsync(command, new FakeScope(), CancellationToken.None));
        Assert.Equal(accepted.Reference, found.As.Reference);
        return accepted;
    }

    private static async Task<List<Order>> OrdersAsync(IVendorClient client, ConnectionProfile shop)
    {
        var orders = new Dictionary<string, Order>(StringComparer.Ordinal);
        string? cursor = null;
        while (true)
        {
            var answer = await client.ReadAsync(new FeedRequest("orders", cursor, TimeProvider.System.GetUtcNow().AddHours(-1), TimeSpan.FromMinutes(5)), new FakeScope(), CancellationToken.None);
            var page = answer as FeedAnswer.Page ?? throw new InvalidOperationException($"{shop.Id}: {answer}");
            foreach (var item in page.Items)
            {
                var told = Assert.IsType<Translation.Events>(Catalog.Of(shop.Kind).Translate(new StoredMessage(1, item.Topic, item.EventId, default, item.Body), shop));
                var order = Assert.IsType<OrderStated>(told.List[0]).Statement;
                orders[order.Key.Id] = order;
            }

            cursor = page.Cursor;
            if (!page.More)
            {
                return [.. orders.Values];
            }
        }
    }

    private static async Task<Dictionary<string, ConnectionProfile>> ProfilesAsync(HttpClient http, string estate)
    {
        var list = await http.GetFromJsonAsync<JsonElement>($"{estate}/estate/connections");
        return list.Items("connections").Select(c => new ConnectionProfile(
            c.Text("id")!, c.Text("kind")!, c.Text("name")!, c.Text("brand") ?? "", c.Text("region"), c.Text("currency"), c.Text("timeZone") ?? "UTC", c.Text("postsTo"), Pairs(c, "settings"), Pairs(c, "secrets")))
            .ToDictionary(p => p.Id, StringComparer.Ordinal);
    }

    private static Dictionary<string, string> Pairs(JsonElement connection, string name)
        => connection.GetProperty(name).EnumerateObject().ToDictionary(m => m.Name, m => m.Value.ToString(), StringComparer.Ordinal);

    private static IVendorClient Client(ConnectionProfile profile, HttpClient http) => Catalog.Of(profile.Kind).Connect(profile, http, TimeProvider.System);

    private static PostingKey Key(Order order, string type) => PostingKey.Derive(order.Brand, order.Key, order.Name, type);
}
