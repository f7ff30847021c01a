using ControlTower.Data.Canonical;
using ControlTower.Sync.Connectors;
using ControlTower.Sync.Connectors.Stripe;

namespace ControlTower.Sync.Statements;

/// <summary>Stripe's reports of single movements, <c>payout_reconciliation.itemized</c> and its kin, of any version. A line has the id that the API gives it, so file and API tell one thing.</summary>
public sealed class StripeItemizedReport : IStatementReader
{
    public string Format => "Stripe payout reconciliation";

    public string Kind => "stripe";

    public IReadOnlyList<string> Required => ["balance_transaction_id", "currency", "gross", "fee", "net", "reporting_category"];

    public bool Recognises(StatementHead head) => head.Has("balance_transaction_id") && head.Has("gross") && !head.Has("payout_id");

    public IEnumerable<MoneyLine> Read(StatementRow row, StatementSettings settings)
    {
        var (id, currency, category) = (row.Needed("balance_transaction_id"), row.Currency("currency"), row.Needed("reporting_category"));
        var at = StripeTimes.Of(row, "created", settings);
        if (id is null || currency is null || category is null || at is null
            || row.Amount("gross", currency) is not { } gross || row.Amount("fee", currency) is not { } fee || row.Amount("net", currency) is not { } net)
        {
            yield break;
        }

        if (gross - fee != net)
        {
            row.Say<object>("net", StatementReport.Number(net), $"Gross less fee is {StatementReport.Number(gross - fee)}. The row was changed, or its columns were mixed up.");
            yield break;
        }

        var kind = StripeCategories.Kind(category);
        if (kind == MoneyKind.Payout)
        {
            yield break;
        }

        var payout = row.Text("automatic_payout_id", 120);
        var source = row.Text("source_id", 120);
        var line = new MoneyLine(
            kind, id, StripeCategories.LineVersion(payout is not null, pending: false), new Money(gross, currency), at.Value, source ?? id,
            Names(row.Text($"payment_metadata[{settings.OrderKey}]") ?? row.Text("order_id"), row.Text("payment_intent_id"), row.Text("charge_id"), source, row.Text("description")),
            Presentment: Presentment(row, gross, currency), Fee: fee == 0m ? null : fee, Payout: payout, Method: (row.Text("card_brand") ?? row.Text("payment_method_type"))?.ToLowerInvariant(),
            Text: VendorText.Plain($"{(kind is MoneyKind.Adjustment or MoneyKind.Unknown or MoneyKind.Reserve ? $"Stripe calls it {category}. " : "")}{row.Text("description")} {row.Text("dispute_reason")}", 300));
        if (kind != MoneyKind.PayoutReturned)
        {
            yield return line;
            yield break;
        }

        // As with the API: under the payout that came back, and carried by the one that took it along.
        yield return line with { Payout = source, Version = 0 };
        if (payout is not null)
        {
            yield return line with { Kind = MoneyKind.Carried };
        }
    }

    private static Money? Presentment(StatementRow row, decimal gross, string currency)
    {
        if (row.Text("customer_facing_amount") is null || row.Currency("customer_facing_currency") is not { } seen || seen == currency || row.Amount("customer_facing_amount", seen) is not { } amount)
        {
            return null;
        }

        return new Money(gross < 0m ? -Math.Abs(amount) : Math.Abs(amount), seen);
    }

    private static List<string> Names(params IEnumerable<string?> names) => [.. names.OfType<string>().Distinct(StringComparer.Ordinal)];
}

/// <summary>Stripe's <c>payouts.itemized</c> of any version: one row for each payout, and one for each that came back.</summary>
public sealed class StripePayoutsReport : IStatementReader
{
    public string Format => "Stripe payouts";

    public string Kind => "stripe";

    public IReadOnlyList<string> Required => ["payout_id", "currency", "gross", "reporting_category", "balance_transaction_id"];

    public bool Recognises(StatementHead head) => head.Has("payout_id") && head.Has("gross");

    public IEnumerable<MoneyLine> Read(StatementRow row, StatementSettings settings)
    {
        var (id, currency, category, entry) = (row.Needed("payout_id"), row.Currency("currency"), row.Needed("reporting_category"), row.Needed("balance_transaction_id"));
        var at = StripeTimes.Of(row, "effective_at", settings);
        if (id is null || currency is null || category is null || entry is null || at is null || row.Amount("gross", currency) is not { } gross)
        {
            yield break;
        }

        var words = VendorText.Plain($"{row.Text("description")} {row.Text("payout_description")}", 300);
        switch (StripeCategories.Kind(category))
        {
            case MoneyKind.Payout:
                var (status, version) = row.Text("payout_status") is { } told ? StripeCategories.PayoutState(told) : (MoneyStatus.Final, 3);
                yield return new MoneyLine(
                    MoneyKind.Payout, id, version, new Money(-gross, currency), at.Value, id, row.Text("trace_id") is { } trace ? [trace, entry] : [entry], status, Text: words, Account: row.Text("payout_destination_id", 120));
                break;
            case MoneyKind.PayoutReturned:
                yield return new MoneyLine(MoneyKind.PayoutReturned, entry, 0, new Money(gross, currency), at.Value, id, [id], Payout: id, Text: words);
                break;
            default:
                row.Say<object>("reporting_category", category, "A payout is of the category payout or payout_reversal. Is this another report?");
                break;
        }
    }
}

internal static class StripeTimes
{
    /// <summary>A time in its column for UTC, else in the one that the report's own zone decides.</summary>
    public static DateTimeOffset? Of(StatementRow row, string column, StatementSettings settings)
        => row.Head.Has($"{column}_utc") ? row.Time($"{column}_utc", TimeZoneInfo.Utc) : row.Time(column, settings.Zone);
}
