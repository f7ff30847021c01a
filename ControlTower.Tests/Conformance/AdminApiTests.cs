using System.Text.Json;
using System.Text.RegularExpressions;
using Xunit;

namespace ControlTower.Tests.Conformance;

/// <summary>The Admin API as a hub uses it.</summary>
public sealed class AdminApiTests : IAsyncLifetime
{
    /// <summary>Everything that the estate models of an order, within the vendor's limit of cost.</summary>
    private const string Order = """
        query Everything($id: ID!) { order(id: $id) { ...HubOrder } }
        fragment Bag on MoneyBag { shopMoney { amount currencyCode } presentmentMoney { amount currencyCode } }
        fragment Addr on MailingAddress { firstName lastName company address1 address2 city provinceCode zip countryCodeV2 phone }
        fragment HubOrder on Order {
          __typename id legacyResourceId name createdAt processedAt updatedAt cancelledAt cancelReason closedAt test taxesIncluded taxExempt currencyCode presentmentCurrencyCode sourceName poNumber note tags
          displayFinancialStatus displayFulfillmentStatus returnStatus email phone customer { id firstName defaultEmailAddress { emailAddress } } retailLocation { id } customAttributes { key value }
          billingAddress { ...Addr } shippingAddress { ...Addr }
          currentTotalPriceSet { ...Bag } totalPriceSet { ...Bag } totalTaxSet { ...Bag } totalDiscountsSet { ...Bag } totalShippingPriceSet { ...Bag } totalRefundedSet { ...Bag } totalOutstandingSet { ...Bag }
          totalCashRoundingAdjustment { paymentSet { ...Bag } refundSet { ...Bag } }
          currentTaxLines { title rate ratePercentage channelLiable priceSet { ...Bag } }
          discountApplications(first: 5) { nodes { __typename index allocationMethod targetSelection targetType value { __typename ... on MoneyV2 { amount currencyCode } ... on PricingPercentageValue { percentage } } ... on DiscountCodeApplication { code } ... on AutomaticDiscountApplication { title } } }
          lineItems(first: 10) { pageInfo { hasNextPage endCursor } edges { cursor } nodes { id sku name title variantTitle vendor quantity currentQuantity unfulfilledQuantity refundableQuantity requiresShipping taxable isGiftCard
            variant { id barcode price inventoryItem { id } } product { id handle } originalUnitPriceSet { ...Bag } discountedUnitPriceSet { ...Bag } discountedTotalSet { ...Bag } totalDiscountSet { ...Bag }
            discountAllocations { allocatedAmountSet { ...Bag } discountApplication { __typename index } } taxLines { title rate priceSet { ...Bag } } customAttributes { key value } } }
          shippingLines(first: 3) { nodes { id code title source deliveryCategory originalPriceSet { ...Bag } discountedPriceSet { ...Bag } taxLines { title rate priceSet { ...Bag } } } }
          transactions(first: 10) { id kind status gateway formattedGateway test createdAt processedAt authorizationExpiresAt errorCode manualPaymentGateway paymentId amountSet { ...Bag } parentTransaction { id } }
          refunds(first: 5) { id createdAt processedAt note totalRefundedSet { ...Bag } refundLineItems(first: 5) { nodes { id quantity restockType restocked location { id } priceSet { ...Bag } subtotalSet { ...Bag } totalTaxSet { ...Bag } lineItem { id sku } } } refundShippingLines(first: 2) { nodes { id subtotalAmountSet { ...Bag } taxAmountSet { ...Bag } } } transactions(first: 3) { nodes { id kind } } }
          fulfillments(first: 5) { id name status createdAt updatedAt displayStatus location { id } trackingInfo { company number url } fulfillmentLineItems(first: 10) { nodes { id quantity lineItem { id } } } }
        }
        """;

    private EstateDriver estate = null!;

    public async ValueTask InitializeAsync() => estate = await EstateDriver.StartAsync();

    public ValueTask DisposeAsync() => estate.DisposeAsync();

    private async Task<JsonElement> AskAsync(string shop, string query, object? variables = null)
    {
        var data = await estate.DataAsync(shop, query, variables);
        var problems = AnswerShape.Problems(query, null, data);
        Assert.True(problems.Count == 0, string.Join('\n', problems));
        return data;
    }

    [Theory]
    [InlineData("shopify-eu")]
    [InlineData("shopify-us")]
    [InlineData("shopify-jp")]
    public async Task Orders_in_every_state_answer_exactly_what_was_asked_in_the_types_of_the_schema(string shop)
    {
        var orders = await estate.PlaceAsync(shop, 4, new { discount = true, lines = 3, quantity = 2 });
        string Path(int i) => $"/estate/orders/{shop}/{orders[i].GetProperty("name").GetString()}";
        await estate.PostAsync(Path(1) + "/cancel");
        await estate.PostAsync(Path(2) + "/fulfil");
        await estate.PostAsync(Path(2) + "/refund?shipping=true");
        await estate.PostAsync(Path(3) + "/edit");
        foreach (var order in orders) await AskAsync(shop, Order, new { id = order.GetProperty("gid").GetString() });
    }

