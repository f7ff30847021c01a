using Xunit;

namespace ControlTower.Tests.Journeys;

/// <summary>Orders through the whole product: promises P1, P3, P4, P5 and P13 against ledgers of the other side.</summary>
public sealed class ShopToErpTests
{
    private static readonly string[] Shops = ["shopify-eu", "shopify-uk", "shopify-us", "shopify-jp"];
    private static readonly string[] Erps = ["bc-eu", "bc-us"];

    private static CancellationToken Cancel => Xunit.TestContext.Current.CancellationToken;

    [Fact]
    public async Task Orders_go_from_every_shop_to_its_ERP_and_are_shipped_invoiced_and_paid_to_the_cent()
    {
        await using var world = await ShopToErpWorld.StartAsync(Cancel);
        foreach (var shop in Shops)
        {
            await world.PlaceAsync(shop, 5);
        }

        await world.UntilAsync("select count(*) from flow where status = 'done' and stage = 'paid'", 20, ShopToErpWorld.FeedsNow);
        await BooksAgreeAsync(world, 20);
        Assert.Equal(0, await world.LongAsync("select count(*) from exception_case"));
    }

    [Fact]
    public async Task Kills_of_tower_and_database_doubled_webhooks_lost_answers_late_commits_and_an_outage_lose_nothing_and_double_nothing()
    {
        await using var world = await ShopToErpWorld.StartAsync(Cancel);
        await world.FaultAsync("all", new { kind = "webhook-duplicate", copies = 3 });
        await world.FaultAsync("all", new { kind = "webhook-reorder", seconds = 1 });
        foreach (var erp in Erps)
        {
            await world.FaultAsync(erp, new { kind = "lost-answer", share = 0.2, count = 10 });
            await world.FaultAsync(erp, new { kind = "late-commit", share = 0.1, count = 2, seconds = 3 });
        }

        const int PerShop = 15;
        var kills = Task.Run(() => KillAsync(world), Cancel);
        for (var i = 0; i < 3; i++)
        {
            foreach (var shop in Shops)
            {
                await world.PlaceAsync(shop, PerShop / 3);
            }
        }

        await kills;
        await world.FaultAsync("bc-eu", new { kind = "down", lasts = 5 });
        foreach (var shop in Shops)
        {
            await world.PlaceAsync(shop, 1);
        }

        await world.UntilAsync("select count(*) from flow where status = 'done' and stage = 'paid'", Shops.Length * (PerShop + 1), ShopToErpWorld.FeedsNow);
        await BooksAgreeAsync(world, Shops.Length * (PerShop + 1));
        Assert.Equal(0, await world.LongAsync("select count(*) from (select 1 from event_log group by flow_id, step having count(*) > 1) d"));
        Assert.Equal(0, await world.LongAsync("select count(*) from flow f where f.steps <> (select count(*) from event_log e where e.flow_id = f.id)"));
    }

    [Theory]
    [InlineData("down")]
    [InlineData("unavailable")]
    public async Task An_ERP_that_is_away_for_many_probes_gets_everything_once_and_in_order_when_it_is_back_and_nobody_is_asked(string kind)
    {
        const int Orders = 12;
        await using var world = await ShopToErpWorld.StartAsync(Cancel, ("Breaker:FirstPauseSeconds", "0.2"), ("Breaker:LongestPauseSeconds", "0.2"));
        // One call at a time, so that the ERP's book shows the order in which they were sent.
        Assert.Equal(["bc-eu"], await world.TextsAsync("update connection set settings = settings || '{\"concurrency\":\"1\"}', version = version + 1 where id = 'bc-eu' returning id"));
        await world.UntilAsync("select count(*) from connection_gate where connection_id = 'bc-eu' and lease_until > now() and (budget ->> 'concurrency')::int = 1", 1);

        await world.FaultAsync("bc-eu", new { kind });
        await world.PlaceAsync("shopify-eu", Orders);
        await world.UntilAsync($"select count(*) from delivery where connection_id = 'bc-eu' and lane = 1 and state < 3", Orders);
        await world.UntilAsync("select least(count(*), 12) from vendor_call where connection_id = 'bc-eu' and purpose = 'test' and outcome <> 'ok'", 12);
        var waiting = await world.TextsAsync("select posting_key from delivery where connection_id = 'bc-eu' order by id");
        await world.HealAsync();

        await world.UntilAsync("select count(*) from flow where status = 'done' and stage = 'paid'", Orders, ShopToErpWorld.FeedsNow);
        var booked = (await world.LedgerAsync("bc-eu")).Where(e => e.Kind == "order-posted").Select(e => e.ExternalDocumentNumber);
        Assert.Equal(waiting, booked);
        Assert.Equal(0, await world.LongAsync("select count(*) from exception_case"));
    }

    // The signal for each kill is work in flight, not a time.
    private static async Task KillAsync(ShopToErpWorld world)
    {
        await world.UntilAsync("select (count(*) > 3)::int::bigint from flow", 1);
        await world.KillTowerAsync();
        await world.StartTowerAsync();
        await world.UntilAsync("select (count(*) > 0)::int::bigint from posting where state = 'confirmed'", 1);
        world.KillDatabase();
        await world.UntilAsync("select (count(*) > 10)::int::bigint from posting where state = 'confirmed'", 1);
        await world.KillTowerAsync();
        await world.StartTowerAsync();
    }

    private static async Task BooksAgreeAsync(ShopToErpWorld world, int orders)
    {
        var placed = new List<(string Name, decimal Amount, string Currency)>();
        foreach (var shop in Shops)
        {
            placed.AddRange((await world.LedgerAsync(shop)).Where(e => e.Kind == "order-placed").Select(e => (e.Number!, e.Amount, e.Currency!)));
        }

        var posted = new List<(string Key, decimal Amount, string Currency)>();
        var paid = new List<(string Key, decimal Amount)>();
        foreach (var erp in Erps)
        {
            var ledger = await world.LedgerAsync(erp);
            posted.AddRange(ledger.Where(e => e.Kind == "order-posted").Select(e => (e.ExternalDocumentNumber!, e.Amount, e.Currency!)));
            paid.AddRange(ledger.Where(e => e.Kind == "payment-posted").Select(e => (e.Number ?? e.Id, Math.Abs(e.Amount))));
        }

        Assert.Equal(orders, placed.Count);
        Assert.Equal(orders, posted.Count);
        Assert.Equal(orders, posted.Select(p => p.Key).Distinct(StringComparer.Ordinal).Count());
        Assert.Equal(orders, paid.Count);
        Assert.Equal(placed.Sum(p => p.Amount), posted.Sum(p => p.Amount));
        Assert.Equal(placed.Sum(p => p.Amount), paid.Sum(p => p.Amount));
        foreach (var (name, amount, currency) in placed)
        {
            var booked = Assert.Single(posted, p => p.Key.StartsWith(name.TrimStart('#').ToUpperInvariant() + "-", StringComparison.Ordinal));
            Assert.Equal((amount, currency), (booked.Amount, booked.Currency));
        }
    }
}
