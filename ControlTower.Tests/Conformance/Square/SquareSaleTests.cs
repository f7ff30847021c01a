using System.Text.Json.Nodes;
using ControlTower.Data.Canonical;
using ControlTower.Sync.Connectors;
using ControlTower.Sync.Connectors.Square;
using ControlTower.Sync.Flows.OrderToCash;
using Xunit;

namespace ControlTower.Tests.Conformance.Square;

public sealed class SquareSaleTests
{
    private static Translation Translate(string topic, byte[] body) =>
        new SquareConnector().Translate(new StoredMessage(1, topic, "event-1", NetworkFault.Now, body), SquareWorld.Profile);

    private static IReadOnlyList<CanonicalEvent> Events(Translation translation) => translation is Translation.Events events ? events.List : throw new Xunit.Sdk.XunitException(translation.ToString());

    private static IReadOnlyList<CanonicalEvent> Told(Action<JsonObject>? edit = null) => Events(Translate("read/order", Document(edit)));

    private static Order Sale(Action<JsonObject>? edit = null) => Assert.IsType<OrderStated>(Told(edit)[0]).Statement;

    private static byte[] Document(Action<JsonObject>? edit)
    {
        var order = JsonNode.Parse(SquareWorld.Sale)!.AsObject();
        edit?.Invoke(order);
        return SquareWorld.Read(order.ToJsonString());
    }

    private static JsonObject Eur(long minor) => new() { ["amount"] = minor, ["currency"] = "EUR" };

    private static void AddsUp(Order order)
    {
        var findings = Findings.Of(order);
        Assert.Empty(findings.Faults);
        Assert.Equal((0m, 0m), (findings.TotalDifference, findings.TaxDifference));
    }

