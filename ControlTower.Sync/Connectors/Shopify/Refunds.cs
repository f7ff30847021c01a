using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using ControlTower.Data.Canonical;
using ControlTower.Sync.Connectors.Http;

namespace ControlTower.Sync.Connectors.Shopify;

/// <summary>
/// Pays back to the payments that were taken, first taken first, and writes on the order what came back. The shop dedupes by our key for a time that it does not tell, so refunds of ours are
/// looked for first. Goods are not restocked by the shop: where they lie is counted by the tower and published like any other stock.
/// </summary>
internal sealed class Refunds(GraphCall call)
{
    public async Task<Outcome> SendAsync(RefundPayment command, CallScope scope, CancellationToken cancel)
    {
        var (order, failure) = await ReadAsync(command, scope, cancel).ConfigureAwait(false);
        if (failure is not null)
        {
            return failure;
        }

        if (order is null)
        {
            return new Outcome.Refused(FailureKind.Missing, "no-such-order", "The shop does not have this order.", "order");
        }

        if (Mine(order.Value, command) is { } done)
        {
            return done;
        }

        var payments = Payments(order.Value, command.Amount.Amount, command.Order);
        if (payments is null)
        {
            return new Outcome.Refused(FailureKind.Value, "nothing-left-to-refund",
                "The payments of this order do not hold so much any more. Look at its refunds in the shop, and pay back by hand what is still owed.", "amount");
        }

        var variables = new JsonObject { ["key"] = command.Key.Value, ["input"] = Input(command, payments) };
        var (data, refused) = await call.WriteAsync(ShopifyDocuments.Refund, variables, scope, cancel).ConfigureAwait(false);
        return refused
            ?? UserErrors.Of(data, "refundCreate")
            ?? (data.At("refundCreate", "refund") is { ValueKind: JsonValueKind.Object } refund && refund.Text("id") is not null
                ? Accepted(refund)
                : HttpOutcome.Garbled(write: true, "it names no refund"));
    }

    public async Task<LookUp> LookUpAsync(RefundPayment command, CallScope scope, CancellationToken cancel)
    {
        var (order, failure) = await ReadAsync(command, scope, cancel).ConfigureAwait(false);
        return failure is not null ? HttpOutcome.Undecided(failure)
            : order is { } known && Mine(known, command) is Outcome.Accepted found ? new LookUp.Found(found)
            : new LookUp.Absent();
    }

    private async Task<(JsonElement? Order, Outcome? Failure)> ReadAsync(RefundPayment command, CallScope scope, CancellationToken cancel)
    {
        var variables = new JsonObject { ["id"] = Acknowledgement.Gid(command.Order) };
        var (data, failure) = await call.ReadAsync(ShopifyDocuments.Refundable, variables, scope, cancel).ConfigureAwait(false);
        return failure is null ? (data.At("order"), null) : (null, failure);
    }

    // A refund of ours stands on the order also when its payment failed later: only money that went, or is going, counts. Null if there is none of ours.
    private static Outcome? Mine(JsonElement order, RefundPayment command)
    {
        var ours = order.Items("refunds").Where(r => RefundNote.Read(r.Text("note")) == command.Key).ToList();
        return ours.Count == 0 ? null
            : ours.FirstOrDefault(r => Given(r) >= command.Amount.Amount) is { ValueKind: JsonValueKind.Object } paid ? Accepted(paid)
            : new Outcome.Refused(FailureKind.Refused, "refund-failed",
                "The shop has this refund, and its payment failed or is not all of it. Look at it in the shop, pay back there what is still owed, and note its number here.", "amount");
    }

    private static decimal Given(JsonElement refund)
    {
        var moves = refund.Items("transactions", "nodes").ToList();
        return moves.Count > 0
            ? moves.Where(t => t.Text("status") is "SUCCESS" or "PENDING").Sum(Sum)
            : refund.Amount("totalRefundedSet", "shopMoney", "amount") ?? 0m;
    }

    // Null if the payments do not hold so much.
    private static JsonArray? Payments(JsonElement order, decimal amount, OrderKey key)
    {
        var given = order.Items("transactions").Where(t => t.Text("kind") == "REFUND" && t.Text("status") is "SUCCESS" or "PENDING").ToList();
        var rows = new JsonArray();
        foreach (var taken in order.Items("transactions").Where(t => t.Text("kind") is "SALE" or "CAPTURE" && t.Text("status") == "SUCCESS"))
        {
            var left = Sum(taken) - given.Where(g => g.Text("parentTransaction", "id") == taken.Text("id")).Sum(Sum);
            var part = Math.Min(left, amount);
            if (part > 0m)
            {
                amount -= part;
                rows.Add(new JsonObject
                {
                    ["orderId"] = Acknowledgement.Gid(key),
                    ["parentId"] = taken.Text("id"),
                    ["gateway"] = taken.Text("gateway"),
                    ["kind"] = "REFUND",
                    ["amount"] = part.ToString(CultureInfo.InvariantCulture),
                });
            }
        }

        return amount == 0m ? rows : null;
    }

    private static decimal Sum(JsonElement transaction) => transaction.Amount("amountSet", "shopMoney", "amount") ?? 0m;

    private static JsonObject Input(RefundPayment command, JsonArray payments) => new()
    {
        ["orderId"] = Acknowledgement.Gid(command.Order),
        ["note"] = RefundNote.Write(command.Key),
        ["refundLineItems"] = new JsonArray([.. command.Lines.Select(l => (JsonNode)new JsonObject
        {
            ["lineItemId"] = $"gid://shopify/LineItem/{l.OrderLineId}",
            ["quantity"] = l.Quantity,
            ["restockType"] = "NO_RESTOCK",
        })]),
        ["transactions"] = payments,
    };

    private static Outcome.Accepted Accepted(JsonElement refund)
    {
        var gid = refund.Text("id") ?? "";
        return new Outcome.Accepted(gid, gid[(gid.LastIndexOf('/') + 1)..]);
    }
}
