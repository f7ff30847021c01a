using System.Text.Json;
using ControlTower.Data.Canonical;

namespace ControlTower.Sync.Connectors.Square;

/// <summary>One refund as read, with the payment it gives back and the order of the returned goods, if any: <c>{"refund": …, "payment": …, "order": …, "skus": …}</c>.</summary>
internal static class RefundReading
{
    public static Translation Of(JsonElement document, ConnectionProfile profile)
    {
        if (document.At("refund") is not { ValueKind: JsonValueKind.Object } refund)
        {
            throw new FieldFault("refund", "refund", "There is no refund in the message.", FailureKind.Parse);
        }

        var id = refund.Text("id") is { Length: > 0 and <= 150 } given ? given : throw new FieldFault("id", "refund.id", "The id is missing.");
        switch (refund.Text("status"))
        {
            case "COMPLETED" or "APPROVED": break;
            case "PENDING": return new Translation.Ignored("The refund is under way: it is told again when it is done.");
            case "REJECTED" or "FAILED" when RefundNote.Read(refund.Text("reason")) is not null:
                return new Translation.Unreadable(FailureKind.Refused, "refund-failed",
                    "Square took this refund of ours and could not pay it out. Look at it there, and pay back what is still owed.", "refund.status");
            case "REJECTED" or "FAILED": return new Translation.Ignored("The refund did not happen.");
            default: throw new FieldFault("state", "refund.status", "The state of the refund is unknown.");
        }

        if (!SquareId.IsOne(document.Text("payment", "order_id")))
        {
            throw new FieldFault("blind-refund", "refund.payment_id",
                "Money was given back without the payment it belongs to, so nobody can tell which sale to credit. Credit it in the ERP by hand, then discard this case.", FailureKind.Missing);
        }

        var sale = document.Text("payment", "order_id")!;
        var currency = refund.Currency("amount_money", "refund");
        var at = refund.When("refund", "created_at", "updated_at");
        var echo = RefundNote.Read(refund.Text("reason"));
        var order = document.At("order") ?? default;
        List<JsonElement> goods = order.ValueKind == JsonValueKind.Object ? [.. order.Items("returns").Where(r => r.Text("source_order_id") == sale)] : [];
        // An exchange tells its returned goods itself; what they were worth beyond the new sale is paid here.
        var exchange = goods.Count > 0 && order.Items("line_items").Count > 0;
        var returned = goods.Count == 0 || echo is not null || !goods.All(ReturnedLines.AreNamed) ? null : exchange ? ExchangeCredits.ReturnId(order.Id("id", "order"), sale) : ReturnId(order, sale);
        var back = exchange ? [] : goods.Select(r => (Return: r, Lines: ReturnedLines.Of(r, new Skus(document, profile), currency))).ToList();
        var recorded = new RefundRecorded(
            $"refund:{id}", new OrderKey(profile.Id, sale), SquareReading.Version(refund.When("refund", "updated_at", "created_at")), id,
            new Money(refund.Money("amount_money", currency, "refund"), currency),
            [.. back.SelectMany(b => b.Lines)], at, echo, returned);
        return new Translation.Events(
            returned is null ? [recorded]
            : exchange ? [recorded, TillReturn.Paid(new OrderKey(profile.Id, returned), recorded)]
            : [recorded, .. TillReturn.Of(returned, recorded, [.. back.SelectMany(b => ReturnedLines.Worth(b.Return, b.Lines, currency))], SquareSettings.Store(profile, refund.Text("location_id") ?? order.Text("location_id") ?? ""))]);
    }

    // One ticket may take back goods of several sales, and is a return of each.
    private static string ReturnId(JsonElement order, string sale) =>
        order.Items("returns").All(r => r.Text("source_order_id") == sale) ? order.Id("id", "order") : $"{order.Id("id", "order")}:{sale}";
}
