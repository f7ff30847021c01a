using System.Globalization;
using System.Text.Json.Nodes;
using ControlTower.Simulator;
using ControlTower.Simulator.Shopify;
using ControlTower.Simulator.Traffic;
using Xunit;

namespace ControlTower.Tests.Conformance;

/// <summary>Totals recomputed from the wire, as a reader would.</summary>
public sealed class OrderTotalsTests
{
    private static decimal Money(JsonNode? node) => decimal.Parse(node!.GetValue<string>(), CultureInfo.InvariantCulture);

    private static decimal Sum(JsonNode? array, Func<JsonNode, decimal> of) => array!.AsArray().Sum(x => of(x!));

    [Fact]
    public async Task The_lines_of_two_thousand_orders_add_up_to_their_totals_in_every_currency()
    {
        await using var estate = new Estate(new EstateOptions { Seed = 3 }, CancellationToken.None);
        var checkedOrders = 0;
        foreach (var shop in estate.Shops)
        {
            shop.Outbound = (_, topic, body) =>
            {
                if (topic != "orders/create") return;
                AddsUp(shop.Market, body);
                checkedOrders++;
            };
            for (var i = 0; i < 500; i++) await shop.PlaceAsync(new Wishes());
        }

        Assert.Equal(2000, checkedOrders);
    }

    private static void AddsUp(Market market, JsonObject order)
    {
        var lines = order["line_items"];
        var gross = Sum(lines, l => Money(l["price"]) * l["quantity"]!.GetValue<int>());
        var discounts = Sum(lines, l => Sum(l["discount_allocations"], d => Money(d["amount"])));
        var lineTax = Sum(lines, l => Sum(l["tax_lines"], t => Money(t["price"])));
        var shipping = Sum(order["shipping_lines"], s => Money(s["price"]));
        var shippingTax = Sum(order["shipping_lines"], s => Sum(s["tax_lines"], t => Money(t["price"])));
        var tax = lineTax + shippingTax;

        Assert.Equal(gross, Money(order["total_line_items_price"]));
        Assert.Equal(discounts, Money(order["total_discounts"]));
        Assert.Equal(gross - discounts, Money(order["subtotal_price"]));
        Assert.Equal(tax, Money(order["total_tax"]));
        Assert.Equal(tax, Sum(order["tax_lines"], t => Money(t["price"])));
        Assert.Equal(gross - discounts + shipping + (market.TaxesIncluded ? 0 : tax), Money(order["total_price"]));
        Assert.Equal(Money(order["total_price"]), Money(order["current_total_price"]));
        Assert.Equal(0m, Money(order["total_outstanding"]));
        Assert.Equal("paid", order["financial_status"]!.GetValue<string>());
        Assert.All(lines!.AsArray(), l => TaxIsOfTheLine(market, l!));
        Assert.Equal(market.Decimals == 0, !order["total_price"]!.GetValue<string>().Contains('.', StringComparison.Ordinal));
    }

    private static void TaxIsOfTheLine(Market market, JsonNode line)
    {
        var net = Money(line["price"]) * line["quantity"]!.GetValue<int>() - Sum(line["discount_allocations"], d => Money(d["amount"]));
        var rates = Sum(line["tax_lines"], t => t["rate"]!.GetValue<decimal>());
        foreach (var tax in line["tax_lines"]!.AsArray())
        {
            var exact = market.TaxesIncluded ? net * tax!["rate"]!.GetValue<decimal>() / (1 + rates) : net * tax!["rate"]!.GetValue<decimal>();
            Assert.True(Math.Abs(exact - Money(tax["price"])) <= market.Smallest / 2, $"{exact} {tax}");
        }
    }

    [Theory]
    [InlineData("shopify-eu")]
    [InlineData("shopify-us")]
    [InlineData("shopify-jp")]
    public async Task Refunds_of_single_units_give_back_exactly_what_was_paid(string system)
    {
        await using var estate = new Estate(new EstateOptions { Seed = 9 }, CancellationToken.None);
        var shop = estate.Shop(system)!;
        for (var i = 0; i < 40; i++)
        {
            var order = await shop.PlaceAsync(new Wishes { Lines = 3, Quantity = 3, Discount = true });
            while (order.Lines.FirstOrDefault(l => l.Current > 0) is { } line)
            {
                var last = order.Lines.Sum(l => l.Current) == 1;
                (order, var refund) = await shop.RefundAsync(order.Id, new Dictionary<long, int> { [line.Id] = 1 }, shipping: last, "back", null);
                Assert.True(new OrderSums(shop.Market, order).Outstanding == 0, $"{order.Name} owes {new OrderSums(shop.Market, order).Outstanding} after {refund.Payments.Sum(p => p.Amount)}");
            }

            var sums = new OrderSums(shop.Market, order);
            Assert.Equal(sums.Paid, sums.Refunded);
            Assert.Equal(0m, sums.CurrentTotal);
            Assert.Equal("refunded", sums.FinancialStatus);
        }
    }

    [Fact]
    public async Task An_edited_order_owes_nothing_and_its_stock_follows()
    {
        await using var estate = new Estate(new EstateOptions { Seed = 9 }, CancellationToken.None);
        var shop = estate.Shop("shopify-us")!;
        var order = await shop.PlaceAsync(new Wishes { Lines = 2, Quantity = 2, Discount = false });
        var before = shop.Stock.Find(order.Lines[0].InventoryItemId, order.LocationId)!;

        order = await shop.EditAsync(order.Id, increase: true);
        Assert.Equal(0m, new OrderSums(shop.Market, order).Outstanding);
        Assert.Equal(before.Available - 1, shop.Stock.Find(order.Lines[0].InventoryItemId, order.LocationId)!.Available);

        order = await shop.CancelAsync(order.Id, "customer", restock: true);
        Assert.Equal(0m, new OrderSums(shop.Market, order).CurrentTotal);
        Assert.Equal(before.Available + 2, shop.Stock.Find(order.Lines[0].InventoryItemId, order.LocationId)!.Available);
    }
}