    [Fact]
    public async Task An_order_is_acknowledged_fulfilled_and_read_back()
    {
        var gid = (await estate.PlaceAsync("shopify-eu"))[0].GetProperty("gid").GetString();
        await AskAsync("shopify-eu", "mutation A($id: ID!) { tagsAdd(id: $id, tags: [\"ERP\", \"erp\"]) { node { id } userErrors { field message } } }", new { id = gid });
        await AskAsync("shopify-eu", """mutation M($id: ID!) { metafieldsSet(metafields: [{ ownerId: $id, namespace: "tower", key: "erp", type: "single_line_text_field", value: "S-1" }]) { metafields { id namespace key value compareDigest } userErrors { field message code } } }""", new { id = gid });
        var open = await AskAsync("shopify-eu", "query F($id: ID!) { order(id: $id) { fulfillmentOrders(first: 5) { nodes { id status requestStatus supportedActions { action } assignedLocation { name location { id } } lineItems(first: 10) { nodes { id totalQuantity remainingQuantity sku inventoryItemId lineItem { id } } } } } } }", new { id = gid });
        var fulfillmentOrder = open.GetProperty("order").GetProperty("fulfillmentOrders").GetProperty("nodes")[0].GetProperty("id").GetString();
        await AskAsync("shopify-eu", """mutation S($f: FulfillmentInput!) { fulfillmentCreate(fulfillment: $f) { fulfillment { id status trackingInfo { company number url } } userErrors { field message } } }""",
            new { f = new { lineItemsByFulfillmentOrder = new[] { new { fulfillmentOrderId = fulfillmentOrder } }, trackingInfo = new { company = "DHL", number = "JD1", url = "https://example.com/JD1" } } });

        var read = (await AskAsync("shopify-eu", "query R($id: ID!) { order(id: $id) { tags displayFulfillmentStatus metafield(namespace: \"tower\", key: \"erp\") { value } } }", new { id = gid })).GetProperty("order");
        Assert.Equal("FULFILLED", read.GetProperty("displayFulfillmentStatus").GetString());
        Assert.Equal("S-1", read.GetProperty("metafield").GetProperty("value").GetString());
        Assert.Equal(1, read.GetProperty("tags").GetArrayLength());
    }

    [Fact]
    public async Task A_second_fulfilment_and_a_late_cancel_are_declined_in_the_payload()
    {
        var order = (await estate.PlaceAsync("shopify-uk"))[0];
        await estate.PostAsync($"/estate/orders/uk/{order.GetProperty("id")}/fulfil");
        var fo = order.GetProperty("gid").GetString()!.Replace("Order/5", "FulfillmentOrder/6", StringComparison.Ordinal);
        var again = await AskAsync("shopify-uk", "mutation S($f: FulfillmentInput!) { fulfillmentCreate(fulfillment: $f) { fulfillment { id } userErrors { field message } } }", new { f = new { lineItemsByFulfillmentOrder = new[] { new { fulfillmentOrderId = fo } } } });
        Assert.NotEmpty(again.GetProperty("fulfillmentCreate").GetProperty("userErrors").EnumerateArray());
        var cancel = await AskAsync("shopify-uk", "mutation C($id: ID!) { orderCancel(orderId: $id, reason: CUSTOMER, restock: true) { job { id done } orderCancelUserErrors { field message code } } }", new { id = order.GetProperty("gid").GetString() });
        Assert.NotEmpty(cancel.GetProperty("orderCancel").GetProperty("orderCancelUserErrors").EnumerateArray());
    }

