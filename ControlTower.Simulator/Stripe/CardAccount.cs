using System.Globalization;
using ControlTower.Simulator.Shopify;

namespace ControlTower.Simulator.Stripe;

/// <summary>
/// The account that takes the cards of the European shops, in euro. All of it follows from what buyers paid and were given back and from the time, so it needs no memory of its own and is the same after
/// a restart. Each day is paid out: less fees, a reserve of a hundredth until the next day, and disputes, which are won a day later. The third payout fails and its money goes out with a later one.
/// </summary>
public sealed class CardAccount(EstateOptions options, IReadOnlyList<Shop> shops, Secrets secrets)
{
    public const string Currency = "EUR";

    private const int Failing = 3;
    private const int DisputedOf = 50, Disputed = 7;
    private const long DisputeFee = 1500, FeePerPiece = 25, RadarPerPiece = 5;
    private const decimal FeeShare = 0.014m, PoundRate = 1.17m;

    public string SystemId => "stripe-eu";
    public string SecretKey => "rk_test_" + secrets.Of(SystemId, "key")[..32];
    public string WebhookSecret => "whsec_" + secrets.Of(SystemId, "webhooks")[..32];
    internal EstateOptions Options => options;

    /// <summary>What people call a day is as long as the options say.</summary>
    private TimeSpan Day => options.PayoutEvery;

    internal CardLedger Ledger()
    {
        var now = options.Clock.GetUtcNow();
        var paid = shops.SelectMany(s => s.Orders(_ => true).SelectMany(o => Payments(s, o, now))).Where(e => e.Created <= now).ToList();
        if (paid.Count == 0) return new CardLedger([], []);
        var (entries, payouts, waiting) = (new List<CardEntry>(), new List<CardPayout>(), new List<CardEntry>());
        var reserved = 0L;
        for (var start = Begin(paid.Min(e => e.Created)); start <= now; start += Day)
        {
            var end = start + Day;
            waiting.AddRange(paid.Where(e => e.Created >= start && e.Created < end).OrderBy(e => e.Created).ThenBy(e => e.Id, StringComparer.Ordinal));
            if (end > now) break;
            reserved = CloseDay(waiting, end, reserved);
            if (waiting.Sum(e => e.Net) <= 0) continue;
            PayOut(waiting, entries, payouts, end, now);
        }

        entries.AddRange(waiting);
        return new CardLedger([.. entries.OrderBy(e => e.Created).ThenBy(e => e.Id, StringComparer.Ordinal)], payouts);
    }

    private void PayOut(List<CardEntry> waiting, List<CardEntry> entries, List<CardPayout> payouts, DateTimeOffset end, DateTimeOffset now)
    {
        var ordinal = payouts.Count + 1;
        var (id, amount, arrives) = ($"po_{Name(end)}", waiting.Sum(e => e.Net), end + Day);
        var back = ordinal == Failing && arrives <= now ? $"txn_back_{Name(end)}" : null;
        var payout = new CardPayout(id, ordinal, amount, end, arrives, arrives > now ? "in_transit" : back is null ? "paid" : "failed", back);
        payouts.Add(payout);
        entries.AddRange(waiting.Select(e => e with { Payout = id }));
        waiting.Clear();
        entries.Add(new CardEntry($"txn_{id}", end, "payout", "payout", -amount, 0, "STRIPE PAYOUT", CardObjects.Payout(payout), Payout: id));
        if (back is not null) waiting.Add(new CardEntry(back, arrives, "payout_failure", "payout_reversal", amount, 0, "STRIPE PAYOUT FAILURE", CardObjects.Payout(payout)));
    }

    /// <summary>What the processor books at the end of a day: the price of its fraud checks, the reserve held, and the one of the day before released.</summary>
    private static long CloseDay(List<CardEntry> day, DateTimeOffset end, long reserved)
    {
        var (last, name) = (end.AddSeconds(-1), Name(end));
        var charges = day.Where(e => e.Category == "charge").ToList();
        if (reserved > 0) day.Add(new CardEntry($"txn_release_{name}", last, "reserve_release", "risk_reserved_funds", reserved, 0, "Reserve released"));
        if (charges.Count == 0) return 0;
        day.Add(new CardEntry($"txn_radar_{name}", last, "stripe_fee", "fee", -charges.Count * RadarPerPiece, 0, "Radar"));
        var held = charges.Sum(e => e.Amount) / 100;
        if (held > 0) day.Add(new CardEntry($"txn_hold_{name}", last, "reserve_hold", "risk_reserved_funds", -held, 0, "Reserve held"));
        return held;
    }

    private IEnumerable<CardEntry> Payments(Shop shop, ShopOrder order, DateTimeOffset now)
    {
        var rate = shop.Market.Currency == Currency ? default(decimal?) : PoundRate;
        foreach (var payment in order.Payments.Where(p => p.Kind == "sale" && p.Amount > 0))
        {
            var amount = Cents(payment.Amount, rate);
            var charge = CardObjects.Charge(shop.Market, order, payment);
            yield return new CardEntry($"txn_{payment.Id}", payment.At, "charge", "charge", amount, (long)decimal.Round(amount * FeeShare, MidpointRounding.AwayFromZero) + FeePerPiece, $"order {order.Name}", charge, rate);
            if (order.Number % DisputedOf != Disputed || payment != order.Payments[0]) continue;
            var (lost, won) = (payment.At + Day, payment.At + Day + Day);
            if (lost <= now) yield return new CardEntry($"txn_dp_{payment.Id}", lost, "adjustment", "dispute", -amount, DisputeFee, $"chargeback withdrawal for ch_{payment.Id}", CardObjects.Dispute(shop.Market, order, payment, lost, won <= now), rate);
            if (won <= now) yield return new CardEntry($"txn_dr_{payment.Id}", won, "adjustment", "dispute_reversal", amount, -DisputeFee, $"chargeback reversal for ch_{payment.Id}", CardObjects.Dispute(shop.Market, order, payment, lost, true), rate);
        }

        foreach (var payment in order.Refunds.SelectMany(r => r.Payments))
            yield return new CardEntry($"txn_{payment.Id}", payment.At, "refund", "refund", -Cents(payment.Amount, rate), 0, $"refund for order {order.Name}", CardObjects.Refund(shop.Market, order, payment), rate);
    }

    private static long Cents(decimal amount, decimal? rate) => (long)decimal.Round(amount * (rate ?? 1m) * 100m, MidpointRounding.AwayFromZero);

    private DateTimeOffset Begin(DateTimeOffset at) => new(at.UtcTicks - (at.UtcTicks % Day.Ticks), TimeSpan.Zero);

    private static string Name(DateTimeOffset end) => end.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
}
