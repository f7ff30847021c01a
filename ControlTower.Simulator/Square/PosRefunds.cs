using System.Text.Json;
using System.Text.Json.Nodes;
using ControlTower.Simulator.Ledger;

namespace ControlTower.Simulator.Square;

/// <summary>Refunds, rung up at a till or asked for through the API: never more of a payment than it was. A repeated key gives the first answer, with other contents a refusal.</summary>
internal static class PosRefunds
{
    private const int LongestKey = 45;

    public static JsonObject Create(PosAccount account, PosChange change, JsonElement body)
    {
        var asked = JsonObject.Create(body) ?? throw new PosRefusal("BAD_REQUEST", "The body is no object.");
        var key = asked["idempotency_key"]?.GetValue<string>() is { Length: > 0 and <= LongestKey } given
            ? $"refund/{given}"
            : throw new PosRefusal("MISSING_REQUIRED_PARAMETER", "Field must be set, to at most 45 characters.", "idempotency_key");
        if (account.Tables.Find("idempotency", key) is { } known)
        {
            return known["asked"]!.GetValue<string>() == asked.ToJsonString() ? known["answer"]!.DeepClone().AsObject() : throw new PosRefusal("IDEMPOTENCY_KEY_REUSED", "The idempotency key can only be retried with the same request data.", "idempotency_key");
        }

        var payment = account.Tables.Find("payments", asked["payment_id"]?.GetValue<string>() ?? "") ?? throw new PosRefusal("NOT_FOUND", "Payment not found.", "payment_id");
        var amount = asked["amount_money"].Minor();
        if (amount <= 0 || asked["amount_money"]!["currency"]?.GetValue<string>() != account.Market.Currency) throw new PosRefusal("INVALID_VALUE", "The amount must be positive and in the payment's currency.", "amount_money");
        if (amount > payment["total_money"].Minor() - payment["refunded_money"].Minor()) throw new PosRefusal("REFUND_AMOUNT_INVALID", "The requested refund amount exceeds the amount available to refund.", "amount_money.amount");

        var sale = payment["order_id"]!.GetValue<string>();
        var refund = Keep(account, change, payment, payment["location_id"]!.GetValue<string>(), sale, amount, asked["reason"]?.GetValue<string>() ?? "", account.Options.Clock.GetUtcNow());
        // A till does not take back again what was paid back here.
        change.Puts.Add(account.Tables.Keep("returned", sale, new JsonObject { ["by"] = refund["id"]!.DeepClone() }));
        change.Effects.Add(new Effect { System = account.SystemId, Kind = "order-refunded", Id = refund["id"]!.GetValue<string>(), Follows = sale, Currency = account.Market.Currency, Amount = PosMoney.Major(amount) });
        var answer = new JsonObject { ["refund"] = refund.DeepClone() };
        change.Puts.Add(account.Tables.Keep("idempotency", key, new JsonObject { ["asked"] = asked.ToJsonString(), ["answer"] = answer.DeepClone() }));
        return answer;
    }

    /// <param name="payment">Null for money that is given without a sale.</param>
    /// <param name="order">The order that tells of it: of the goods that came back, else the sale.</param>
    public static JsonObject Keep(PosAccount account, PosChange change, JsonObject? payment, string location, string order, long amount, string reason, DateTimeOffset at)
    {
        var paid = payment?["id"]!.GetValue<string>();
        var id = paid is null ? account.Next("refunds") : $"{paid}_{account.Next("refunds")}";
        var refund = new JsonObject
        {
            ["id"] = id, ["status"] = "COMPLETED", ["location_id"] = location, ["order_id"] = order, ["unlinked"] = payment is null, ["destination_type"] = payment?["source_type"]!.DeepClone() ?? "CASH",
            ["amount_money"] = PosMoney.Of(amount, account.Market.Currency), ["reason"] = reason, ["created_at"] = PosMoney.Iso(at), ["updated_at"] = PosMoney.Iso(account.Options.Clock.GetUtcNow()),
        };
        if (payment is not null)
        {
            refund["payment_id"] = paid;
            var after = payment.DeepClone().AsObject();
            after["refund_ids"] = new JsonArray([.. payment["refund_ids"]?.AsArray().Select(r => r!.DeepClone()) ?? [], id]);
            after["refunded_money"] = PosMoney.Of(payment["refunded_money"].Minor() + amount, account.Market.Currency);
            change.Puts.Add(account.Tables.Keep("payments", paid!, after));
        }

        change.Puts.Add(account.Tables.Keep("refunds", id, refund));
        change.Events.Add(("refund.created", id, "refund", new JsonObject { ["refund"] = refund.DeepClone() }));
        return refund;
    }
}
