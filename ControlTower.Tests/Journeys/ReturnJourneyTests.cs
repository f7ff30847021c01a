using ControlTower.Data.Audit;
using ControlTower.Data.Canonical;
using ControlTower.Data.Db;
using ControlTower.Data.Live;
using ControlTower.Sync.Pumps;
using ControlTower.Sync.Returns;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace ControlTower.Tests.Journeys;

/// <summary>Bought on the web, handed in at a store: against the ledgers of the shop and of the ERP.</summary>
public sealed class ReturnJourneyTests
{
    private const string Store = "EU-BER1";

    private static CancellationToken Cancel => Xunit.TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_was_bought_on_the_web_and_handed_in_at_a_store_is_credited_once_refunded_once_on_the_web_account_and_lies_in_that_store()
    {
        await using var world = await ShopToErpWorld.StartAsync(Cancel);
        await world.FaultAsync("shopify-eu", new { kind = "webhook-duplicate", copies = 2 });
        await world.FaultAsync("bc-eu", new { kind = "lost-answer", share = 0.3, count = 4 });
        await world.PlaceAsync("shopify-eu", 4);
        await world.UntilAsync("select count(*) from flow where kind = 'order-to-cash' and status = 'done' and stage = 'paid'", 4, ShopToErpWorld.FeedsNow);
        await using var sources = new TowerDataSources(await world.ConnectionStringAsync());
        var desk = new ReturnDesk(sources, new AuditLog(sources, TimeProvider.System), new ChangeNotifier(sources, TimeProvider.System, NullLogger<ChangeNotifier>.Instance), new Doorbell());

        var wishes = new List<ReturnWish>();
        foreach (var text in await world.TextsAsync("select f.id || '|' || (d.body -> 'lines' -> 0 ->> 'id') from flow f join order_document d on d.flow_id = f.id where f.kind = 'order-to-cash' and d.version = (f.state ->> 'Document')::bigint"))
        {
            var (flow, line) = (long.Parse(text.Split('|')[0], System.Globalization.CultureInfo.InvariantCulture), text.Split('|')[1]);
            wishes.Add(new ReturnWish(
                Guid.NewGuid(), flow, [new ReturnedLine(line, 1, ReturnReasons.Size)], Store, Receipt: true, [new InspectedLine(line, 1, GoodsCondition.Sound)]));
        }

        // The assistant presses twice, and the tower dies in between.
        foreach (var wish in wishes)
        {
            Assert.IsType<ReturnAnswer.Taken>(await desk.StartAsync(wish, Assistant, Cancel));
        }

        await world.KillTowerAsync();
        await world.StartTowerAsync();
        await using var again = new TowerDataSources(await world.ConnectionStringAsync());
        foreach (var wish in wishes)
        {
            var second = new ReturnDesk(again, new AuditLog(again, TimeProvider.System), new ChangeNotifier(again, TimeProvider.System, NullLogger<ChangeNotifier>.Instance), new Doorbell());
            Assert.IsType<ReturnAnswer.Taken>(await second.StartAsync(wish, Assistant, Cancel));
        }

        await world.UntilAsync("select count(*) from flow where kind = 'return-to-refund' and status = 'done' and stage = 'closed'", 4, ShopToErpWorld.FeedsNow);
        var refunds = (await world.LedgerAsync("shopify-eu")).Where(e => e.Kind == "order-refunded").ToList();
        var credits = (await world.LedgerAsync("bc-eu")).Where(e => e.Kind == "credit-memo-posted").ToList();
        Assert.Equal(4, refunds.Count);
        Assert.Equal(4, credits.Count);
        Assert.Equal(refunds.Select(r => r.Amount).Order(), credits.Select(c => c.Amount).Order());
        Assert.All(refunds, r => Assert.True(r.Amount > 0m));

        // The web's own word of our refunds came in and counts once; the goods lie where they were handed in.
        await world.UntilAsync("select count(*) from refund_stated where return_flow_id is not null", 4, ShopToErpWorld.FeedsNow);
        await world.UntilAsync("select count(*) from flow, jsonb_array_elements(state -> 'Refunds') r where kind = 'order-to-cash'", 4, ShopToErpWorld.FeedsNow);
        Assert.Equal((long)(refunds.Sum(r => r.Amount) * 100), await world.LongAsync("select (sum(claimed) * 100)::bigint from refund_limit where stated = 0"));
        Assert.Equal(4, await world.LongAsync($"select sum(on_hand_delta) from stock_ledger where reason = 'return' and location = '{Store}'"));
        Assert.Equal(0, await world.LongAsync("select count(*) from exception_case where state = 'open'"));
    }

    private static Actor Assistant { get; } = new(null, "Tina", "Operations");
}
