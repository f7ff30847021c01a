using ControlTower.Data.Kpis;
using ControlTower.Tests.Support;
using Xunit;

namespace ControlTower.Tests.Data.Kpis;

/// <summary>Each figure by an example that was reckoned by hand.</summary>
public sealed partial class KpiFigureTests
{
    private const string Collect = """{"Mode": "ClickAndCollect", "Pickup": "store-1", "Items": [{"Id": "1"}, {"Id": "2"}]}""";
    private const string Sent = """{"Items": [{"Id": "1"}, {"Id": "2"}]}""";

    [Fact]
    public async Task An_order_counts_from_being_made_to_its_number_and_until_now_while_it_has_none()
    {
        await using var world = await KpiWorld.CreateAsync();
        var quick = await world.OrderAsync("#1", Minutes(1));
        await world.StepAsync(quick, "order.posted", Seconds(80));
        await world.StepAsync(quick, "order.acknowledged", Seconds(100));
        var slow = await world.OrderAsync("#2", Minutes(2));
        await world.StepAsync(slow, "order.acknowledged", Seconds(420));
        var gone = await world.OrderAsync("#3", Minutes(3));
        await world.StepAsync(gone, "order.cancelled", Seconds(1180));
        var stuck = await world.OrderAsync("#4", Minutes(4));
        await world.StepAsync(stuck, "order.captured", Seconds(241));
        var test = await world.OrderAsync("#5", Minutes(5), """{"Test": true}""");
        await world.StepAsync(test, "order.captured", Seconds(301));
        var till = await world.OrderAsync("#6", Minutes(6), """{"Mode": "HandedOver", "Pickup": "store-1"}""");
        await world.StepAsync(till, "order.posted", Seconds(400));
        await world.ReckonAsync(quick, slow, gone, stuck, test, till);

        // 40 s, 300 s, 1,000 s, and five days less four minutes.
        var figure = await world.FigureAsync("order-acknowledgement");
        Assert.Equal((4, 1, 3), (figure.N, figure.Open, figure.Hits));
        Near(300, figure.P50);
        Assert.True(figure.Value > 4.9 * 86_400);
        Assert.False(figure.OnTarget);
        Near((40 + 300 + 1000 + (await world.Database.ScalarAsync<double>($"select extract(epoch from now() - placed_at)::float8 from flow where id = {stuck}"))) / 4, figure.Mean);
        var tills = await world.FigureAsync("order-acknowledgement-tills");
        Assert.Equal(1, tills.N);
        Near(40, tills.Value);
        Assert.True(tills.OnTarget);

        var rows = await world.Queries.RowsAsync(KpiCatalogue.Find("order-acknowledgement")!, world.All, 60, hits: false, null, 10, default);
        Assert.Equal(["#4", "#3", "#2"], rows.Select(r => r.Name));
        Assert.Null(rows[0].Until);
        var page = await world.Queries.RowsAsync(KpiCatalogue.Find("order-acknowledgement")!, world.All, null, hits: false, (rows[1].At, rows[1].FlowId, rows[1].Subject), 10, default);
        Assert.Equal(["#2", "#1"], page.Select(r => r.Name));

        // Once it has its number, it lasts no more.
        await world.StepAsync(stuck, "order.acknowledged", Seconds(250));
        await world.ReckonAsync(stuck);
        figure = await world.FigureAsync("order-acknowledgement");
        Assert.Equal((4, 0, 2), (figure.N, figure.Open, figure.Hits));
        Near(10 + 40 + 300 + 1000, figure.Mean * 4);
    }

    [Fact]
    public async Task Orders_cycle_until_they_are_collected_on_their_way_or_invoiced()
    {
        await using var world = await KpiWorld.CreateAsync();
        var collected = await world.OrderAsync("#1", Minutes(0), Collect);
        await world.StepAsync(collected, "order.shipped", Minutes(90));
        await world.StepAsync(collected, "order.invoiced", Minutes(95));
        var sent = await world.OrderAsync("#2", Minutes(0), Sent);
        await world.StepAsync(sent, "order.part-shipped", Minutes(100));
        await world.StepAsync(sent, "order.shipped", Minutes(600));
        await world.StepAsync(sent, "order.invoiced", Minutes(610));
        await world.StepAsync(sent, "order.invoiced", Minutes(650));
        var dropped = await world.OrderAsync("#3", Minutes(0), Collect);
        await world.StepAsync(dropped, "order.cancelled", Minutes(5));
        await world.ReckonAsync(collected, sent, dropped);

        var pickup = await world.FigureAsync("order-cycle-pickup");
        Assert.Equal(1, pickup.N);
        Near(5400, pickup.Value);
        Assert.True(pickup.OnTarget);
        Near(36_000, (await world.FigureAsync("order-cycle-shipped")).Value);
        var invoiced = await world.FigureAsync("order-cycle-invoiced");
        Assert.Equal(2, invoiced.N);
        Near(36_600, invoiced.Value);
        var stores = await world.Queries.SharesAsync(KpiCatalogue.Find("order-cycle-pickup")!, world.All, "store", default);
        Assert.Equal("store-1", Assert.Single(stores).Key);
    }

