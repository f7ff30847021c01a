using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using ControlTower.Data.Canonical;
using ControlTower.Sync.Connectors.Http;

namespace ControlTower.Sync.Connectors.Square;

/// <summary>
/// Pays back to the payments of a sale, first taken first, a refund for each. Square takes a key of ours once; it stands in the refund's reason as well, by which refunds of ours are found and their
/// echo is known. Cash and what was paid outside Square is recorded there and handed out at the till.
/// </summary>
internal sealed class Refunds(SquareCall call)
{
    private const long LargestMinor = 1_000_000_000_000_000;

    public async Task<Outcome> SendAsync(RefundPayment command, CancellationToken cancel)
    {
        var (payments, failure) = await ReadAsync(command, cancel).ConfigureAwait(false);
        if (failure is not null)
        {
            return failure;
        }

        var ours = payments.SelectMany(p => p.Refunds).Where(r => IsOurs(r, command)).ToList();
        if (ours.Any(HasFailed))
        {
            return Failed();
        }

        var left = command.Amount.Amount - ours.Sum(r => Sum(r, "amount_money", command));
        if (left < 0m)
        {
            return new Outcome.Refused(FailureKind.Value, "refunded-too-much",
                "Square has given back more under our key than was asked for. Look at the refunds of this sale there, and settle the difference with the buyer.", "amount");
        }

        if (Parts(payments, left, command) is not { } parts)
        {
            return new Outcome.Refused(FailureKind.Value, "nothing-left-to-refund",
                "The payments of this sale do not hold so much any more. Look at its refunds in Square, and pay back by hand what is still owed.", "amount");
        }

        foreach (var (payment, amount, nth) in parts)
        {
            var (refund, refused) = await PayAsync(command, payment, amount, nth, cancel).ConfigureAwait(false);
            if (refused is not null)
            {
                // Part of the money has gone: that nothing was done is not true any more.
                return refused is Outcome.NotDone half && ours.Count > 0 ? new Outcome.Unknown(half.Message) : refused;
            }

            ours.Add(refund);
        }

        return ours.Any(HasFailed) ? Failed() : Done(ours);
    }

    /// <summary>Found if all of it went or is going. What is half done, or more than was asked for, is absent: sending again finishes it, or says so.</summary>
    public async Task<LookUp> LookUpAsync(RefundPayment command, CancellationToken cancel)
    {
        var (payments, failure) = await ReadAsync(command, cancel).ConfigureAwait(false);
        var ours = payments.SelectMany(p => p.Refunds).Where(r => IsOurs(r, command) && !HasFailed(r)).ToList();
        return failure is not null ? HttpOutcome.Undecided(failure)
            : ours.Count > 0 && ours.Sum(r => Sum(r, "amount_money", command)) == command.Amount.Amount ? new LookUp.Found(Done(ours))
            : new LookUp.Absent();
    }

    private async Task<(IReadOnlyList<PaidSale> Payments, Outcome? Failure)> ReadAsync(RefundPayment command, CancellationToken cancel)
    {
        var payments = new List<PaidSale>();
        if (!SquareId.IsOne(command.Order.Id))
        {
            return (payments, new Outcome.Refused(FailureKind.Value, "bad-id", "The sale's id is not one of Square's.", "order"));
        }

        var (sale, failure) = await call.GetAsync($"v2/orders/{command.Order.Id}", cancel).ConfigureAwait(false);
        if (failure is not null)
        {
            return (payments, failure);
        }

        // A tender's own id is its payment's where it names none. What is no payment of Square's holds nothing, and keeps its number.
        foreach (var id in sale.Items("order", "tenders").Select(t => t.Text("payment_id") ?? t.Text("id")).OfType<string>().Where(SquareId.IsOne).Distinct(StringComparer.Ordinal))
        {
            var (payment, broken) = await PaymentAsync(id, cancel).ConfigureAwait(false);
            if (broken is not null)
            {
                return (payments, broken);
            }

            payments.Add(payment);
        }

        return (payments, null);
    }

