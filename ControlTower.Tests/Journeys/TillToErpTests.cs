using ControlTower.Simulator.Square;
using Xunit;

namespace ControlTower.Tests.Journeys;

/// <summary>Sales at tills through the whole product, against the ledgers of the tills and of the ERP.</summary>
public sealed class TillToErpTests
{
    private const string Till = "square-eu";

    private static readonly SaleKind[] Kinds = [SaleKind.Card, SaleKind.Cash, SaleKind.Split, SaleKind.Tipped, SaleKind.Discounted, SaleKind.Exchange, SaleKind.Refund];

    private static CancellationToken Cancel => Xunit.TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_till_sale_stands_in_the_books_once_and_to_the_cent_though_webhooks_are_doubled_and_lost_and_a_store_was_offline()
    {
        await using var world = await ShopToErpWorld.StartAsync(tills: 12, Cancel);
        var pos = world.Estate.Estate.Pos!;
        await world.FaultAsync(Till, new { kind = "webhook-drop", share = 0.3 });
        await world.FaultAsync(Till, new { kind = "webhook-duplicate", copies = 3 });
        pos.Tills.Cut(pos.Account.Stores[2]);
        foreach (var store in pos.Account.Stores.Take(6))
        {
            foreach (var kind in Kinds)
            {
                await pos.Tills.SellAsync(store, kind);
            }
        }

        Assert.Equal(Kinds.Length, await pos.Tills.ReconnectAsync(pos.Account.Stores[2]));
        var ledger = await world.LedgerAsync(Till);
        var placed = ledger.Where(e => e.Kind == "order-placed").ToList();
        var refunded = ledger.Where(e => e.Kind == "order-refunded").ToList();
        await world.UntilAsync("select count(*) from flow where source = 'square-eu' and status = 'done' and stage = 'paid'", placed.Count, ShopToErpWorld.FeedsNow);
        await world.UntilAsync("select coalesce(sum((r ->> 'Amount')::numeric * 100), 0)::bigint from flow, jsonb_array_elements(state -> 'Refunds') r", (long)(refunded.Sum(r => r.Amount) * 100), ShopToErpWorld.FeedsNow);

        var booked = await world.LedgerAsync("bc-eu");
        var posted = booked.Where(e => e.Kind == "order-posted").ToList();
        Assert.Equal(placed.Count, posted.Count);
        Assert.Equal(placed.Count, booked.Count(e => e.Kind == "payment-posted"));
        Assert.Equal(placed.Sum(p => p.Amount), booked.Where(e => e.Kind == "payment-posted").Sum(e => Math.Abs(e.Amount)));
        Assert.All(placed, sale => Assert.Equal(sale.Amount, Assert.Single(posted, p => p.ExternalDocumentNumber!.StartsWith($"{sale.Id[..18]}-", StringComparison.Ordinal)).Amount));

        // What the tills took back by themselves, exchanges among it, is credited once each and with what they paid, and lies in the stores again.
        await world.UntilAsync("select count(*) from flow where kind = 'return-to-refund' and source = 'square-eu' and status = 'done' and stage = 'closed'", refunded.Count, ShopToErpWorld.FeedsNow);
        booked = await world.LedgerAsync("bc-eu");
        Assert.Equal(refunded.Select(r => r.Amount).Order(), booked.Where(e => e.Kind == "credit-memo-posted").Select(e => Math.Abs(e.Amount)).Order());
        Assert.Equal(refunded.Count, await world.LongAsync("select sum(on_hand_delta) from stock_ledger where reason = 'return'"));
        Assert.Equal(0, await world.LongAsync("select count(*) from delivery where kind in ('RefundPayment', 'CloseReturn')"));

        // The goods left the stores' stock once each, and nothing was ever set aside for them.
        Assert.Equal((long)placed.Sum(p => p.Lines.Sum(l => l.Quantity)), await world.LongAsync("select -sum(on_hand_delta) from stock_ledger where reason = 'commit'"));
        Assert.Equal(0, await world.LongAsync("select count(*) from stock_ledger where reason = 'reserve'"));
        Assert.Equal(0, await world.LongAsync("select count(*) from exception_case"));
    }
}
