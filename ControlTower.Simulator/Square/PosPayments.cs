using System.Text.Json.Nodes;

namespace ControlTower.Simulator.Square;

/// <summary>Payments of a sale, and the tenders under which the order names them.</summary>
internal static class PosPayments
{
    public static JsonArray Take(PosAccount account, PosChange change, PosStore store, string order, SaleKind kind, long due, long tip, DateTimeOffset rung)
    {
        var tenders = new JsonArray();
        if (due <= 0) return tenders;
        var cash = kind == SaleKind.Cash ? due : kind == SaleKind.Split ? due / 2 : 0;
        if (cash > 0) tenders.Add(Pay(account, change, store, order, "CASH", cash, 0, rung));
        if (due - cash > 0) tenders.Add(Pay(account, change, store, order, "CARD", due - cash, tip, rung));
        return tenders;
    }

    private static JsonObject Pay(PosAccount account, PosChange change, PosStore store, string order, string type, long amount, long tip, DateTimeOffset rung)
    {
        var (id, currency, now) = (account.Next("payments"), account.Market.Currency, PosMoney.Iso(account.Options.Clock.GetUtcNow()));
        var payment = new JsonObject
        {
            ["id"] = id, ["status"] = "COMPLETED", ["source_type"] = type, ["location_id"] = store.LocationId, ["order_id"] = order,
            ["amount_money"] = PosMoney.Of(amount - tip, currency), ["tip_money"] = PosMoney.Of(tip, currency), ["total_money"] = PosMoney.Of(amount, currency), ["approved_money"] = PosMoney.Of(amount, currency),
            ["receipt_number"] = id[..4], ["created_at"] = PosMoney.Iso(rung), ["updated_at"] = now,
        };
        var tender = new JsonObject
        {
            ["id"] = id, ["payment_id"] = id, ["location_id"] = store.LocationId, ["transaction_id"] = order, ["type"] = type, ["created_at"] = PosMoney.Iso(rung),
            ["amount_money"] = PosMoney.Of(amount, currency), ["tip_money"] = PosMoney.Of(tip, currency),
        };
        if (type == "CASH")
        {
            var given = (amount + 999) / 1000 * 1000;
            payment["cash_details"] = new JsonObject { ["buyer_supplied_money"] = PosMoney.Of(given, currency), ["change_back_money"] = PosMoney.Of(given - amount, currency) };
            tender["cash_details"] = new JsonObject { ["buyer_tendered_money"] = PosMoney.Of(given, currency), ["change_back_money"] = PosMoney.Of(given - amount, currency) };
        }
        else
        {
            payment["card_details"] = new JsonObject { ["status"] = "CAPTURED", ["entry_method"] = "EMV", ["card"] = new JsonObject { ["card_brand"] = "VISA", ["last_4"] = "0000" } };
            tender["card_details"] = new JsonObject { ["status"] = "CAPTURED", ["entry_method"] = "EMV", ["card"] = new JsonObject { ["card_brand"] = "VISA", ["last_4"] = "0000" } };
        }

        change.Puts.Add(account.Tables.Keep("payments", id, payment));
        change.Events.Add(("payment.created", id, "payment", new JsonObject { ["payment"] = payment.DeepClone() }));
        return tender;
    }
}
