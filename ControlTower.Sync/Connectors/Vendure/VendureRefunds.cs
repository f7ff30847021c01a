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

    public async Task<Outcome> SendAsync(RefundPayment command, CancellationToken cancel)
    {
        var wanted = Wanted(command);
        if (wanted <= 0m || wanted != decimal.Truncate(wanted))
        {
            return new Outcome.Refused(FailureKind.Value, "money-precision",
                "The shop cannot pay this amount: it is not above nothing, or has more decimals than the shop keeps. Check 'moneyPrecision' of the connection.", "amount");
        }

        var (order, failure) = await ReadAsync(command, cancel).ConfigureAwait(false);
        if (failure is not null)
        {
            return failure;
        }

        var ours = Ours(order, command);
        var left = wanted - ours.Sum(Total);
        if (ours.Any(HasFailed))
        {
            return FailedThere();
        }

        if (left < 0m)
        {
            return new Outcome.Refused(FailureKind.Value, "refunded-too-much",
                "The shop has refunded more under our key than was asked for. Look at the refunds of this order there, and settle the difference with the buyer.", "amount");
        }

        var refused = left > 0m ? await PayAsync(command, order, left, ours, cancel).ConfigureAwait(false) : null;
        var outcome = refused ?? (ours.Any(HasFailed) ? FailedThere() : await SettleAsync(command, ours, cancel).ConfigureAwait(false));

        // Part of the money has gone: that nothing was done is not true any more.
        return outcome is Outcome.NotDone half && ours.Count > 0 ? new Outcome.Unknown(half.Message) : outcome;
    }

    /// <summary>
    /// Found if all of it went or is going. Absent only where sending again pays nothing: all of it waits to be settled, or it is refused as failed or as too much. Else it stays undecided: the
    /// shop's payment handler moves the money before the refund is saved, so that none stands there does not say that none was paid.
    /// </summary>
    public async Task<LookUp> LookUpAsync(RefundPayment command, CancellationToken cancel)
    {
        var (order, failure) = await ReadAsync(command, cancel).ConfigureAwait(false);
        return failure is not null ? HttpOutcome.Undecided(failure)
            : Found(Ours(order, command), Wanted(command));
    }

    private static LookUp Found(List<JsonElement> ours, decimal wanted)
        => ours.Count > 0 && ours.All(IsGoing) && ours.Sum(Total) == wanted ? new LookUp.Found(Done(ours))
            : ours.Any(HasFailed) || (ours.Count > 0 && ours.Sum(Total) >= wanted) ? new LookUp.Absent()
            : new LookUp.Undecided(FailureKind.UnknownOutcome, "The shop shows no refund under our key; its provider may have paid.");

    private async Task<(JsonElement Order, Outcome? Failure)> ReadAsync(RefundPayment command, CancellationToken cancel)
    {
        var (data, failure) = await api.QueryAsync(VendureQueries.Refundable, new JsonObject { ["id"] = command.Order.Id }, write: false, cancel).ConfigureAwait(false);
        return failure is not null ? (default, failure)
            : !data.TryGetProperty("order", out var order) ? (default, HttpOutcome.Garbled(write: false, "it names no order"))
            : order.ValueKind != JsonValueKind.Object ? (default, new Outcome.Refused(FailureKind.Missing, "order-gone", $"Vendure has no order {command.Order.Id}."))
            : (order, null);
    }

    // Adds what was made to ours, also when it stops half way.
    private async Task<Outcome?> PayAsync(RefundPayment command, JsonElement order, decimal amount, List<JsonElement> ours, CancellationToken cancel)
    {
        var parts = Parts(order, amount);
        if (parts is null)
        {
            return new Outcome.Refused(FailureKind.Value, "nothing-left-to-refund",
                "The payments of this order do not hold so much any more. Look at its refunds in the shop, and pay back by hand what is still owed.", "amount");
        }

        foreach (var (payment, part) in parts)
        {
            // Its schema calls lines, shipping and adjustment optional and deprecated; 3.7 keeps them all the same and fails without. What came back is named once.
            var input = new JsonObject
            {
                ["paymentId"] = payment, ["amount"] = (long)part, ["reason"] = RefundNote.Write(command.Key), ["shipping"] = 0, ["adjustment"] = 0,
                ["lines"] = new JsonArray([.. ours.Count > 0 ? [] : command.Lines.Select(l => (JsonNode)new JsonObject { ["orderLineId"] = l.OrderLineId, ["quantity"] = l.Quantity })]),
            };
            var (data, failure) = await api.QueryAsync(VendureQueries.Refund, new JsonObject { ["input"] = input }, write: true, cancel).ConfigureAwait(false);
            if ((failure ?? Refusal(data, "refundOrder")) is { } no)
            {
                return no;
            }

            ours.Add(data.GetProperty("refundOrder"));
        }

        return null;
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
            var left = decimal.Floor(Bounded(payment, "amount") - payment.Items("refunds").Where(r => !HasFailed(r)).Sum(Total));
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
        => refund.Text("state") == VendureStates.Settled || (!HasFailed(refund) && !string.IsNullOrEmpty(refund.Text("transactionId")));

    private decimal Wanted(RefundPayment command) => command.Amount.Amount * VendureStatement.Scale(profile);

    private static bool HasFailed(JsonElement refund) => refund.Text("state") == VendureStates.Failed;

    private static decimal Total(JsonElement refund) => Bounded(refund, "total");

    // Whatever is beyond the bounds is so far beyond any order that the bound says the same.
    private static decimal Bounded(JsonElement owner, string name) => Math.Clamp(owner.Amount(name) ?? 0m, -VendureShape.LargestAmount, VendureShape.LargestAmount);

    private static Outcome.Refused FailedThere() => new(FailureKind.Refused, "refund-failed",
        "The shop has this refund, and its payment failed. Look at it in the shop, pay back there what is still owed, and note its number here.", "amount");

    private static Outcome.Accepted Done(List<JsonElement> ours) => new(ours[0].Text("id") ?? string.Empty);
}
