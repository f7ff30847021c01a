using System.Text.Json.Nodes;
using ControlTower.Simulator.Ledger;

namespace ControlTower.Simulator.Square;

/// <summary>Goods that come back: an order of their own, and the money in a refund.</summary>
internal static class PosReturns
{
    public static string Refund(PosAccount account, PosChange change, PosStore store, JsonObject sale, DateTimeOffset rung)
    {
        var saleId = sale["id"]!.GetValue<string>();
        var back = PosReturn.Of(Tills.Line(sale), saleId, account.Market.Currency);
        var payment = sale["tenders"]!.AsArray().OrderByDescending(t => t!["amount_money"].Minor()).First()!;
        // A refund gives back one payment, and no more than it was.
        if (payment["amount_money"].Minor() - payment["tip_money"].Minor() < back.Worth()) return PosSale.Ring(account, change, store, new PosBasket(account, store, new Traffic.Dice(account.Options.Seed, 47, account.Tables.Count("orders")), false), SaleKind.Card, null, rung);
        var id = GoodsBack(account, change, store, back, "goods-returned", rung);
        change.Puts.Add(account.Tables.Keep("returned", saleId, new JsonObject { ["by"] = id }));
        PosRefunds.Keep(account, change, account.Tables.Find("payments", payment["payment_id"]!.GetValue<string>()), store.LocationId, id, back.Worth(), "Returned goods", rung);
        change.Effects.Add(Money(account, "order-refunded", id, saleId, back));
        return id;
    }

    public static string Blind(PosAccount account, PosChange change, PosStore store, JsonObject sale, DateTimeOffset rung)
    {
        var back = PosReturn.Of(Tills.Line(sale), null, account.Market.Currency);
        var id = GoodsBack(account, change, store, back, "goods-returned-blind", rung);
        PosRefunds.Keep(account, change, null, store.LocationId, id, back.Worth(), "Returned goods", rung);
        return id;
    }

    /// <summary>The half of an exchange that comes back: the order is the new sale's.</summary>
    public static void TakeBack(PosAccount account, PosChange change, PosStore store, JsonObject sale, JsonObject back, string order)
    {
        var saleId = sale["id"]!.GetValue<string>();
        change.Puts.Add(account.Tables.Keep("returned", saleId, new JsonObject { ["by"] = order }));
        change.Effects.Add(Money(account, "order-refunded", order, saleId, back));
        PosStock.Move(account, change, store.LocationId, back["return_line_items"]![0]!["catalog_object_id"]!.GetValue<string>(), 1);
    }

    private static Effect Money(PosAccount account, string kind, string id, string follows, JsonObject back) => new()
    {
        System = account.SystemId, Kind = kind, Id = id, Follows = follows, Currency = account.Market.Currency, Amount = PosMoney.Major(back.Worth()), Tax = PosMoney.Major(back.Tax()),
    };

    private static string GoodsBack(PosAccount account, PosChange change, PosStore store, JsonObject back, string effect, DateTimeOffset rung)
    {
        var (id, currency) = (account.Next("orders"), account.Market.Currency);
        var order = PosSale.Head(account, store, id, rung);
        order["returns"] = new JsonArray(back);
        order["return_amounts"] = back["return_amounts"]!.DeepClone();
        order["net_amounts"] = PosReturn.Amounts(-back.Worth(), -back.Tax(), currency);
        order["total_money"] = PosMoney.Of(0, currency);
        PosSale.Keep(account, change, order, effect, PosMoney.Major(back.Worth()), PosMoney.Major(back.Tax()), [], back["source_order_id"]?.GetValue<string>());
        PosStock.Move(account, change, store.LocationId, back["return_line_items"]![0]!["catalog_object_id"]!.GetValue<string>(), 1);
        return id;
    }
}
