using System.Text.Json;
using System.Text.Json.Nodes;
using ControlTower.Data.Canonical;
using ControlTower.Sync.Connectors.Http;

namespace ControlTower.Sync.Connectors.Vendure;

/// <summary>
/// Pays back to the payments that were taken, first taken first; Vendure wants a refund of its own for each. It knows no keys: the key stands in the refund's reason, where the order's history
/// shows it, and refunds of ours are looked for first, so one that was cut short is gone on with. Goods are not restocked by the shop: the tower counts them where they lie.
/// </summary>
internal sealed class VendureRefunds(ConnectionProfile profile, VendureApi api)
{
    /// <summary>Setting: <c>true</c> settles refunds whose payment method cannot pay back by itself, because they are paid out elsewhere.</summary>
    public const string Settles = "settleRefunds";

    private const string Failed = "Failed";

    public async Task<Outcome> SendAsync(RefundPayment command, CancellationToken cancel)
    {
        var (order, failure) = await ReadAsync(command, cancel).ConfigureAwait(false);
        if (failure is not null)
        {
            return failure;
        }

        var ours = Ours(order, command);
        if (ours.Any(r => r.Text("state") == Failed))
        {
            return new Outcome.Refused(FailureKind.Refused, "refund-failed",
                "The shop has this refund, and its payment failed. Look at it in the shop, pay back there what is still owed, and note its number here.", "amount");
        }

        var left = Wanted(command) - ours.Sum(Total);
        if (left > 0m)
        {
            var (made, refused) = await PayAsync(command, order, left, given: ours.Count > 0, cancel).ConfigureAwait(false);
            if (refused is not null)
            {
                return refused;
            }

            ours.AddRange(made);
        }

        return await SettleAsync(command, ours, cancel).ConfigureAwait(false);
    }

    /// <summary>Found if all of it went or is going; what is half done is finished by sending again.</summary>
    public async Task<LookUp> LookUpAsync(RefundPayment command, CancellationToken cancel)
    {
        var (order, failure) = await ReadAsync(command, cancel).ConfigureAwait(false);
        return failure is not null ? HttpOutcome.Undecided(failure)
            : Ours(order, command) is { Count: > 0 } ours && ours.All(IsGoing) && ours.Sum(Total) >= Wanted(command) ? new LookUp.Found(Done(ours))
            : new LookUp.Absent();
    }

    private async Task<(JsonElement Order, Outcome? Failure)> ReadAsync(RefundPayment command, CancellationToken cancel)
    {
        var (data, failure) = await api.QueryAsync(VendureQueries.Refundable, new JsonObject { ["id"] = command.Order.Id }, write: false, cancel).ConfigureAwait(false);
        return failure is not null ? (default, failure)
            : !data.TryGetProperty("order", out var order) ? (default, HttpOutcome.Garbled(write: false, "it names no order"))
            : order.ValueKind != JsonValueKind.Object ? (default, new Outcome.Refused(FailureKind.Missing, "order-gone", $"Vendure has no order {command.Order.Id}."))
            : (order, null);
    }

    private async Task<(List<JsonElement> Made, Outcome? Failure)> PayAsync(RefundPayment command, JsonElement order, decimal amount, bool given, CancellationToken cancel)
    {
        var parts = Parts(order, amount);
        if (parts is null)
        {
            return ([], new Outcome.Refused(FailureKind.Value, "nothing-left-to-refund",
                "The payments of this order do not hold so much any more. Look at its refunds in the shop, and pay back by hand what is still owed.", "amount"));
        }

        List<JsonElement> made = [];
        foreach (var (payment, part) in parts)
        {
            // Its schema calls lines, shipping and adjustment optional and deprecated; 3.7 keeps them all the same and fails without. What came back is named once.
            var input = new JsonObject
            {
                ["paymentId"] = payment, ["amount"] = (long)part, ["reason"] = RefundNote.Write(command.Key), ["shipping"] = 0, ["adjustment"] = 0,
                ["lines"] = new JsonArray([.. made.Count > 0 || given ? [] : command.Lines.Select(l => (JsonNode)new JsonObject { ["orderLineId"] = l.OrderLineId, ["quantity"] = l.Quantity })]),
            };
            var (data, failure) = await api.QueryAsync(VendureQueries.Refund, new JsonObject { ["input"] = input }, write: true, cancel).ConfigureAwait(false);
            if ((failure ?? Refusal(data, "refundOrder")) is { } no)
            {
                return (made, no);
            }

            made.Add(data.GetProperty("refundOrder"));
        }

        return (made, null);
    }

    private async Task<Outcome> SettleAsync(RefundPayment command, List<JsonElement> ours, CancellationToken cancel)
    {
        foreach (var open in ours.Where(r => !IsGoing(r)))
        {
            var id = open.Text("id")!;
            if (profile.Settings.GetValueOrDefault(Settles) != "true")
            {
                return new Outcome.Refused(FailureKind.Refused, "refund-pending",
                    $"The shop has entered refund {id}, and the payment method cannot pay it back by itself. Pay it out, settle it in the shop, then retry: it is found there.", "amount");
            }

            var input = new JsonObject { ["id"] = id, ["transactionId"] = command.Key.Value };
            var (data, failure) = await api.QueryAsync(VendureQueries.SettleRefund, new JsonObject { ["input"] = input }, write: true, cancel).ConfigureAwait(false);
            if ((failure ?? Refusal(data, "settleRefund")) is { } no)
            {
                return no;
            }
        }

        return Done(ours);
    }

    private static Outcome? Refusal(JsonElement data, string member)
        => !data.TryGetProperty(member, out var refund) ? HttpOutcome.Garbled(write: true, "it names no refund")
            : VendureErrors.OfUnion(refund) as Outcome ?? (refund.Text("id") is null ? HttpOutcome.Garbled(write: true, "it names no refund") : null);

    private static List<JsonElement> Ours(JsonElement order, RefundPayment command)
        => [.. order.Items("payments").SelectMany(p => p.Items("refunds")).Where(r => RefundNote.Read(r.Text("reason")) == command.Key)];

    // Null if the payments do not hold so much.
    private static List<(string Payment, decimal Amount)>? Parts(JsonElement order, decimal amount)
    {
        List<(string Payment, decimal Amount)> parts = [];
        foreach (var payment in order.Items("payments").Where(p => p.Text("state") == VendureStates.Settled).OrderBy(p => p.Text("createdAt"), StringComparer.Ordinal))
        {
            var left = (payment.Amount("amount") ?? 0m) - payment.Items("refunds").Where(r => r.Text("state") != Failed).Sum(Total);
            if (Math.Min(left, amount) is > 0m and var part && payment.Text("id") is { } id)
            {
                parts.Add((id, part));
                amount -= part;
            }
        }

        return amount == 0m ? parts : null;
    }

    // Settled, or under way at a payment provider, whose number it then bears.
    private static bool IsGoing(JsonElement refund)
        => refund.Text("state") == VendureStates.Settled || (refund.Text("state") != Failed && !string.IsNullOrEmpty(refund.Text("transactionId")));

    private decimal Wanted(RefundPayment command) => command.Amount.Amount * VendureStatement.Scale(profile);

    private static decimal Total(JsonElement refund) => refund.Amount("total") ?? 0m;

    private static Outcome.Accepted Done(List<JsonElement> ours) => new(ours[0].Text("id") ?? string.Empty);
}
