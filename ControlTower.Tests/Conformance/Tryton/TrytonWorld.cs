using System.Text.Json;
using ControlTower.Data.Canonical;
using ControlTower.Sync.Connectors;

namespace ControlTower.Tests.Conformance.Tryton;

/// <summary>As much of Tryton as one sale and one return of it need: their states and those of their shipments and invoices.</summary>
internal sealed class TrytonWorld
{
    private string total = "12.00";
    private string? lost;
    private bool party;
    private bool payment;

    public static Order Order { get; } = new(
        new OrderKey("shop", "1"), "N1", "B", 1, new DateTimeOffset(2026, 11, 23, 0, 0, 0, TimeSpan.Zero), "EUR", true, new OrderTotals(12m, 2m, 0, 0),
        [new OrderLine("1", "SKU-1", "Thing", 1, 12m, 0m, [new TaxLine("VAT", 0.2m, 2m)])], [],
        new Buyer("5", "Ann", "ann@example.test", null, null, new PostalAddress("Ann", "1 Road", null, "Town", null, "1000", "FR")), PaymentState.Paid, [], FulfilmentMode.Ship);

    /// <summary>The one piece of the order came back.</summary>
    public static PostCreditMemo Credit(PostingKey key, PostingKey postedAs) => new(
        key, postedAs, [new CreditLine("1", "SKU-1", "Thing", 1, 12m, 12m, [new TaxLine("VAT", 0.2m, 2m)])], new DateTimeOffset(2026, 11, 25, 0, 0, 0, TimeSpan.Zero), new Money(12m, "EUR"));

    public string? Sale { get; set; }

    public string Shipment { get; set; } = "waiting";

    public string Invoice { get; set; } = "draft";

    /// <summary>What the sale that is created next will come to.</summary>
    public string NextTotal { get; set; } = "12.00";

    /// <summary>State of the return; null before there is one.</summary>
    public string? Back { get; set; }

    public string Receipt { get; private set; } = "draft";

    public string Note { get; private set; } = "draft";

    /// <summary>What Tryton reckons for the return, before a rounding line.</summary>
    public string BackTotal { get; set; } = "-12.00";

    /// <summary>Price of the return's line, as a promotion left it.</summary>
    public string BackPrice { get; set; } = "10.0000";

    public string BackQuantity { get; set; } = "-1.0";

    /// <summary>The answer to the next call of this method gets lost after it was carried out.</summary>
    public void Lose(string method) => lost = method;

    public FakeVendor Vendor() => new(request =>
    {
        var result = Result(request.Json);
        if (request.Json.GetProperty("method").GetString() == lost)
        {
            lost = null;
            throw new HttpRequestException(HttpRequestError.ResponseEnded);
        }

        return FakeVendor.Json($$"""{"id":1,"result":{{result}}}""");
    });

    private string Result(JsonElement call)
    {
        if (OfReturn(call) is { } answer)
        {
            return answer;
        }

        var method = call.GetProperty("method").GetString()!;
        var text = call.GetRawText();
        switch (method)
        {
            case "common.db.login": return "[1,\"s\"]";
            case "model.res.user.get_preferences": return """{"company":1,"language":"en"}""";
            case "model.sale.sale.search_read": return SaleRow();
            case "model.product.product.search_read": return """[{"id":3,"code":"SKU-1","sale_uom":1,"default_uom":1}]""";
            case "model.party.party.search_read": return party ? """[{"id":4,"code":"CT","addresses.":[]}]""" : "[]";
            case "model.party.party.create": party = true; return "[4]";
            case "model.party.address.create": return "[8]";
            case "model.sale.sale.create": (Sale, Shipment, Invoice, total) = ("draft", "waiting", "draft", NextTotal); return "[7]";
            case "model.sale.sale.quote": Sale = "quotation"; return "null";
            case "model.sale.sale.confirm": Sale = "processing"; return "null";
            case "model.sale.sale.process": return "null";
            case "model.sale.sale.write": Sale = text.Contains("web_id", StringComparison.Ordinal) ? null : Sale; return "null";
            case "model.stock.shipment.out.search_read": return $$"""[{"id":8,"number":"SH1","state":"{{Shipment}}"}]""";
            case "model.stock.shipment.out.assign_try": Shipment = "assigned"; return "true";
            case "model.stock.shipment.out.pick": Shipment = "picked"; return "null";
            case "model.stock.shipment.out.pack": Shipment = "packed"; return "null";
            case "model.stock.shipment.out.done": Shipment = "done"; return "null";
            case "model.stock.shipment.out.cancel": Shipment = "cancelled"; return "null";
            case "model.account.invoice.search_read": return InvoiceRow();
            case "model.account.invoice.post": Invoice = "posted"; return "null";
            case "model.account.invoice.cancel": Invoice = "cancelled"; return "null";
            case "model.account.move.search_read": return payment ? """[{"id":30,"number":"M1"}]""" : "[]";
            case "wizard.account.invoice.pay.execute": (payment, Invoice) = (true, "paid"); return "{}";
            case "wizard.sale.handle.shipment.exception.execute": return """{"view":{"defaults":{"domain_moves":[1]}}}""";
            case "wizard.sale.handle.invoice.exception.execute": return """{"view":{"defaults":{"domain_invoices":[9]}}}""";
            default: return method.EndsWith(".create", StringComparison.Ordinal) ? "[2,\"start\",\"end\"]" : method.EndsWith(".search_read", StringComparison.Ordinal) ? "[{\"id\":1}]" : "null";
        }
    }