    [Fact]
    public async Task Orders_updated_since_come_in_pages_that_neither_skip_nor_repeat_while_orders_change()
    {
        var placed = await estate.PlaceAsync("shopify-eu", 7);
        const string Page = "query P($q: String, $after: String) { orders(first: 3, after: $after, query: $q, sortKey: UPDATED_AT) { pageInfo { hasNextPage endCursor } nodes { id name updatedAt } } }";
        var seen = new List<string>();
        string? after = null;
        do
        {
            var page = (await AskAsync("shopify-eu", Page, new { q = "updated_at:>='2026-01-01T00:00:00Z' AND status:any", after })).GetProperty("orders");
            seen.AddRange(page.GetProperty("nodes").EnumerateArray().Select(n => n.GetProperty("name").GetString()!));
            after = page.GetProperty("pageInfo").GetProperty("hasNextPage").GetBoolean() ? page.GetProperty("pageInfo").GetProperty("endCursor").GetString() : null;
        }
        while (after is not null);

        Assert.Equal(placed.Select(o => o.GetProperty("name").GetString()!).Order(StringComparer.Ordinal), seen.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Stock_is_compared_and_set_and_a_repeated_key_replays()
    {
        var item = (await AskAsync("shopify-eu", """{ inventoryItems(first: 1, query: "sku:NL-TEE-M-BLK") { nodes { id sku tracked inventoryLevels(first: 5) { nodes { id location { id name } quantities(names: ["available", "on_hand", "committed"]) { name quantity } } } } } }"""))
            .GetProperty("inventoryItems").GetProperty("nodes")[0];
        var level = item.GetProperty("inventoryLevels").GetProperty("nodes")[0];
        var available = level.GetProperty("quantities")[0].GetProperty("quantity").GetInt32();
        const string Set = "mutation S($i: InventorySetQuantitiesInput!, $k: String!) { inventorySetQuantities(input: $i) @idempotent(key: $k) { inventoryAdjustmentGroup { id reason changes { name delta quantityAfterChange } } userErrors { code field message } } }";
        object Input(int quantity, int from) => new { name = "available", reason = "correction", quantities = new[] { new { inventoryItemId = item.GetProperty("id").GetString(), locationId = level.GetProperty("location").GetProperty("id").GetString(), quantity, changeFromQuantity = from } } };

        var stale = await AskAsync("shopify-eu", Set, new { i = Input(5, available + 1), k = "a" });
        Assert.Equal("CHANGE_FROM_QUANTITY_STALE", stale.GetProperty("inventorySetQuantities").GetProperty("userErrors")[0].GetProperty("code").GetString());
        var first = await AskAsync("shopify-eu", Set, new { i = Input(5, available), k = "b" });
        var replay = await AskAsync("shopify-eu", Set, new { i = Input(5, available), k = "b" });
        Assert.Equal(first.GetRawText(), replay.GetRawText());
        var other = await estate.GraphAsync("shopify-eu", Set, new { i = Input(6, 5), k = "b" });
        Assert.Equal("IDEMPOTENCY_KEY_PARAMETER_MISMATCH", other.GetProperty("errors")[0].GetProperty("extensions").GetProperty("code").GetString());
    }

    [Theory]
    [InlineData("{ orders(first: 1) { nodes { id invented } } }", "invented")]
    [InlineData("{ orders(first: 1, colour: 3) { nodes { id } } }", "colour")]
    [InlineData("{ orders { nodes { id } } }", "first or last")]
    [InlineData("{ order { id } }", "id")]
    [InlineData("mutation { orderCancel(orderId: \"gid://shopify/Order/1\", reason: BOREDOM, restock: true) { job { id } } }", "BOREDOM")]
    [InlineData("mutation { inventorySetQuantities(input: { name: \"available\", reason: \"correction\", quantities: [] }) { userErrors { message } } }", "@idempotent")]
    [InlineData("{ orders(first: 1) { nodes { id ", "")]
    [InlineData("{ shop { analyticsToken } }", "does not model")]
    public async Task A_document_that_the_vendor_would_refuse_or_the_estate_does_not_model_is_refused(string query, string word)
    {
        var answer = await estate.GraphAsync("shopify-eu", query);
        Assert.Contains(word, answer.GetProperty("errors")[0].GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_unknown_search_field_is_ignored_with_a_warning_as_the_vendor_does()
    {
        await estate.PlaceAsync("shopify-eu", 2);
        var answer = await estate.GraphAsync("shopify-eu", "{ orders(first: 5, query: \"shoe_size:44\") { nodes { id } } }");
        Assert.Equal(2, answer.GetProperty("data").GetProperty("orders").GetProperty("nodes").GetArrayLength());
        Assert.Equal("invalid_field", answer.GetProperty("extensions").GetProperty("search")[0].GetProperty("warnings")[0].GetProperty("code").GetString());
    }

    [Fact]
    public async Task The_published_hub_operations_that_the_estate_models_pass_its_validation()
    {
        var path = System.IO.Path.Combine(AppContext.BaseDirectory, "../../../../../shared/vendor-apis/shopify/hub-operations.graphql");
        if (!File.Exists(path)) Assert.Skip("The shared vendor folder is not beside the repository.");
        // Page sizes of the published file cost more than the vendor allows for one query.
        var operations = Regex.Replace(await File.ReadAllTextAsync(path), @"first: \d+", "first: 2", RegexOptions.NonBacktracking);
        foreach (var operation in new[] { "OrdersUpdatedSince", "Locations", "InventoryItems", "ProductVariants", "Shop", "WebhookSubscriptions", "Customers" })
        {
            var data = await estate.DataAsync("shopify-eu", operations, new { first = 2 }, operation);
            Assert.Empty(AnswerShape.Problems(operations, operation, data));
        }
    }

    [Fact]
    public void An_answer_with_a_wrong_field_a_missing_field_or_a_wrong_type_is_noticed()
    {
        using var data = JsonDocument.Parse("""{"shop":{"id":"gid://shopify/Shop/1","currencyCode":"XXX?","extra":1,"taxesIncluded":null}}""");
        var problems = AnswerShape.Problems("{ shop { id name currencyCode taxesIncluded } }", null, data.RootElement);
        Assert.Equal(["/shop/name: selected but not answered", "/shop/currencyCode: 'XXX?' is no CurrencyCode", "/shop/taxesIncluded: null in a field that is never null", "/shop/extra: answered but not selected"], problems);
    }
}
