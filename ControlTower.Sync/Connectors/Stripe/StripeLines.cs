using System.Text.Json;
using ControlTower.Data.Canonical;

namespace ControlTower.Sync.Connectors.Stripe;

/// <summary>Stripe's objects as lines of money. Pure; throws <see cref="StripeFault"/> where an object lacks what its schema promises.</summary>
internal static class StripeLines
{
    private const string ByHand = "Paid out by hand: Stripe does not say what is in it.";

    /// <summary>A payout.</summary>
    public static MoneyLine Payout(JsonElement payout)
    {
        var (id, currency) = (StripeMoney.Id(payout), StripeMoney.Currency(payout));
        var (status, version) = StripeCategories.PayoutState(payout.Text("status"));
        var automatic = payout.Flag("automatic") != false;
        string?[] words = [payout.Text("failure_message") ?? payout.Text("failure_code"), automatic ? null : ByHand, payout.Text("description"), payout.Text("statement_descriptor")];
        return new MoneyLine(
            MoneyKind.Payout, id, version, new Money(StripeMoney.Amount(payout, "amount", currency), currency),
            // As in Stripe's own report: when it should arrive, or when somebody sent it.
            StripeMoney.When(payout, automatic ? "arrival_date" : "created"), id,
            References(payout.Text("trace_id", "value"), StripeMoney.IdOf(payout, "balance_transaction")), status,
            Method: automatic ? VendorText.Plain(payout.Text("method"), 60) : MoneyLine.ByHand, Text: Words(words), Account: StripeMoney.IdOf(payout, "destination"));
    }

    /// <summary>
    /// A movement of the balance as what it is to the retailer. The entry of a payout itself is none: <see cref="Payout"/> tells it. Money of a payout that came back is told under that payout, and
    /// once more as carried where another payout took it along.
    /// </summary>
    /// <param name="payout">The payout in whose list it was found.</param>
    public static IEnumerable<MoneyLine> Of(JsonElement entry, string? payout, string orderKey)
    {
        var category = entry.Text("reporting_category");
        var kind = StripeCategories.Kind(category);
        if (kind == MoneyKind.Payout)
        {
            yield break;
        }

        var line = Line(entry, kind, payout, orderKey);
        if (kind != MoneyKind.PayoutReturned)
        {
            yield return line;
            yield break;
        }

        var returned = StripeMoney.IdOf(entry, "source");
        yield return line with { Payout = returned, Version = 0 };
        if (payout is not null)
        {
            yield return line with { Kind = MoneyKind.Carried };
        }
    }

    private static MoneyLine Line(JsonElement entry, MoneyKind kind, string? payout, string orderKey)
    {
        var (id, currency) = (StripeMoney.Id(entry), StripeMoney.Currency(entry));
        var amount = new Money(StripeMoney.Amount(entry, "amount", currency), currency);
        var fee = StripeMoney.Amount(entry, "fee", currency);
        var source = entry.At("source") is { ValueKind: JsonValueKind.Object } expanded ? expanded : default(JsonElement?);
        var pending = kind == MoneyKind.Charge && source?.Text("status") == "pending";
        var charge = source is { } s && s.Text("object") != "charge" ? StripeMoney.IdOf(s, "charge") : null;
        return new MoneyLine(
            kind, id, StripeCategories.LineVersion(payout is not null, pending), amount, StripeMoney.When(entry, "created"), StripeMoney.IdOf(entry, "source") ?? id,
            References(source?.Text("metadata", orderKey), source is { } o ? StripeMoney.IdOf(o, "payment_intent") : null, charge, StripeMoney.IdOf(entry, "source"), entry.Text("description")),
            pending ? MoneyStatus.Pending : MoneyStatus.Final, source is { } thing ? Presentment(thing, amount) : null, fee == 0m ? null : fee, Payout: payout,
            Method: VendorText.Plain(Method(source), 60), Text: Words(Meaning(kind, entry), entry.Text("description"), source?.Text("reason")));
    }

    /// <summary>What the buyer saw: the payment's own currency where the balance is kept in another, else the one that Stripe showed instead.</summary>
    private static Money? Presentment(JsonElement source, Money amount)
    {
        if (source.Text("currency")?.ToUpperInvariant() is { } currency && Currencies.IsCode(currency) && currency != amount.Currency)
        {
            var captured = source.Text("object") == "charge" && source.Amount("amount_captured") is > 0m ? "amount_captured" : "amount";
            return Signed(StripeMoney.Amount(source, captured, currency), currency, amount);
        }

        return source.At("presentment_details") is { } shown && StripeMoney.Currency(shown, "presentment_currency") is var seen && seen != amount.Currency
            ? Signed(StripeMoney.Amount(shown, "presentment_amount", seen), seen, amount)
            : null;
    }

    private static Money Signed(decimal value, string currency, Money like) => new(like.Amount < 0m ? -Math.Abs(value) : Math.Abs(value), currency);

    private static string? Method(JsonElement? source) => source is not { } of ? null
        : of.Text("payment_method_details", "card", "brand") ?? of.Text("payment_method_details", "type");

    private static string? Meaning(MoneyKind kind, JsonElement entry)
        => kind is MoneyKind.Adjustment or MoneyKind.Unknown or MoneyKind.Reserve ? $"Stripe calls it {entry.Text("reporting_category") ?? entry.Text("type") ?? "nothing"}." : null;

    private static string? Words(params IEnumerable<string?> words) => VendorText.Plain(string.Join(' ', words.Where(w => !string.IsNullOrWhiteSpace(w))), 300);

    private static IReadOnlyList<string> References(params IEnumerable<string?> names)
        => [.. names.Select(n => VendorText.Plain(n, 200)).OfType<string>().Distinct(StringComparer.Ordinal)];
}