    private static void Waits(string code, string field, Action<JsonObject> edit)
    {
        var finding = Assert.IsType<Translation.Unreadable>(Translate("read/order", Document(edit)));
        Assert.Equal(($"square-{code}", field), (finding.Code, finding.Field));
        Assert.Contains(field, finding.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_till_sale_is_an_order_paid_and_handed_over_in_its_store()
    {
        var events = Told();
        var order = Assert.IsType<OrderStated>(events[0]).Statement;
        AddsUp(order);
        Assert.Equal((40.00m, 6.38m, 5.00m), (order.Totals.Total, order.Totals.Tax, order.Totals.Discount));
        Assert.Equal((FulfilmentMode.HandedOver, "EU-BER1", PaymentState.Paid, true), (order.Fulfilment, order.PickupLocation, order.Payment, order.TaxesIncluded));
        Assert.Equal([("CAP", 2, 12.50m, 5.00m), ("TEE", 1, 20.00m, 0m)], order.Lines.Select(l => (l.Sku, l.Quantity, l.UnitPrice, l.Discount)));
        Assert.Equal([0.19m, 0.19m], order.Lines.SelectMany(l => l.Taxes).Select(t => t.Rate));
        var gone = Assert.IsType<ShipmentConfirmed>(events[1]);
        Assert.True(gone.Complete);
        Assert.Equal([("CAP", 2), ("TEE", 1)], gone.Lines.Select(l => (l.Sku, l.Quantity)));
        Assert.Equal(2, events.Count);
    }

    [Fact]
    public void Split_tenders_are_all_told() =>
        Assert.Equal([("cash", 10.00m), ("card", 30.00m)], Sale().Tenders.Select(t => (t.Method, t.Amount)));

    [Fact]
    public void Taxes_on_top_stay_out_of_the_unit_price()
    {
        var order = Sale(o =>
        {
            o["taxes"]![0]!["type"] = "ADDITIVE";
            foreach (var line in o["line_items"]!.AsArray()) line!["total_money"] = Eur(line["total_money"]!["amount"]!.GetValue<long>() + 319);
            o["total_money"] = Eur(4638);
        });
        AddsUp(order);
        Assert.False(order.TaxesIncluded);
        Assert.Equal((12.50m, 46.38m), (order.Lines[0].UnitPrice, order.Totals.Total));
    }

    [Fact]
    public void Gross_sales_without_the_tax_in_the_price_as_in_some_countries_change_nothing() =>
        Assert.Equal(Sale().Lines[0].UnitPrice, Sale(o => o["line_items"]![0]!["gross_sales_money"] = Eur(2101)).Lines[0].UnitPrice);

    [Theory]
    [InlineData(4250)]
    [InlineData(4000)]
    public void A_tip_is_no_revenue_whether_or_not_the_total_has_it_in(long total)
    {
        var order = Sale(o => (o["total_tip_money"], o["total_money"], o["tenders"]![1]!["amount_money"]) = (Eur(250), Eur(total), Eur(3250)));
        AddsUp(order);
        Assert.Equal(40.00m, order.Totals.Total);
        Assert.Equal(42.50m, order.Tenders.Sum(t => t.Amount));
    }

    [Theory]
    [InlineData(2)]
    [InlineData(-2)]
    public void Cash_rounding_stands_beside_the_goods(long cents)
    {
        var order = Sale(o => (o["rounding_adjustment"], o["total_money"]) = (new JsonObject { ["amount_money"] = Eur(cents) }, Eur(4000 + cents)));
        AddsUp(order);
        Assert.Equal(("ROUNDING", cents / 100m), (Assert.Single(order.Shipping).Code, order.Shipping[0].Price));
    }

    [Fact]
    public void A_service_charge_is_a_charge_of_its_own_with_its_tax()
    {
        var order = Sale(o =>
        {
            o["service_charges"] = new JsonArray(new JsonObject { ["uid"] = "s1", ["name"] = "Gift wrap", ["applied_money"] = Eur(119), ["total_money"] = Eur(119), ["applied_taxes"] = new JsonArray(new JsonObject { ["tax_uid"] = "t", ["applied_money"] = Eur(19) }) });
            (o["total_money"], o["total_tax_money"]) = (Eur(4119), Eur(657));
        });
        AddsUp(order);
        Assert.Equal((1.19m, 0.19m), (order.Shipping[0].Price, order.Shipping[0].Tax));
    }

    [Fact]
    public void Amounts_are_read_in_the_minor_units_of_their_currency()
    {
        var text = SquareWorld.Sale.Replace("EUR", "JPY", StringComparison.Ordinal);
        Assert.Equal(4000m, Assert.IsType<OrderStated>(Events(Translate("read/order", SquareWorld.Read(text)))[0]).Statement.Totals.Total);
    }

    [Fact]
    public void An_exchange_credits_the_earlier_sale_with_what_the_goods_paid_of_the_new_one()
    {
        var events = Told(o => (o["returns"], o["tenders"]) = (new JsonArray(JsonNode.Parse(SquareWorld.Returned)), new JsonArray(new JsonObject { ["id"] = "p1", ["type"] = "CARD", ["amount_money"] = Eur(2500) })));
        var order = Assert.IsType<OrderStated>(events[0]).Statement;
        AddsUp(order);
        Assert.Equal(40.00m, order.Totals.Total);
        Assert.Equal([("card", 25.00m), ("exchange", 15.00m)], order.Tenders.Select(t => (t.Method, t.Amount)));
        var credit = Assert.IsType<RefundRecorded>(events[2]);
        Assert.Equal((new OrderKey("tills", "SALE0"), 15.00m), (credit.Key, credit.Amount.Amount));
        Assert.Equal([("l9", "TEE", 1, 15.00m)], credit.Lines.Select(l => (l.OrderLineId, l.Sku!, l.Quantity, l.Amount)));
        Assert.Equal((credit.RefundId, new OrderKey("tills", "SALE0")), (Assert.IsType<ReturnStated>(events[3]).Key.Id, ((ReturnStated)events[3]).Of));
        Assert.Equal(credit.RefundId, credit.OfReturn);
    }

    [Fact]
    public void An_exchange_for_something_cheaper_credits_no_more_than_the_new_sale()
    {
        var dear = SquareWorld.Returned.Replace("1500", "9900", StringComparison.Ordinal);
        var events = Told(o => (o["returns"], o["tenders"]) = (new JsonArray(JsonNode.Parse(dear)), new JsonArray()));
        Assert.Equal(40.00m, Assert.IsType<RefundRecorded>(events[2]).Amount.Amount);
        Assert.Equal(40.00m, Assert.IsType<OrderStated>(events[0]).Statement.Tenders.Sum(t => t.Amount));
    }

    [Theory]
    [InlineData(1502, 2, 15.02)]
    [InlineData(1498, -2, 14.98)]
    [InlineData(1500, 2, 15.00)]
    public void What_cash_was_rounded_by_is_in_the_worth_of_what_came_back_where_the_sums_agree(int total, int rounding, double worth)
    {
        var back = JsonNode.Parse(SquareWorld.Returned)!.AsObject();
        (back["return_amounts"]!["total_money"], back["rounding_adjustment"]) = (Eur(total), new JsonObject { ["amount_money"] = Eur(rounding) });
        var stated = Assert.IsType<ReturnStated>(Events(Translate("read/refund", SquareWorld.Refund(order: $$"""{"id":"RET1","returns":[{{back.ToJsonString()}}]}""")))[1]);
        Assert.Equal((decimal)worth, Assert.Single(stated.Lines).Worth);
    }

    [Fact]
    public void What_goods_were_worth_beyond_the_new_sale_is_paid_for_the_same_return_and_names_no_goods_again()
    {
        var order = $$"""{"id":"SALE9","line_items":[{"uid":"n1","quantity":"1"}],"returns":[{{SquareWorld.Returned}}]}""";
        var events = Events(Translate("read/refund", SquareWorld.Refund(order: order)));
        var refund = Assert.IsType<RefundRecorded>(events[0]);
        Assert.Equal(("exchange:SALE9:SALE0", 0), (refund.OfReturn, refund.Lines.Count));
        Assert.Equal(("exchange:SALE9:SALE0", "p1_r1"), (Assert.IsType<ReturnRefunded>(events[1]).Key.Id, ((ReturnRefunded)events[1]).RefundId));
        Assert.Equal(2, events.Count);
    }

    [Fact]
    public void Goods_of_which_other_goods_left_nothing_to_pay_are_stated_without_money_and_their_refund_finds_their_return()
    {
        var (dear, other) = (SquareWorld.Returned.Replace("1500", "4000", StringComparison.Ordinal), SquareWorld.Returned.Replace("SALE0", "SALE1", StringComparison.Ordinal));
        var events = Told(o => (o["returns"], o["tenders"]) = (new JsonArray(JsonNode.Parse(dear), JsonNode.Parse(other)), new JsonArray()));
        Assert.Equal(40.00m, Assert.Single(events.OfType<RefundRecorded>()).Amount.Amount);
        var stated = events.OfType<ReturnStated>().ToList();
        Assert.Equal(["SALE0", "SALE1"], stated.Select(s => s.Of.Id));
        Assert.Equal(stated[0].Key, Assert.Single(events.OfType<ReturnRefunded>()).Key);
        Assert.Equal(stated.Select(s => s.Key), events.OfType<ReturnInspected>().Select(i => i.Key));
        Assert.Equal([("exchange", 40.00m)], Assert.IsType<OrderStated>(events[0]).Statement.Tenders.Select(t => (t.Method, t.Amount)));
    }

    [Fact]
    public void A_ticket_that_takes_back_goods_of_two_sales_is_a_return_of_each()
    {
        var other = SquareWorld.Returned.Replace("SALE0", "SALE1", StringComparison.Ordinal);
        var events = Events(Translate("read/refund", SquareWorld.Refund(order: $$"""{"id":"RET1","returns":[{{SquareWorld.Returned}},{{other}}]}""")));
        var stated = Assert.Single(events.OfType<ReturnStated>());
        Assert.Equal((new OrderKey("tills", "RET1:SALE0"), new OrderKey("tills", "SALE0")), (stated.Key, stated.Of));
        Assert.Equal("RET1:SALE0", Assert.IsType<RefundRecorded>(events[0]).OfReturn);
    }

    [Theory]
    [InlineData("source_line_item_uid")]
    [InlineData("return_line_items")]
    public void Money_given_back_for_no_line_of_the_sale_is_recorded_and_starts_no_return(string missing)
    {
        var back = JsonNode.Parse(SquareWorld.Returned)!.AsObject();
        if (!back.Remove(missing))
        {
            back["return_line_items"]![0]!.AsObject().Remove(missing);
        }

        var refund = Assert.IsType<RefundRecorded>(Assert.Single(Events(Translate("read/refund", SquareWorld.Refund(order: $$"""{"id":"RET1","returns":[{{back.ToJsonString()}}]}""")))));
        Assert.Equal((15.00m, null), (refund.Amount.Amount, refund.OfReturn));
    }

    [Fact]
    public void Goods_without_a_receipt_wait_for_a_person_and_so_does_an_exchange_of_them()
    {
        static void Blind(JsonObject o)
        {
            o["returns"] = new JsonArray(JsonNode.Parse(SquareWorld.Returned));
            o["returns"]![0]!.AsObject().Remove("source_order_id");
        }

        Waits("blind-return", "order.returns.source_order_id", Blind);
        Waits("blind-return", "order.returns.source_order_id", o =>
        {
            Blind(o);
            o.Remove("line_items");
        });
        var money = Assert.IsType<Translation.Unreadable>(Translate("read/refund", SquareWorld.Refund(payment: "null")));
        Assert.Equal("refund.payment_id", money.Field);
    }

    [Fact]
    public void What_cannot_be_told_from_the_document_names_its_field_and_is_not_guessed()
    {
        Waits("quantity", "order.line_items.quantity", o => o["line_items"]![0]!["quantity"] = "1.5");
        Waits("quantity", "order.line_items.quantity", o => o["line_items"]![0]!["quantity"] = "0");
        Waits("quantity", "order.line_items.quantity", o => o["line_items"]![0]!["quantity"] = "-1");
        Waits("tax-kind", "order.taxes.type", o => o["taxes"]!.AsArray().Add(new JsonObject { ["uid"] = "x", ["type"] = "ADDITIVE" }));
        Waits("item-type", "order.line_items.item_type", o => o["line_items"]![0]!["item_type"] = "GIFT_CARD");
        Waits("service-charge", "order.service_charges.treatment_type", o => o["service_charges"] = new JsonArray(new JsonObject { ["treatment_type"] = "APPORTIONED_TREATMENT" }));
        Waits("gratuity", "order.service_charges.type", o => o["service_charges"] = new JsonArray(new JsonObject { ["type"] = "AUTO_GRATUITY" }));
        Waits("currency", "order.tenders.amount_money.currency", o => o["tenders"]![0]!["amount_money"]!["currency"] = "USD");
        Waits("amount", "order.tenders.amount_money.amount", o => o["tenders"]![0]!["amount_money"]!["amount"] = 10.5);
        Waits("unit-price", "order.line_items.total_money", o => o["line_items"]![0]!["quantity"] = "7");
        Waits("state", "order.state", o => o["state"] = "NEW");
        Waits("id", "order.location_id", o => o["location_id"] = "../x");
    }

    [Fact]
    public void Open_and_cancelled_tickets_and_an_opened_drawer_are_no_sales()
    {
        Assert.IsType<Translation.Ignored>(Translate("read/order", Document(o => o["state"] = "OPEN")));
        Assert.IsType<Translation.Ignored>(Translate("read/order", Document(o => o["state"] = "CANCELED")));
        Assert.IsType<Translation.Ignored>(Translate("read/order", Document(o =>
        {
            o.Remove("line_items");
            o["total_money"] = Eur(0);
        })));
        Waits("lines", "order.line_items", o => o.Remove("line_items"));
    }

    [Fact]
    public void An_amount_typed_in_by_the_cashier_has_no_SKU_unless_the_connection_names_one()
    {
        static void Custom(JsonObject o)
        {
            o["line_items"]![0]!["item_type"] = "CUSTOM_AMOUNT";
            o["line_items"]![0]!.AsObject().Remove("catalog_object_id");
        }

        var line = Sale(Custom).Lines[0];
        Assert.Equal(("", false), (line.Sku, line.RequiresShipping));
        Assert.Contains(Findings.Of(Sale(Custom)).Faults, f => f.Code == "missing-sku");
    }

    [Fact]
    public void A_refund_credits_the_sale_of_its_payment_with_the_goods_that_came_back()
    {
        var order = $$"""{"id":"RET1","returns":[{{SquareWorld.Returned}}]}""";
        var events = Events(Translate("read/refund", SquareWorld.Refund(order: order)));
        var refund = Assert.IsType<RefundRecorded>(events[0]);
        Assert.Equal(("p1_r1", new OrderKey("tills", "SALE0"), 15.00m, "RET1"), (refund.RefundId, refund.Key, refund.Amount.Amount, refund.OfReturn));
        var stated = Assert.IsType<ReturnStated>(events[1]);
        Assert.Equal((new OrderKey("tills", "RET1"), new OrderKey("tills", "SALE0"), true, true), (stated.Key, stated.Of, stated.AtTill, stated.Approved));
        Assert.Equal([new ReturnedLine("l9", 1, ReturnReasons.Other, 15.00m)], stated.Lines);
        Assert.Equal(("p1_r1", 15.00m), (Assert.IsType<ReturnRefunded>(events[2]).RefundId, ((ReturnRefunded)events[2]).Amount.Amount));
        Assert.Equal([new InspectedLine("l9", 1, GoodsCondition.Sound)], Assert.IsType<ReturnInspected>(events[3]).Lines);
        Assert.Equal(4, events.Count);
        Assert.Equal([("l9", "TEE", 1)], refund.Lines.Select(l => (l.OrderLineId, l.Sku!, l.Quantity)));
        Assert.IsType<Translation.Ignored>(Translate("read/refund", SquareWorld.Refund(status: "PENDING")));
        Assert.IsType<Translation.Ignored>(Translate("read/refund", SquareWorld.Refund(status: "FAILED")));
    }

    [Fact]
    public void Webhooks_only_name_what_to_read()
    {
        Assert.Equal($"order/{SquareWorld.SaleId}", Assert.IsType<Translation.Fetch>(Translate("order.updated", SquareWorld.Hint())).Resource);
        Assert.Equal($"order/{SquareWorld.SaleId}", Assert.IsType<Translation.Fetch>(Translate("order.created", SquareWorld.Hint("order.created", "order_created"))).Resource);
    }

    [Fact]
    public void A_webhook_sealed_for_another_address_is_forged()
    {
        var moved = SquareWorld.Profile with { Settings = new Dictionary<string, string>(SquareWorld.Profile.Settings) { ["notificationUrl"] = "https://elsewhere.test/x" } };
        var push = new SquareConformanceTests().Push(SquareWorld.Hint(), SquareWorld.Key);
        Assert.IsType<Receipt.Authentic>(new SquareConnector().Receive(push, SquareWorld.Profile, NetworkFault.Now));
        Assert.IsType<Receipt.Forged>(new SquareConnector().Receive(push, moved, NetworkFault.Now));
    }
}
