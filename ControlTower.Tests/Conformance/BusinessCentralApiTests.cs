using System.Text.Json;
using Xunit;

namespace ControlTower.Tests.Conformance;

/// <summary>API v2.0 as a hub uses it.</summary>
public sealed class BusinessCentralApiTests : IAsyncLifetime
{
    private EstateDriver estate = null!;

    public async ValueTask InitializeAsync() => estate = await EstateDriver.StartAsync();

    public ValueTask DisposeAsync() => estate.DisposeAsync();

    private async Task<JsonElement> ReadAsync(string erp, string path, string set)
    {
        var (status, body, _) = await estate.BcAsync(erp, "GET", path);
        Assert.True(status == 200, body.ToString());
        var problems = EntityShape.Problems(set, body);
        Assert.True(problems.Count == 0, string.Join('\n', problems));
        return body;
    }

    private static decimal Total(JsonElement document) => document.GetProperty("totalAmountIncludingTax").GetDecimal();

    [Theory]
    [InlineData("bc-eu")]
    [InlineData("bc-us")]
    public async Task An_order_goes_through_shipment_invoice_and_payment_and_each_answer_has_the_vendors_fields(string erp)
    {
        var order = await estate.OrderAsync(erp, "KEY-1");
        Assert.Empty(EntityShape.Problems("salesOrders", order));
        var found = await ReadAsync(erp, "salesOrders?$filter=externalDocumentNumber eq 'KEY-1'&$expand=salesOrderLines", "salesOrders");
        Assert.Equal(1, found.GetProperty("value").GetArrayLength());
        Assert.Equal(1, found.GetProperty("value")[0].GetProperty("salesOrderLines").GetArrayLength());

        var (status, _, headers) = await estate.BcAsync(erp, "POST", $"salesOrders({order.GetProperty("id")})/Microsoft.NAV.shipAndInvoice");
        Assert.Equal(204, status);
        var invoice = await ReadAsync(erp, headers.Location!.ToString(), "salesInvoices");
        Assert.Equal(Total(order), Total(invoice));
        Assert.Equal(404, (await estate.BcAsync(erp, "GET", $"salesOrders({order.GetProperty("id")})")).Status);
        await ReadAsync(erp, $"salesShipments?$filter=orderNumber eq '{order.GetProperty("number")}'&$expand=salesShipmentLines", "salesShipments");

        var journal = (await ReadAsync(erp, "customerPaymentJournals?$filter=code eq 'WEBPAY'", "customerPaymentJournals")).GetProperty("value")[0].GetProperty("id").GetString();
        var (paid, line, _) = await estate.BcAsync(erp, "POST", $"customerPaymentJournals({journal})/customerPayments",
            new { customerNumber = invoice.GetProperty("customerNumber").GetString(), amount = -Total(invoice), appliesToInvoiceNumber = invoice.GetProperty("number").GetString(), documentNumber = "P-1", externalDocumentNumber = "KEY-1" });
        Assert.True(paid == 201, line.ToString());
        Assert.Empty(EntityShape.Problems("customerPayments", line));
        Assert.Equal(204, (await estate.BcAsync(erp, "POST", $"journals({journal})/Microsoft.NAV.post")).Status);
        Assert.Equal("Paid", (await ReadAsync(erp, $"salesInvoices({invoice.GetProperty("id")})?$expand=salesInvoiceLines", "salesInvoices")).GetProperty("status").GetString());
        Assert.Equal(400, (await estate.BcAsync(erp, "POST", $"journals({journal})/Microsoft.NAV.post")).Status);

        var entries = (await ReadAsync(erp, "generalLedgerEntries", "generalLedgerEntries")).GetProperty("value").EnumerateArray().ToList();
        Assert.NotEmpty(entries);
        Assert.Equal(entries.Sum(e => e.GetProperty("debitAmount").GetDecimal()), entries.Sum(e => e.GetProperty("creditAmount").GetDecimal()));
        Assert.Equal(["order-posted", "order-shipped", "order-invoiced", "payment-posted"], (await estate.LedgerAsync(erp)).Select(e => e.GetProperty("kind").GetString()!));
    }

    [Theory]
    [InlineData("customers")]
    [InlineData("items")]
    [InlineData("locations")]
    [InlineData("accounts")]
    [InlineData("taxGroups")]
    [InlineData("taxAreas")]
    [InlineData("paymentTerms")]
    [InlineData("paymentMethods")]
    [InlineData("shipmentMethods")]
    [InlineData("currencies")]
    [InlineData("journals")]
    [InlineData("unitsOfMeasure")]
    public async Task Master_data_has_the_vendors_fields(string set) => await ReadAsync("bc-eu", set, set);

