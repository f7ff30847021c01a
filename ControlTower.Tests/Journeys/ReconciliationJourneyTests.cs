using Xunit;

namespace ControlTower.Tests.Journeys;

/// <summary>The money of the estate's orders on every side: shop, ERP and processor agree to the cent; what does not arrive is known, and closes itself when it does.</summary>
public sealed class ReconciliationJourneyTests
{
    private const string Ledgers = "update feed_cursor set due_at = now() where (feed like 'ledger-%' or due_at > now() + interval '3 seconds') and due_at > now()";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_order_is_found_in_the_books_and_at_the_processor_and_one_that_does_not_arrive_is_known()
    {
        await using var world = await ShopToErpWorld.StartAsync(tills: 0, payments: true, Cancel);
        await world.PlaceAsync("shopify-eu", 6);
        await world.PlaceAsync("shopify-us", 3);
        await world.UntilAsync("select count(*) from flow where status = 'done' and stage = 'paid'", 9, ShopToErpWorld.FeedsNow);
        await world.UntilAsync("select count(distinct flow_id) from ledger_line where kind = 'Invoice' and status = 'Final'", 9, Ledgers);
        await world.UntilAsync("select count(distinct e.group_key) from recon_entry e join recon_entry o on o.comparison = e.comparison and o.group_key = e.group_key and o.other where e.comparison = 'order' and not e.other", 9, Ledgers);
        await world.UntilAsync("select count(*) from recon_dirty", 0);
        Assert.Empty(await world.TextsAsync("select concat_ws(' ', i.comparison, i.kind, i.document, i.first_amount, i.other_amount, i.currency, i.other_currency, (select string_agg(concat_ws(':', l.kind, l.amount, l.currency, l.tax), ', ' order by l.kind) from ledger_line l where l.flow_id = i.flow_id)) from recon_item i where comparison in ('order', 'refund') and state = 'open'"));

        // The web shop's cards are settled by Stripe: somebody says so, and what was told before finds its order.
        await world.UntilAsync("select count(*) from ledger_line where connection_id = 'stripe-eu' and kind = 'Charge'", 6, Ledgers);
        Assert.NotEmpty(await world.TextsAsync("update ledger_route set processor = 'stripe-eu', settled = true where channel = 'shopify-eu' returning method"));
        await world.LongAsync("select coalesce(sum(recon_routed(channel, method, 'stripe-eu')), 0)::bigint from ledger_route where channel = 'shopify-eu'");
        await world.UntilAsync("select count(distinct e.group_key) from recon_entry e join recon_entry o on o.comparison = e.comparison and o.group_key = e.group_key and o.other where e.comparison = 'settlement' and not e.other", 9, Ledgers);
        await world.UntilAsync("select count(*) from recon_dirty", 0);
        Assert.Empty(await world.TextsAsync("select concat_ws(' ', kind, document, first_amount, other_amount) from recon_item where comparison = 'settlement' and source in ('shopify-eu', 'stripe-eu') and state = 'open'"));

        // Late at once, so that the test need not wait for an hour.
        await world.LongAsync("with u as (update recon_comparison set lag = '0' where name = 'order' returning 1) select count(*) from u");
        await world.FaultAsync("bc-eu", new { kind = "down" });
        await world.PlaceAsync("shopify-eu", 1);
        await world.UntilAsync("select count(*) from recon_item where comparison = 'order' and kind = 'missing-other' and state = 'open' and due_at <= now()", 1);
        await world.HealAsync();
        await world.UntilAsync("select count(*) from recon_item where comparison = 'order' and state = 'open'", 0, Ledgers);
        Assert.Equal(1, await world.LongAsync("select count(*) from recon_item where comparison = 'order' and state = 'closed' and flow_id = (select max(id) from flow where kind = 'order-to-cash')"));
        Assert.Equal(0, await world.LongAsync("select count(*) from exception_case where state = 'open'"));
    }
}
