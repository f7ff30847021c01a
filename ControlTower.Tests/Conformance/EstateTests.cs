using System.Net.Http.Json;
using System.Text.Json;
using ControlTower.Data.Canonical;
using ControlTower.Simulator;
using ControlTower.Sync.Connectors;
using ControlTower.Sync.Flows;
using ControlTower.Tests.Sync.Flows.ReturnToRefund;
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

    [Fact]
    public async Task What_came_back_is_credited_and_refunded_to_the_coin_in_every_market_and_once()
    {
        await using var estate = await EstateApp.StartAsync(new EstateOptions { TrafficRunning = false, ClerkRunning = false, AfterthoughtShare = 0, Seed = 12, TimeFactor = 100 }, TestContext.Current.CancellationToken);
        using var http = new HttpClient();
        var profiles = await ProfilesAsync(http, estate.BaseUrl);
        foreach (var shop in profiles.Values.Where(p => p.Kind == "shopify"))
        {
            (await http.PostAsJsonAsync($"{estate.BaseUrl}/estate/orders", new { shop = shop.Id, count = 6 })).EnsureSuccessStatusCode();
            foreach (var order in await OrdersAsync(Client(shop, http), shop))
            {
                var (channel, books) = (Client(shop, http), Client(profiles[shop.PostsTo!], http));
                await CarryAsync(order, channel, books);
                // One piece of each line first, then all that is left.
                var left = order.Lines.ToDictionary(l => l.Id, l => l.Quantity, StringComparer.Ordinal);
                await ComesBackAsync(order, 1, left, _ => 1, channel, books);
                await ComesBackAsync(order, 2, left, pieces => pieces, channel, books);
                await EchoesAsync(order, channel, shop);
            }
        }
    }

    private static async Task ComesBackAsync(Order order, int ordinal, Dictionary<string, int> left, Func<int, int> pieces, IVendorClient shop, IVendorClient books)
    {
        var key = new OrderKey(order.Key.Source, $"tower-{order.Key.Id}-{ordinal}");
        var wish = order.Lines.Where(l => left[l.Id] > 0).Select(l => new ReturnedLine(l.Id, pieces(left[l.Id]), ReturnReasons.Size)).ToList();
        if (wish.Count == 0)
        {
            return;
        }

        var bench = new ReturnBench
        {
            Context = new FlowContext(order.PlacedAt, key, order.Brand, "erp", new FlowPolicy()),
            Order = new SoldOrder(
                1, order.Key, order.Name, order.Currency, order.TaxesIncluded, false, order.PlacedAt, order.Totals.Total, order.Totals.Total, "erp", Key(order, "sales-order"), true, ordinal - 1,
                [.. order.Lines.Select(l => new SoldLine(l.Id, l.Sku, l.Title, l.Quantity, left[l.Id], l.UnitPrice, l.Net, l.Taxes))]),
        };
        bench.Tell(new ReturnStated("start", key, order.Key, 1, wish, "store", "tina", true, false, order.PlacedAt));
        bench.Tell(new ReturnInspected("looked-at", key, "store", [.. wish.Select(w => new InspectedLine(w.OrderLineId, w.Quantity, GoodsCondition.Sound))], "tina", order.PlacedAt));
        wish.ForEach(w => left[w.OrderLineId] -= w.Quantity);

        var credit = bench.Asked.Single(a => a.Kind == DeliveryKind.PostCreditMemo);
        var credited = await DoAsync(books, new PostCreditMemo(credit.Key, credit.Arguments!.PostedAs!.Value, credit.Arguments.Credits!, order.PlacedAt));
        Assert.Equal(credit.Value.Amount, VendorText.Amount(credited.Facts!["total"]));
        var refund = bench.Asked.Single(a => a.Kind == DeliveryKind.RefundPayment);
        var pay = new RefundPayment(refund.Key, order.Key, refund.Value, refund.Arguments!.Credits!);
        var paid = await DoAsync(shop, pay);
        Assert.Equal(paid.Reference, Assert.IsType<Outcome.Accepted>(await shop.SendAsync(pay, new FakeScope(), CancellationToken.None)).Reference);
    }

    /// <summary>What the shop says of our refunds carries our keys, whether it is pushed or read.</summary>
    private static async Task EchoesAsync(Order order, IVendorClient client, ConnectionProfile shop)
    {
        var page = Assert.IsType<FeedAnswer.Page>(await client.ReadAsync(new FeedRequest("orders", null, default, TimeSpan.Zero, $"order/{order.Key.Id}"), new FakeScope(), CancellationToken.None));
        var told = Assert.IsType<Translation.Events>(Catalog.Of(shop.Kind).Translate(new StoredMessage(1, page.Items[0].Topic, page.Items[0].EventId, default, page.Items[0].Body), shop));
        var refunds = told.List.OfType<RefundRecorded>().ToList();
        Assert.NotEmpty(refunds);
        Assert.All(refunds, r => Assert.NotNull(r.Echo));
        Assert.Equal(order.Lines.Sum(l => l.Quantity), refunds.Sum(r => r.Lines.Sum(l => l.Quantity)));
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