    [Fact]
    public async Task A_perfect_order_is_the_product_of_its_four_shares()
    {
        await using var world = await KpiWorld.CreateAsync();
        var orders = new List<long>();
        for (var i = 1; i <= 4; i++)
        {
            var order = await world.OrderAsync($"#{i}", Minutes(0), Collect);
            await world.StepAsync(order, "order.shipped", i == 1 ? Minutes(180) : Minutes(60));
            if (i == 2)
            {
                await world.StepAsync(order, "order.short", Minutes(1));
            }

            await world.StepAsync(order, "order.completed", Minutes(200));
            orders.Add(order);
        }

        await new OrderWorld(world.Database).CaseAsync(orders[2], code: "erp-total-differs");
        await world.ReckonAsync([.. orders]);
        var figure = await world.FigureAsync("perfect-order");
        Assert.Equal(4, figure.N);
        Assert.Equal([0.75, 0.75, 1, 0.75], figure.Parts.Select(p => p.Value));
        Near(0.75 * 0.75 * 0.75, figure.Value);

        // Damage is found at the inspection of a return, long after.
        var back = await world.ReturnAsync("r-1", Minutes(500), $$"""{"OrderFlow": {{orders[3]}}}""");
        await world.Database.ExecuteAsync(
            $"""
            insert into refund_limit (flow_id, currency, captured) values ({orders[3]}, 'EUR', 100);
            insert into return_limit (flow_id, order_line_id, sold, worth) values ({orders[3]}, '1', 1, 10);
            insert into return_claim (flow_id, order_flow_id, order_line_id, sku, quantity, amount) values ({back}, {orders[3]}, '1', 'A', 1, 10);
            insert into location (id, name, kind) values ('store-1', 'Store 1', 'store');
            insert into stock (sku, location) values ('A', 'store-1');
            insert into return_stock (flow_id, inspection, order_line_id, sku, location, sound, damaged) values ({back}, 'i', '1', 'A', 'store-1', 0, 1)
            """);
        await world.ReckonAsync(back);
        Assert.Equal([0.75, 0.75, 0.75, 0.75], (await world.FigureAsync("perfect-order")).Parts.Select(p => p.Value));
    }

    [Fact]
    public async Task Oversold_are_the_lines_of_orders_that_lacked_stock_and_ended_with_less()
    {
        await using var world = await KpiWorld.CreateAsync();
        var fine = await world.OrderAsync("#1", Minutes(0), Sent);
        await world.StepAsync(fine, "order.shipped", Minutes(5));
        var late = await world.OrderAsync("#2", Minutes(0), Sent);
        await world.StepAsync(late, "order.short", Minutes(1));
        await world.StepAsync(late, "order.shipped", Minutes(500));
        var cancelled = await world.OrderAsync("#3", Minutes(0), """{"Items": [{"Id": "1"}]}""");
        await world.StepAsync(cancelled, "order.short", Minutes(1));
        await world.StepAsync(cancelled, "order.cancelled", Minutes(9));
        var wish = await world.OrderAsync("#4", Minutes(0), Sent);
        await world.StepAsync(wish, "order.cancelled", Minutes(9));
        var fewer = await world.OrderAsync("#5", Minutes(0), Sent);
        await world.StepAsync(fewer, "order.oversold", Minutes(1));
        await world.StepAsync(fewer, "order.shipped", Minutes(7), detail: "fewer than ordered");
        await world.ReckonAsync(fine, late, cancelled, wish, fewer);

        var figure = await world.FigureAsync("oversell");
        Assert.Equal((9, 3), (figure.N, figure.Hits));
        Near(3 / 9.0, figure.Value);
        Assert.Equal(["#5", "#3"], (await world.Queries.RowsAsync(KpiCatalogue.Find("oversell")!, world.All, null, hits: true, null, 10, default)).Select(r => r.Name));
    }

    [Fact]
    public async Task A_return_is_measured_from_the_scan_to_the_refund_and_by_each_step()
    {
        await using var world = await KpiWorld.CreateAsync();
        var back = await world.ReturnAsync("r-1", Minutes(0), """{"Store": "store-2"}""");
        await world.StepAsync(back, "return.received", Hours(1), reference: "store-2");
        await world.StepAsync(back, "return.inspected", Hours(7));
        await world.StepAsync(back, "return.refunded", Hours(20));
        await world.StepAsync(back, "return.credited", Hours(21));
        await world.StepAsync(back, "return.channel-told", Hours(22));
        var refused = await world.ReturnAsync("r-2", Minutes(0));
        await world.StepAsync(refused, "return.received", Hours(1), reference: "store-1");
        await world.StepAsync(refused, "return.refused", Hours(2));
        var byHand = await world.ReturnAsync("r-3", Minutes(0));
        await world.StepAsync(byHand, "return.received", Hours(1), reference: "store-1");
        await world.StepAsync(byHand, "return.settled-by-hand", Hours(31), detail: "Refund by Ida Holm");
        await world.ReckonAsync(back, refused, byHand);

        var figure = await world.FigureAsync("return-processing");
        Assert.Equal((2, 0, 1), (figure.N, figure.Open, figure.Hits));
        Near(30 * 3600, figure.Value);
        // The third was never inspected, so it waits for that still.
        var inspection = await world.FigureAsync("return-to-inspection");
        Assert.Equal((2, 1), (inspection.N, inspection.Open));
        Near(6 * 3600, inspection.P50);
        Near(14 * 3600, (await world.FigureAsync("return-to-credit")).Value);
        // A refund that came before the credit took no time.
        Near(1, (await world.FigureAsync("return-to-refund")).Value);
        Near(2 * 3600, (await world.FigureAsync("return-to-history")).P50);
        Assert.Equal(["store-1", "store-2"], (await world.Queries.SharesAsync(KpiCatalogue.Find("return-processing")!, world.All, "store", default)).Select(s => s.Key).Order());
    }

    private static TimeSpan Seconds(double n) => TimeSpan.FromSeconds(n);

    private static TimeSpan Minutes(double n) => TimeSpan.FromMinutes(n);

    private static TimeSpan Hours(double n) => TimeSpan.FromHours(n);

    private static void Near(double expected, double? actual) => Assert.InRange(actual ?? double.NaN, expected * 0.989, expected * 1.011);
}
