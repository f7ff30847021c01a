using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using ControlTower.Data.Canonical;
using ControlTower.Sync.Connectors;
using Xunit;

namespace ControlTower.Tests.Conformance.Square;

/// <summary>One account with a store, and a sale of two caps and a tee, less a discount, tax in the price.</summary>
internal static class SquareWorld
{
    public const string Url = "https://tower.test/ingress/tills/events";
    public const string Key = "the-signature-key-of-this-account";
    public const string Previous = "the-key-before-the-replacement-32";
    public const string SaleId = "eA3vssLHKJrv9H0IdJCM3gNqfdcZY";

    public static readonly PostingKey Posting = PostingKey.Derive("B", new OrderKey("tills", "stock"), "stock", "change");

    public static ConnectionProfile Profile { get; } = new(
        "tills", "square", "Tills", "B", null, "EUR", "Europe/Berlin", "erp",
        new Dictionary<string, string>(StringComparer.Ordinal) { ["notificationUrl"] = Url, ["store:L1"] = "EU-BER1" },
        new Dictionary<string, string>(StringComparer.Ordinal) { ["accessToken"] = "token-of-the-account", ["signatureKey"] = Key, ["previousSignatureKey"] = Previous });

    public static ChangeStock Change { get; } = new(Posting, [new StockChange("CAP", "EU-BER1", -2), new StockChange("TEE", "EU-BER1", 3), new StockChange("CAP", "L2", 0, Counted: 53)], DateTimeOffset.UnixEpoch);

    public static string Sealed(byte[] body, string key)
    {
        byte[] whole = [.. Encoding.UTF8.GetBytes(Url), .. body];
        return Convert.ToBase64String(HMACSHA256.HashData(Encoding.UTF8.GetBytes(key), whole));
    }

    public static byte[] Hint(string type = "order.updated", string member = "order_updated") => Encoding.UTF8.GetBytes(
        $$"""{"merchant_id":"M1","type":"{{type}}","event_id":"4b8e5c91-9f17-4cf1-900a-4a0629f81add","created_at":"2026-11-23T11:00:00Z","data":{"type":"order","id":"{{SaleId}}","object":{"{{member}}":{"order_id":"{{SaleId}}","location_id":"L1","state":"COMPLETED","created_at":"2026-11-23T11:00:00Z"} } } }""");

    /// <summary>Of the sale, which was paid with 10.00 in cash and 30.00 by card.</summary>
    public static RefundPayment PayBack { get; } = new(Posting, new OrderKey("tills", SaleId), new Money(12.5m, "EUR"), []);

    /// <summary>The sale with its payments, and refunds that were given already: payment, amount, state, reason.</summary>
    public static FakeVendor Paid(params List<(string Payment, int Amount, string Status, string Reason)> refunds) => new(request => FakeVendor.Json(request.Path.Split('/') switch
    {
        [_, _, "orders", _] => $$"""{"order":{{Sale}} }""",
        [_, _, "payments", var id] => $$"""{"payment":{"id":"{{id}}","status":"COMPLETED","total_money":{"amount":{{(id == "p1" ? 1000 : 3000)}},"currency":"EUR"},"refund_ids":[{{string.Join(',', refunds.Index().Where(r => r.Item.Payment == id).Select(r => $"\"{id}_r{r.Index}\""))}}]} }""",
        [_, _, "refunds", var id] => $$"""{"refund":{{Given(id, refunds[int.Parse(id.Split('r')[1], System.Globalization.CultureInfo.InvariantCulture)])}} }""",
        [_, _, "refunds"] => Give(request.Json, refunds),
        _ => throw new InvalidOperationException(request.Path),
    }));

    private static string Give(JsonElement asked, List<(string Payment, int Amount, string Status, string Reason)> refunds)
    {
        refunds.Add((asked.GetProperty("payment_id").GetString()!, asked.GetProperty("amount_money").GetProperty("amount").GetInt32(), "PENDING", asked.GetProperty("reason").GetString()!));
        return $$"""{"refund":{{Given($"{refunds[^1].Payment}_r{refunds.Count - 1}", refunds[^1])}} }""";
    }

    private static string Given(string id, (string Payment, int Amount, string Status, string Reason) refund)
        => $$"""{"id":"{{id}}","status":"{{refund.Status}}","amount_money":{"amount":{{refund.Amount}},"currency":"EUR"},"payment_id":"{{refund.Payment}}","reason":"{{refund.Reason}}"}""";