    [Fact]
    public async Task A_repeated_insert_is_a_second_order()
    {
        await estate.OrderAsync("bc-eu", "TWICE");
        await estate.OrderAsync("bc-eu", "TWICE");
        Assert.Equal(2, (await estate.LedgerAsync("bc-eu", "order-posted")).Count(e => e.GetProperty("externalDocumentNumber").GetString() == "TWICE"));
    }

    [Fact]
    public async Task Prices_that_include_tax_keep_the_total_to_the_cent_and_tax_is_exact_per_rate()
    {
        var lines = Enumerable.Range(0, 3).Select(_ => new { lineObjectNumber = "NL-TEE-M-BLK", quantity = 1, unitPrice = 9.99m, taxCode = "VAT19" });
        var (_, order, _) = await estate.BcAsync("bc-eu", "POST", "salesOrders", new { customerNumber = "WEB-EU-DE", externalDocumentNumber = "T", pricesIncludeTax = true, salesOrderLines = lines });
        Assert.Equal(29.97m, Total(order));
        Assert.Equal(Math.Round(29.97m - (29.97m / 1.19m), 2), order.GetProperty("totalTaxAmount").GetDecimal());
    }

    [Fact]
    public async Task Yen_have_no_decimals_and_pounds_keep_their_currency()
    {
        var (_, yen, _) = await estate.BcAsync("bc-eu", "POST", "salesOrders", new { customerNumber = "WEB-JP-JP", externalDocumentNumber = "Y", currencyCode = "JPY", pricesIncludeTax = true, salesOrderLines = new[] { new { lineObjectNumber = "NL-TEE-M-BLK", quantity = 3, unitPrice = 4790m } } });
        Assert.Equal(14370m, Total(yen));
        Assert.Equal(1306m, yen.GetProperty("totalTaxAmount").GetDecimal());
        Assert.Equal("JPY", yen.GetProperty("currencyCode").GetString());
    }

    public static TheoryData<object, string, string> Refused => new()
    {
        { new { customerNumber = "WEB-EU-DE", colour = "red" }, "BadRequest", "colour" },
        { new { customerNumber = "WEB-EU-DE", number = "1" }, "BadRequest", "read-only" },
        { new { customerNumber = "WEB-EU-DE", externalDocumentNumber = new string('x', 36) }, "Application_StringExceededLength", "35" },
        { new { externalDocumentNumber = "A" }, "Application_DialogException", "customerNumber" },
        { new { customerNumber = "NOBODY" }, "Application_DialogException", "sell-to customer cannot be found" },
        { new { customerNumber = "WEB-EU-DE", currencyCode = "XXX" }, "Application_DialogException", "currencyCode" },
        { new { customerNumber = "WEB-EU-DE", orderDate = "23.11.2026" }, "BadRequest", "orderDate" },
        { new { customerNumber = "WEB-EU-DE", salesOrderLines = new[] { new { lineObjectNumber = "NL-LTD-OS-GHO", quantity = 1 } } }, "Internal_InvalidTableRelation", "NL-LTD-OS-GHO" },
        { new { customerNumber = "WEB-EU-DE", salesOrderLines = new[] { new { lineType = "Wish", quantity = 1 } } }, "BadRequest", "not an option" },
    };

