using ControlTower.Data.Canonical;
using ControlTower.Simulator;
using ControlTower.Simulator.Shopify;
using ControlTower.Simulator.Traffic;
using ControlTower.Sync.Connectors;
using ControlTower.Sync.Connectors.Shopify;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace ControlTower.Tests.Conformance.Shopify;

/// <summary>Returns that buyers of the estate ask for, and the connector that reads and closes them.</summary>
public sealed class EstateReturnTests
{
    [Fact]
    public async Task A_return_is_read_as_the_shop_keeps_it_and_closed_once_and_agreed_to_there_before()
    {
        await using var estate = await EstateDriver.StartAsync();
        var shop = estate.App.Estate.Shops[0];
        var profile = Profile(estate, shop);
        using var http = new HttpClient();
        var client = new ShopifyConnector().Connect(profile, http, TimeProvider.System);
        var order = await ShippedAsync(shop, new Wishes { Lines = 2, Quantity = 2 });
        var asked = await shop.RequestReturnAsync(order.Id, "SIZE_TOO_SMALL");
        var key = new OrderKey(profile.Id, asked.Id.ToString(System.Globalization.CultureInfo.InvariantCulture));

        var wish = Assert.Single((await ReadAsync(client, profile, asked.Id)).OfType<ReturnStated>());
        Assert.Equal((key, order.Id.ToString(System.Globalization.CultureInfo.InvariantCulture), false), (wish.Key, wish.Of.Id, wish.Approved));
        Assert.Equal(new ReturnedLine(asked.LineId.ToString(System.Globalization.CultureInfo.InvariantCulture), 1, ReturnReasons.Size), Assert.Single(wish.Lines));
        var close = new CloseReturn(PostingKey.Derive("B", key, "R1", "return-close"), wish.Of, key.Id);
        Assert.IsType<LookUp.Absent>(await client.LookUpAsync(close, new FakeScope(), default));

        // Nobody agreed to it in the shop: the tower did, and says so there before it ends it.
        Assert.IsType<Outcome.Accepted>(await client.SendAsync(close, new FakeScope(), default));
        Assert.IsType<Outcome.Accepted>(await client.SendAsync(close, new FakeScope(), default));
        Assert.IsType<LookUp.Found>(await client.LookUpAsync(close, new FakeScope(), default));
        var read = await ReadAsync(client, profile, asked.Id);
        Assert.Single(read.OfType<ReturnApproved>());
        Assert.Single(read.OfType<ReturnClosed>());
    }

    [Fact]
    public async Task A_share_of_the_buyers_asks_once_their_order_was_shipped_and_the_shop_agrees_to_most()
    {
        var clock = new FakeTimeProvider(NetworkFault.Now);
        await using var estate = new Estate(new EstateOptions { Seed = 5, Clock = clock, AfterthoughtShare = 0, ReturnShare = 0.5 }, CancellationToken.None);
        var shop = estate.Shops[0];
        var told = new List<string>();
        shop.Outbound = (_, topic, body) =>
        {
            if (topic.StartsWith("returns/", StringComparison.Ordinal))
            {
                Assert.Equal((string?)body["status"], topic == "returns/request" ? "requested" : "open");
                told.Add(topic);
            }
        };
        var orders = new List<ShopOrder>();
        for (var i = 0; i < 40; i++)
        {
            orders.Add(await estate.Traffic.PlaceAsync(shop, new Wishes()));
        }

        clock.Advance(TimeSpan.FromMinutes(2));
        await estate.Traffic.RoundAsync();
        Assert.Empty(told);
        foreach (var order in orders)
        {
            await shop.FulfilAsync(order.FulfillmentOrderId, null, "DHL", "JD1", null);
        }

        clock.Advance(TimeSpan.FromSeconds(11));
        await estate.Traffic.RoundAsync();
        clock.Advance(TimeSpan.FromSeconds(16));
        await estate.Traffic.RoundAsync();
        var (asked, agreed) = (told.Count(t => t == "returns/request"), told.Count(t => t == "returns/approve"));
        Assert.InRange(asked, 10, 30);
        Assert.InRange(agreed, asked / 2, asked - 1);
    }

    private static async Task<ShopOrder> ShippedAsync(Shop shop, Wishes wishes)
    {
        var order = await shop.PlaceAsync(wishes);
        return (await shop.FulfilAsync(order.FulfillmentOrderId, null, "DHL", "JD1", null)).Order;
    }

    private static async Task<IReadOnlyList<CanonicalEvent>> ReadAsync(IVendorClient client, ConnectionProfile profile, long id)
    {
        var item = Assert.Single(Assert.IsType<FeedAnswer.Page>(await client.ReadAsync(new FeedRequest("orders", null, default, TimeSpan.Zero, $"return/{id}"), new FakeScope(), default)).Items);
        return Assert.IsType<Translation.Events>(new ShopifyConnector().Translate(new StoredMessage(1, item.Topic, item.EventId, NetworkFault.Now, item.Body), profile)).List;
    }

    private static ConnectionProfile Profile(EstateDriver estate, Shop shop) => ShopifyWorld.Profile with
    {
        Id = shop.Market.SystemId,
        Settings = estate.Connection(shop.Market.SystemId).GetProperty("settings").EnumerateObject().ToDictionary(s => s.Name, s => s.Value.GetString()!, StringComparer.Ordinal),
        Secrets = estate.Connection(shop.Market.SystemId).GetProperty("secrets").EnumerateObject().ToDictionary(s => s.Name, s => s.Value.GetString()!, StringComparer.Ordinal),
    };
}