    public const string Sale = """
        {"id":"eA3vssLHKJrv9H0IdJCM3gNqfdcZY","location_id":"L1","state":"COMPLETED","created_at":"2026-11-23T10:59:00Z","closed_at":"2026-11-23T11:00:00.5Z","updated_at":"2026-11-23T11:00:01Z","customer_id":"C1",
        "line_items":[
        {"uid":"l1","catalog_object_id":"VCAP","name":"Cap","variation_name":"One size","item_type":"ITEM","quantity":"2","base_price_money":{"amount":1250,"currency":"EUR"},"gross_sales_money":{"amount":2500,"currency":"EUR"},"applied_taxes":[{"tax_uid":"t","applied_money":{"amount":319,"currency":"EUR"}}],"total_tax_money":{"amount":319,"currency":"EUR"},"total_discount_money":{"amount":500,"currency":"EUR"},"total_money":{"amount":2000,"currency":"EUR"}},
        {"uid":"l2","catalog_object_id":"VTEE","name":"Tee","item_type":"ITEM","quantity":"1","base_price_money":{"amount":2000,"currency":"EUR"},"gross_sales_money":{"amount":2000,"currency":"EUR"},"applied_taxes":[{"tax_uid":"t","applied_money":{"amount":319,"currency":"EUR"}}],"total_tax_money":{"amount":319,"currency":"EUR"},"total_discount_money":{"amount":0,"currency":"EUR"},"total_money":{"amount":2000,"currency":"EUR"}}],
        "taxes":[{"uid":"t","name":"MwSt","type":"INCLUSIVE","percentage":"19","scope":"ORDER","applied_money":{"amount":638,"currency":"EUR"}}],
        "tenders":[{"id":"p1","type":"CASH","amount_money":{"amount":1000,"currency":"EUR"},"payment_id":"p1"},{"id":"p2","type":"CARD","amount_money":{"amount":3000,"currency":"EUR"},"payment_id":"p2"}],
        "total_money":{"amount":4000,"currency":"EUR"},"total_tax_money":{"amount":638,"currency":"EUR"},"total_discount_money":{"amount":500,"currency":"EUR"},"total_tip_money":{"amount":0,"currency":"EUR"}}
        """;

    public const string Returned = """{"uid":"r1","source_order_id":"SALE0","return_line_items":[{"uid":"b1","source_line_item_uid":"l9","catalog_object_id":"VTEE","quantity":"1","total_money":{"amount":1500,"currency":"EUR"}}],"return_amounts":{"total_money":{"amount":1500,"currency":"EUR"}}}""";

    public static byte[] Read(string order) => Encoding.UTF8.GetBytes($$"""{"order":{{order}},"skus":{"VCAP":"CAP","VTEE":"TEE"} }""");

    public static byte[] Refund(string payment = """{"id":"p1","order_id":"SALE0"}""", string order = "null", string status = "COMPLETED") => Encoding.UTF8.GetBytes(
        $$"""{"refund":{"id":"p1_r1","status":"{{status}}","amount_money":{"amount":1500,"currency":"EUR"},"payment_id":"p1","order_id":"RET1","created_at":"2026-11-23T12:00:00Z","updated_at":"2026-11-23T12:00:05Z"},"payment":{{payment}},"order":{{order}},"skus":{"VTEE":"TEE"} }""");

    public static bool IsWrite(VendorRequest request) => request.Method != HttpMethod.Get && !request.Path.EndsWith("/search", StringComparison.Ordinal) && !request.Path.EndsWith("/batch-retrieve", StringComparison.Ordinal);

    /// <summary>Answers by the path of a request; what nobody answers fails the test.</summary>
    public static FakeVendor Answering(params (string Path, string Body)[] rules) => new(request =>
        FakeVendor.Json(rules.FirstOrDefault(r => request.Path.Contains(r.Path, StringComparison.Ordinal)).Body
            ?? throw new InvalidOperationException($"Nobody answers {request.Method} {request.Path}.")));

    public static FakeVendor Stocked() => new(request => FakeVendor.Json(request.Path switch
    {
        "/v2/catalog/search" => $$"""{"objects":[{{string.Join(',', request.Json.GetProperty("query").GetProperty("set_query").GetProperty("attribute_values").EnumerateArray()
            .Select(sku => $$"""{"type":"ITEM_VARIATION","id":"V{{sku}}","item_variation_data":{"sku":"{{sku}}"} }"""))}}]}""",
        "/v2/inventory/changes/batch-create" => """{"counts":[],"changes":[]}""",
        "/v2/inventory/changes/batch-retrieve" => "{}",
        _ => throw new InvalidOperationException(request.Path),
    }));

    public static HttpResponseMessage Error(int status, string category, string code, string detail = "No.", string? field = null)
        => FakeVendor.Json(JsonSerializer.Serialize(new { errors = new[] { new { category, code, detail, field } } }), (HttpStatusCode)status);

    public static IVendorClient Client(FakeVendor vendor, ConnectionProfile? profile = null)
        => new ControlTower.Sync.Connectors.Square.SquareConnector().Connect(profile ?? Profile, vendor.Client(), new Microsoft.Extensions.Time.Testing.FakeTimeProvider(NetworkFault.Now));

    public static void Approved(FakeVendor vendor)
    {
        Assert.NotEmpty(vendor.Requests);
        Assert.All(vendor.Requests, r =>
        {
            Assert.Equal("2025-08-20", r.Headers["Square-Version"]);
            Assert.Equal([], SquareSchema.Request(r.Method.Method, r.Address.AbsolutePath, r.Address.Query, r.Body.Length > 0 ? r.Json : null));
        });
    }
}