    [Theory]
    [MemberData(nameof(Refused))]
    public async Task An_order_that_the_vendor_would_refuse_is_refused_in_its_words_and_leaves_nothing(object body, string code, string word)
    {
        var (status, answer, _) = await estate.BcAsync("bc-eu", "POST", "salesOrders", body);
        Assert.Equal(400, status);
        Assert.Equal(code, answer.GetProperty("error").GetProperty("code").GetString());
        Assert.Contains(word, answer.GetProperty("error").GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Matches("CorrelationId:  [0-9a-f-]{36}\\.$", answer.GetProperty("error").GetProperty("message").GetString());
        Assert.Empty((await ReadAsync("bc-eu", "salesOrders", "salesOrders")).GetProperty("value").EnumerateArray());
        Assert.Empty(await estate.LedgerAsync("bc-eu"));
    }

    [Fact]
    public async Task A_blocked_customer_gets_no_order()
    {
        var customer = (await ReadAsync("bc-eu", "customers?$filter=number eq 'WEB-EU-DE'", "customers")).GetProperty("value")[0];
        Assert.Equal(200, (await estate.BcAsync("bc-eu", "PATCH", $"customers({customer.GetProperty("id")})", new { blocked = "All" }, customer.GetProperty("@odata.etag").GetString())).Status);
        var (status, answer, _) = await estate.BcAsync("bc-eu", "POST", "salesOrders", EstateDriver.Order("bc-eu", "B"));
        Assert.Equal(400, status);
        Assert.Contains("blocked", answer.GetProperty("error").GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_write_names_the_version_it_saw()
    {
        var order = await estate.OrderAsync("bc-eu", "E");
        var path = $"salesOrders({order.GetProperty("id")})";
        var etag = order.GetProperty("@odata.etag").GetString();
        Assert.Equal(200, (await estate.BcAsync("bc-eu", "PATCH", path, new { shipToName = "Ada Sample" }, etag)).Status);
        var (status, late, _) = await estate.BcAsync("bc-eu", "PATCH", path, new { shipToName = "Late Sample" }, etag);
        Assert.Equal(409, status);
        Assert.Equal("Request_EntityChanged", late.GetProperty("error").GetProperty("code").GetString());
        Assert.Equal(400, (await estate.BcAsync("bc-eu", "DELETE", path)).Status);
        Assert.Equal(204, (await estate.BcAsync("bc-eu", "DELETE", path, match: "*")).Status);
        Assert.Single(await estate.LedgerAsync("bc-eu", "order-deleted"));
    }

    [Fact]
    public async Task Lines_are_added_changed_and_removed_and_the_totals_follow()
    {
        var order = await estate.OrderAsync("bc-eu", "L", 10m, 1);
        var path = $"salesOrders({order.GetProperty("id")})";
        var (_, line, _) = await estate.BcAsync("bc-eu", "POST", path + "/salesOrderLines", new { lineObjectNumber = "NL-SOK-OS-BLK", quantity = 2, unitPrice = 5m });
        Assert.Equal(20m, Total(await ReadAsync("bc-eu", path, "salesOrders")));
        await estate.BcAsync("bc-eu", "PATCH", $"salesOrderLines({line.GetProperty("id")})", new { quantity = 3, discountAmount = 1m }, "*");
        Assert.Equal(24m, Total(await ReadAsync("bc-eu", path, "salesOrders")));
        await estate.BcAsync("bc-eu", "DELETE", $"salesOrderLines({line.GetProperty("id")})", match: "*");
        Assert.Equal(10m, Total(await ReadAsync("bc-eu", path, "salesOrders")));
    }

    [Fact]
    public async Task A_partial_shipment_keeps_the_order_and_the_rest_follows()
    {
        var order = await estate.OrderAsync("bc-eu", "P", 10m, 3);
        var path = $"salesOrders({order.GetProperty("id")})";
        var line = (await ReadAsync("bc-eu", path + "/salesOrderLines", "salesOrderLines")).GetProperty("value")[0];
        await estate.BcAsync("bc-eu", "PATCH", $"salesOrderLines({line.GetProperty("id")})", new { shipQuantity = 1, invoiceQuantity = 1 }, "*");
        await estate.BcAsync("bc-eu", "POST", path + "/Microsoft.NAV.shipAndInvoice");
        Assert.False((await ReadAsync("bc-eu", path, "salesOrders")).GetProperty("fullyShipped").GetBoolean());
        await estate.BcAsync("bc-eu", "POST", path + "/Microsoft.NAV.shipAndInvoice");
        Assert.Equal(404, (await estate.BcAsync("bc-eu", "GET", path)).Status);
        Assert.Equal([10m, 20m], (await estate.LedgerAsync("bc-eu", "order-invoiced")).Select(e => e.GetProperty("amount").GetDecimal()));
    }

    [Fact]
    public async Task A_credit_memo_is_drafted_posted_and_corrects_its_invoice()
    {
        var order = await estate.OrderAsync("bc-eu", "C", 10m, 2);
        var (_, _, headers) = await estate.BcAsync("bc-eu", "POST", $"salesOrders({order.GetProperty("id")})/Microsoft.NAV.shipAndInvoice");
        var invoice = await ReadAsync("bc-eu", headers.Location!.ToString(), "salesInvoices");
        var (status, memo, _) = await estate.BcAsync("bc-eu", "POST", "salesCreditMemos",
            new { customerNumber = "WEB-EU-DE", externalDocumentNumber = "R-1", invoiceId = invoice.GetProperty("id").GetString(), salesCreditMemoLines = new[] { new { lineObjectNumber = "NL-TEE-M-BLK", quantity = 1, unitPrice = 10m } } });
        Assert.True(status == 201, memo.ToString());
        Assert.Empty(EntityShape.Problems("salesCreditMemos", memo));
        Assert.Equal(204, (await estate.BcAsync("bc-eu", "POST", $"salesCreditMemos({memo.GetProperty("id")})/Microsoft.NAV.post")).Status);
        Assert.Single(await estate.LedgerAsync("bc-eu", "credit-memo-posted"));
    }

    [Fact]
    public async Task Pages_follow_the_service_link_to_the_end()
    {
        for (var i = 0; i < 5; i++) await estate.OrderAsync("bc-eu", $"PG-{i}");
        var seen = new List<string>();
        var path = "salesOrders?$orderby=number desc&$top=4&$select=externalDocumentNumber,lastModifiedDateTime";
        using var http = new HttpClient();
        var next = $"{estate.Setting("bc-eu", "baseUrl")}/companies({estate.Setting("bc-eu", "companyId")})/{path}";
        while (next is not null)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, next);
            request.Headers.Authorization = new System.Net.Http.Headers.AuthenticationHeaderValue("Bearer", await estate.TokenAsync("bc-eu"));
            request.Headers.Add("Prefer", "odata.maxpagesize=3");
            using var answer = await http.SendAsync(request);
            var body = JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement;
            seen.AddRange(body.GetProperty("value").EnumerateArray().Select(o => o.GetProperty("externalDocumentNumber").GetString()!));
            next = body.TryGetProperty("@odata.nextLink", out var link) ? link.GetString() : null;
        }

        Assert.Equal(["PG-4", "PG-3", "PG-2", "PG-1"], seen);
    }

    [Theory]
    [InlineData("salesOrders?$filter=externalDocumentNumber eq 'A''B'", 1)]
    [InlineData("salesOrders?$filter=externalDocumentNumber eq 'a''b' and totalAmountIncludingTax gt 5", 1)]
    [InlineData("salesOrders?$filter=(totalAmountIncludingTax lt 5 or startswith(externalDocumentNumber,'A')) and not (status eq 'Open')", 1)]
    [InlineData("salesOrders?$filter=lastModifiedDateTime ge 2099-01-01T00:00:00Z", 0)]
    [InlineData("salesOrders?$filter=customerId eq 00000000-0000-0000-0000-000000000000", 0)]
    public async Task Filters_that_a_hub_uses_are_understood(string path, int count)
    {
        await estate.OrderAsync("bc-eu", "A'B");
        Assert.Equal(count, (await ReadAsync("bc-eu", path, "salesOrders")).GetProperty("value").GetArrayLength());
    }

    [Theory]
    [InlineData("salesOrders?$filter=colour eq 'red'")]
    [InlineData("salesOrders?$filter=number eq")]
    [InlineData("salesOrders?$filter=geo.distance(number,'a') eq 1")]
    [InlineData("salesOrders?$select=colour")]
    [InlineData("salesOrders?$apply=groupby((number))")]
    public async Task Queries_that_are_not_understood_are_refused_never_ignored(string path) => Assert.Equal(400, (await estate.BcAsync("bc-eu", "GET", path)).Status);

    [Fact]
    public async Task A_batch_answers_200_with_the_status_of_each_request_inside()
    {
        var (status, body, _) = await estate.BcAsync("bc-eu", "POST", "/$batch", new
        {
            requests = new object[]
            {
                new { id = "1", method = "POST", url = $"companies({estate.Setting("bc-eu", "companyId")})/salesOrders", body = EstateDriver.Order("bc-eu", "BATCH") },
                new { id = "2", method = "GET", url = $"companies({estate.Setting("bc-eu", "companyId")})/nonsense" },
            },
        });
        Assert.Equal(200, status);
        Assert.Equal([201, 404], body.GetProperty("responses").EnumerateArray().Select(r => r.GetProperty("status").GetInt32()));
    }

    [Fact]
    public void A_row_with_a_wrong_field_or_type_is_noticed()
    {
        using var row = JsonDocument.Parse("""{"number":7,"colour":"red","status":"Shiny","externalDocumentNumber":"0123456789012345678901234567890123456"}""");
        Assert.Equal(4, EntityShape.Problems("salesOrders", row.RootElement).Count);
    }
}