    private string? OfReturn(JsonElement call)
    {
        var text = call.GetRawText();
        switch (call.GetProperty("method").GetString()!)
        {
            case "model.sale.sale.search_read" when Names(text, "N1-HGFEDCBA", "17"): return BackRow();
            case "model.sale.sale.create" when text.Contains("\"origin\":\"sale.sale,7\"", StringComparison.Ordinal): Back = "draft"; return "[17]";
            case "model.sale.sale.quote" when IsOn(text, 17): Back = "quotation"; return "null";
            case "model.sale.sale.write" when IsOn(text, 17):
                (BackTotal, BackPrice) = text.Contains("\"create\"", StringComparison.Ordinal) ? ("-12.00", BackPrice) : (BackTotal, "10.0000");
                return "null";
            case "model.sale.sale.confirm" when IsOn(text, 17): Back = "confirmed"; return "null";
            case "model.sale.sale.process" when IsOn(text, 17): Back = "processing"; return "null";
            case "model.account.invoice.search_read" when text.Contains("19", StringComparison.Ordinal):
                return $$$"""[{"id":19,"number":"CN1","state":"{{{Note}}}","total_amount":{"__class__":"Decimal","decimal":"{{{BackTotal}}}"},"amount_to_pay":{"__class__":"Decimal","decimal":"{{{BackTotal}}}"}}]""";
            case "model.account.invoice.post" when IsOn(text, 19): Note = "posted"; return "null";
            case "model.stock.shipment.out.return.search_read": return $$"""[{"id":18,"state":"{{Receipt}}"}]""";
            case "model.stock.shipment.out.return.receive": Receipt = "received"; return "null";
            case "model.stock.shipment.out.return.done": Receipt = "done"; return "null";
            default: return null;
        }
    }

    private static bool Names(string text, string key, string id) => text.Contains($"\"{key}\"", StringComparison.Ordinal) || text.Contains($"[\"id\",\"=\",{id}]", StringComparison.Ordinal);

    private static bool IsOn(string text, int id) => text.Contains($"\"params\":[[{id}]", StringComparison.Ordinal);

    private string BackRow() => Back is null ? "[]" : $$"""
        [{"id":17,"_timestamp":"2.5","number":"S17","description":"Return of S7","state":"{{Back}}","total_amount":{"__class__":"Decimal","decimal":"{{BackTotal}}"},
          "invoices":[19],"shipments":[],"shipment_returns":[18],
          "lines.":[{"id":11,"product":3,"quantity":{{BackQuantity}},"unit_price":{"__class__":"Decimal","decimal":"{{BackPrice}}"},"type":"line"}]}]
        """;

    private string SaleRow() => Sale is null ? "[]" : $$"""
        [{"id":7,"_timestamp":"1.5","number":"S7","description":null,"state":"{{Sale}}","total_amount":{"__class__":"Decimal","decimal":"{{total}}"},"invoices":[9],"shipments":[8],
          "company":1,"currency":1,"party":4,"invoice_address":8,"shipment_address":8,"payment_term":1,"warehouse":5,"web_shop":1,"reference":"N1",
          "lines.":[{"id":1,"product":3,"product.":{"id":3,"code":"SKU-1"},"unit":1,"quantity":1.0,"unit_price":{"__class__":"Decimal","decimal":"10.0000"},"taxes":[1],"description":"Thing","type":"line"}]}]
        """;

    private string InvoiceRow() => $$$"""
        [{"id":9,"number":"INV1","state":"{{{Invoice}}}","company":1,"currency":1,"currency.":{"id":1,"code":"EUR","digits":2},
          "total_amount":{"__class__":"Decimal","decimal":"12.00"},"amount_to_pay":{"__class__":"Decimal","decimal":"{{{(Invoice == "paid" ? "0" : "12.00")}}}"}}]
        """;
}
