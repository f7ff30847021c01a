using System.Text.Json;
using ControlTower.Simulator.Scenarios;
using Xunit;

namespace ControlTower.Tests.Conformance;

/// <summary>The scripted morning as any tower meets it: by the vendors' own protocols, the same each time.</summary>
public sealed class DeskScenarioTests : IAsyncLifetime
{
    private static readonly string[] Topics = ["ORDERS_CREATE", "ORDERS_UPDATED", "REFUNDS_CREATE"];

    private readonly HookSink sink = new();
    private EstateDriver estate = null!;

    public async ValueTask InitializeAsync() => estate = await EstateDriver.StartAsync(o => o with { Scenario = DeskScenario.Name });

    public async ValueTask DisposeAsync()
    {
        await estate.DisposeAsync();
        await sink.DisposeAsync();
    }

    [Fact]
    public async Task The_ERP_says_in_its_own_words_that_it_lacks_a_tax_code_and_knows_the_store_by_another()
    {
        var (status, body, _) = await estate.BcAsync("bc-eu", "POST", "salesOrders", Order("KIDS", "NL-KTE-M-BLK", DeskScenario.MissingGroup));
        Assert.Equal((400, "Internal_InvalidTableRelation"), (status, body.GetProperty("error").GetProperty("code").GetString()));
        Assert.Contains("VAT Prod. Posting Group", body.GetProperty("error").GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Equal(201, (await estate.BcAsync("bc-eu", "POST", "salesOrders", Order("KIDS", "NL-KTE-M-BLK", "ZERO"))).Status);

        var codes = (await estate.BcAsync("bc-eu", "GET", "locations")).Body.GetProperty("value").EnumerateArray().Select(l => l.GetProperty("code").GetString()).ToList();
        Assert.Contains(DeskScenario.StoreInErp, codes);
        Assert.DoesNotContain(DeskScenario.Store, codes);
        Assert.Equal("required", estate.Setting("bc-eu", "locations"));
    }

    [Fact]
    public async Task It_begins_when_somebody_listens_loses_one_answer_places_the_orders_and_tells_one_refund_twice()
    {
        await SubscribeAsync("shopify-eu");
        Assert.Empty(await estate.LedgerAsync("shopify-eu"));
        await SubscribeAsync("shopify-uk");

        await Wait.ForAsync(async () => (await estate.LedgerAsync("shopify-eu")).Count == 1);
        var unanswered = (await estate.LedgerAsync("shopify-eu"))[0].GetProperty("number").GetString()!;
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => estate.BcAsync("bc-eu", "POST", "salesOrders", EstateDriver.Order("bc-eu", unanswered + "-KEY")));
        Assert.Equal(500, (await estate.BcAsync("bc-eu", "GET", $"salesOrders?$filter=externalDocumentNumber eq '{unanswered}-KEY'")).Status);

        await Wait.ForAsync(async () => (await PlacedAsync("shopify-uk")).Count == DeskScenario.Untaxed + DeskScenario.ToCollect && (await PlacedAsync("shopify-eu")).Count == 2);
        Assert.Equal(DeskScenario.ToCollect, estate.App.Estate.Shop("uk")!.Orders(o => o.Attributes.Any(a => a.Value == DeskScenario.Store)).Count);
        Assert.Equal(DeskScenario.Untaxed, estate.App.Estate.Shop("uk")!.Orders(o => o.Lines is [{ Taxes: [{ Rate: 0 }] }]).Count);
        Assert.Equal(DeskScenario.Untaxed + DeskScenario.ToCollect, estate.App.Estate.Shop("uk")!.Orders(_ => true).Select(o => o.Buyer.Email).Distinct().Count());

        await estate.OrderAsync("bc-eu", (await PlacedAsync("shopify-eu"))[1] + "-KEY");
        await Wait.ForAsync(() => sink.Of("refunds/create").Count() == 2);
        var told = sink.Of("refunds/create").ToList();
        Assert.Single(told.Select(t => t.Headers["X-Shopify-Event-Id"]).Distinct());
        Assert.Equal(2, told.Select(t => t.Headers["X-Shopify-Webhook-Id"]).Distinct().Count());
        Assert.Equal(["Ordered one too many", "Ordered one too many (sent again)"], told.Select(t => JsonDocument.Parse(t.Body).RootElement.GetProperty("note").GetString()!));
        Assert.Single(await estate.LedgerAsync("shopify-eu", "order-refunded"));
    }

    private async Task<List<string>> PlacedAsync(string shop) => [.. (await estate.LedgerAsync(shop, "order-placed")).Select(e => e.GetProperty("number").GetString()!)];

    private async Task SubscribeAsync(string shop)
    {
        foreach (var topic in Topics)
        {
            await estate.DataAsync(shop,
                "mutation S($t: WebhookSubscriptionTopic!, $s: WebhookSubscriptionInput!) { webhookSubscriptionCreate(topic: $t, webhookSubscription: $s) { userErrors { message } } }",
                new { t = topic, s = new { uri = $"{sink.Url}/{shop}/{topic}", format = "JSON" } });
        }
    }

    private static object Order(string key, string sku, string tax) => new
    {
        customerNumber = "WEB-UK-GB", externalDocumentNumber = key, pricesIncludeTax = true,
        salesOrderLines = new object[] { new { lineType = "Item", lineObjectNumber = sku, quantity = 1, unitPrice = 15.95m, taxCode = tax } },
    };
}