    private async Task<(PaidSale Payment, Outcome? Failure)> PaymentAsync(string id, CancellationToken cancel)
    {
        var refunds = new List<JsonElement>();
        var (paid, failure) = await call.GetAsync($"v2/payments/{id}", cancel).ConfigureAwait(false);
        if (failure is not null)
        {
            return (new PaidSale(id, default, refunds), failure is Outcome.Refused { Kind: FailureKind.Missing } ? null : failure);
        }

        foreach (var name in paid.Items("payment", "refund_ids").Select(r => r.Text()).OfType<string>().Where(SquareId.IsOne))
        {
            var (refund, unread) = await call.GetAsync($"v2/refunds/{name}", cancel).ConfigureAwait(false);
            if ((unread ?? (refund.At("refund") is null ? HttpOutcome.Garbled(write: false, "it names no refund") : null)) is { } broken)
            {
                return (new PaidSale(id, default, refunds), broken);
            }

            refunds.Add(refund.At("refund")!.Value);
        }

        return (new PaidSale(id, paid.At("payment") ?? default, refunds), null);
    }

    private async Task<(JsonElement Refund, Outcome? Failure)> PayAsync(RefundPayment command, string payment, decimal amount, int nth, CancellationToken cancel)
    {
        var body = new JsonObject
        {
            ["idempotency_key"] = string.Create(CultureInfo.InvariantCulture, $"{command.Key.Value}-{nth}"),
            ["payment_id"] = payment,
            ["amount_money"] = new JsonObject { ["amount"] = Currencies.ToMinor(amount, command.Amount.Currency), ["currency"] = command.Amount.Currency },
            ["reason"] = RefundNote.Write(command.Key),
        };
        var (answer, failure) = await call.WriteAsync(HttpMethod.Post, "v2/refunds", body, cancel).ConfigureAwait(false);
        return failure is not null ? (default, failure)
            : answer.At("refund") is { } refund && refund.Text("id") is not null ? (refund, null)
            : (default, HttpOutcome.Garbled(write: true, "it names no refund"));
    }

    // Null if the payments do not hold so much. The number of a payment is part of its refund's key, so it does not depend on what was refunded meanwhile.
    private static List<(string Payment, decimal Amount, int Nth)>? Parts(IReadOnlyList<PaidSale> payments, decimal amount, RefundPayment command)
    {
        List<(string Payment, decimal Amount, int Nth)> parts = [];
        foreach (var (payment, nth) in payments.Select((p, i) => (p, i + 1)))
        {
            var left = Taken(payment.Payment, command) - payment.Refunds.Where(r => !HasFailed(r)).Sum(r => Sum(r, "amount_money", command));
            if (Math.Min(left, amount) is > 0m and var part)
            {
                parts.Add((payment.Id, part, nth));
                amount -= part;
            }
        }

        return amount <= 0m ? parts : null;
    }

    private static bool IsOurs(JsonElement refund, RefundPayment command) => RefundNote.Read(refund.Text("reason")) == command.Key;

    private static bool HasFailed(JsonElement refund) => refund.Text("status") is "REJECTED" or "FAILED";

    // Called off, failed or not yet captured, it holds no money.
    private static decimal Taken(JsonElement payment, RefundPayment command) => payment.Text("status") == "COMPLETED" ? Sum(payment, "total_money", command) : 0m;

    // What is in another currency than the sale holds nothing of it. Whatever is beyond the bounds is so far beyond any sale that the bound says the same.
    private static decimal Sum(JsonElement owner, string member, RefundPayment command)
        => owner.Text(member, "currency") == command.Amount.Currency && owner.Amount(member, "amount") is { } minor ? Currencies.FromMinor((long)Math.Clamp(minor, -LargestMinor, LargestMinor), command.Amount.Currency) : 0m;

    private static Outcome.Refused Failed() => new(FailureKind.Refused, "refund-failed",
        "Square has this refund, and it did not happen. Look at it there, pay back what is still owed, and note its number here.", "amount");

    private static Outcome.Accepted Done(List<JsonElement> ours) => new(ours[0].Text("id") ?? string.Empty);

    private sealed record PaidSale(string Id, JsonElement Payment, IReadOnlyList<JsonElement> Refunds);
}
