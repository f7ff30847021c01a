using System.Text.Json;
using ControlTower.Data.Canonical;

namespace ControlTower.Tests.Conformance.Tryton;

/// <summary>As much of Tryton as one sale needs: its states and those of its shipment and invoice.</summary>
internal sealed class TrytonWorld
{
    private string total = "12.00";
    private bool party;
    private bool payment;

    public static Order Order { get; } = new(
        new OrderKey("shop", "1"), "N1", "B", 1, new DateTimeOffset(2026, 11, 23, 0, 0, 0, TimeSpan.Zero), "EUR", true, new OrderTotals(12m, 2m, 0, 0),
        [new OrderLine("1", "SKU-1", "Thing", 1, 12m, 0m, [new TaxLine("VAT", 0.2m, 2m)])], [],
        new Buyer("5", "Ann", "ann@example.test", null, null, new PostalAddress("Ann", "1 Road", null, "Town", null, "1000", "FR")), PaymentState.Paid, [], FulfilmentMode.Ship);

    public string? Sale { get; set; }

    public string Shipment { get; set; } = "waiting";

    public string Invoice { get; set; } = "draft";

    /// <summary>What the sale that is created next will come to.</summary>
    public string NextTotal { get; set; } = "12.00";

    public FakeVendor Vendor() => new(request => FakeVendor.Json($$"""{"id":1,"result":{{Result(request.Json)}}}"""));

    private string Result(JsonElement call)
    {
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

    private string SaleRow() => Sale is null ? "[]" : $$"""
        [{"id":7,"_timestamp":"1.5","number":"S7","description":null,"state":"{{Sale}}","total_amount":{"__class__":"Decimal","decimal":"{{total}}"},"invoices":[9],"shipments":[8],
          "lines.":[{"id":1,"product":3,"quantity":1.0,"unit_price":{"__class__":"Decimal","decimal":"10.0000"},"type":"line"}]}]
        """;

    private string InvoiceRow() => $$$"""
        [{"id":9,"number":"INV1","state":"{{{Invoice}}}","company":1,"currency":1,"currency.":{"id":1,"code":"EUR","digits":2},
          "total_amount":{"__class__":"Decimal","decimal":"12.00"},"amount_to_pay":{"__class__":"Decimal","decimal":"{{{(Invoice == "paid" ? "0" : "12.00")}}}"}}]
        """;
}
