using System.Text;
using ControlTower.Data.Canonical;
using ControlTower.Sync.Connectors;
using ControlTower.Sync.Connectors.Shopify;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace ControlTower.Tests.Conformance.Shopify;

/// <summary>What a shop says of returns and of the refunds that pay them, and which of our refunds count as paid.</summary>
public sealed class ShopifyReturnTests
{
    private static readonly DateTimeOffset At = new(2026, 11, 23, 12, 0, 0, TimeSpan.Zero);
    private static readonly RefundPayment Pay = new(ShopifyWorld.Key, ShopifyWorld.Order, new Money(30m, "EUR"), []);

    [Theory]
    [InlineData("SUCCESS", "30.00", true)]
    [InlineData("PENDING", "30.00", true)]
    [InlineData("FAILURE", "30.00", false)]
    [InlineData("SUCCESS", "29.99", false)]
    public async Task A_refund_of_ours_counts_as_paid_only_if_its_money_went_or_is_going(string status, string amount, bool paid)
    {
        var client = new ShopifyConnector().Connect(ShopifyWorld.Profile, ShopifyWorld.Answering(("Refundable", """
            {"order":{"id":"1","transactions":[],"refunds":[{"id":"gid://shopify/Refund/9","note":"NOTE","totalRefundedSet":{"shopMoney":{"amount":"30.00"}},
              "transactions":{"nodes":[{"status":"STATUS","amountSet":{"shopMoney":{"amount":"AMOUNT"}}}]}}]}}
            """.Replace("NOTE", RefundNote.Write(ShopifyWorld.Key), StringComparison.Ordinal).Replace("STATUS", status, StringComparison.Ordinal)
            .Replace("AMOUNT", amount, StringComparison.Ordinal))).Client(), new FakeTimeProvider(At));
        var outcome = await client.SendAsync(Pay, new FakeScope(), CancellationToken.None);
        var looked = await client.LookUpAsync(Pay, new FakeScope(), CancellationToken.None);
        if (paid)
        {
            Assert.Equal("9", Assert.IsType<Outcome.Accepted>(outcome).Number);
            Assert.IsType<LookUp.Found>(looked);
        }
        else
        {
            Assert.Equal("refund-failed", Assert.IsType<Outcome.Refused>(outcome).Code);
            Assert.IsType<LookUp.Absent>(looked);
        }
    }

    [Fact]
    public void A_pushed_refund_of_a_return_is_told_to_the_order_and_to_the_return_under_one_id()
    {
        var events = Events("refunds/create", Refund("200.50", ""));
        Assert.IsType<RefundRecorded>(events[0]);
        var told = Assert.IsType<ReturnRefunded>(events[1]);
        Assert.Equal(("return:55:refund:9", "9", new OrderKey("shopify-eu", "55"), new Money(200.50m, "EUR")), (told.EventId, told.RefundId, told.Key, told.Amount));
        Assert.Single(Events("refunds/create", Refund("0.00", "")));
        Assert.Single(Events("refunds/create", Refund("200.50", RefundNote.Write(ShopifyWorld.Key))));
    }

    [Fact]
    public void A_return_that_was_read_says_what_of_it_was_not_read_whether_it_is_an_exchange_and_which_refunds_paid_something()
    {
        var events = Events(ReturnReading.Topic, Read(more: true, exchange: """{"id":"gid://shopify/ExchangeLineItem/1"}"""));
        var stated = Assert.Single(events.OfType<ReturnStated>());
        Assert.True(stated is { Partial: true, Exchange: true, Lines.Count: 1 });
        Assert.Equal("10", Assert.Single(events.OfType<ReturnRefunded>()).RefundId);
        Assert.True(Events(ReturnReading.Topic, Read(more: false, exchange: ""))[0] is ReturnStated { Partial: false, Exchange: false });
    }

    private static IReadOnlyList<CanonicalEvent> Events(string topic, string body) => Assert.IsType<Translation.Events>(
        new ShopifyConnector().Translate(new StoredMessage(1, topic, "e", At, Encoding.UTF8.GetBytes(body)), ShopifyWorld.Profile)).List;

    private static string Refund(string amount, string note) => $$"""
        {"id":9,"order_id":1,"processed_at":"2026-11-23T13:00:00+01:00","note":"{{note}}","return":{"id":55},"refund_line_items":[],
         "transactions":[{"kind":"refund","status":"success","amount":"{{amount}}","currency":"EUR"}]}
        """;

    private static string Read(bool more, string exchange) => """
        {"id":"gid://shopify/Return/55","status":"OPEN","createdAt":"2026-11-23T11:00:00Z","order":{"id":"gid://shopify/Order/1"},
         "returnLineItems":{"pageInfo":{"hasNextPage":MORE},"nodes":[{"id":"x","quantity":1,"returnReason":"OTHER","fulfillmentLineItem":{"lineItem":{"id":"gid://shopify/LineItem/5"}}}]},
         "exchangeLineItems":{"nodes":[EXCHANGE]},
         "refunds":{"nodes":[{"id":"gid://shopify/Refund/9","note":null,"totalRefundedSet":{"shopMoney":{"amount":"0.0","currencyCode":"EUR"}}},
           {"id":"gid://shopify/Refund/10","note":null,"totalRefundedSet":{"shopMoney":{"amount":"3.0","currencyCode":"EUR"}}}]}}
        """
        .Replace("MORE", more ? "true" : "false", StringComparison.Ordinal).Replace("EXCHANGE", exchange, StringComparison.Ordinal);
}
