using System.Globalization;
using System.Text.RegularExpressions;
using ControlTower.Data.Canonical;
using ControlTower.Sync.Connectors;

namespace ControlTower.Sync.Statements;

/// <summary>
/// Adyen's settlement details report: one file for each merchant account and batch. Amounts stand as debit and credit of the currency of the payout; what Adyen keeps is either a commission or markup,
/// scheme fees and interchange. A type that this release does not know is shown as such.
/// </summary>
public sealed partial class AdyenSettlementReport : IStatementReader
{
    private const string Debit = "Net Debit (NC)", Credit = "Net Credit (NC)";

    private static readonly string[] Costs = ["Commission (NC)", "Markup (NC)", "Scheme Fees (NC)", "Interchange (NC)"];

    public string Format => "Adyen settlement details";

    public string Kind => "adyen";

    public IReadOnlyList<string> Required => ["Merchant Account", "Type", "Net Currency", Debit, Credit, "Creation Date", "TimeZone", "Psp Reference", "Modification Reference", "Batch Number"];

    public bool Recognises(StatementHead head) => head.Has("Psp Reference") && head.Has("Type") && head.Has("Merchant Account");

    public static MoneyKind KindOf(string type) => type switch
    {
        "Settled" or "SettledBulk" or "SettledInstallment" or "SettledExternallyWithInfo" or "SentForSettle" => MoneyKind.Charge,
        "Refunded" or "RefundedBulk" or "RefundedExternallyWithInfo" or "SentForRefund" or "RefundedReversed" or "SettledReversed" => MoneyKind.ChargeRefund,
        "Chargeback" or "ChargebackReversed" or "SecondChargeback" or "ChargebackExternallyWithInfo" or "ChargebackReversedExternallyWithInfo" => MoneyKind.Dispute,
        "Fee" or "InvoiceDeduction" or "PaymentCost" or "AdvancementCommissionExternallyWithInfo" or "MiscCosts" => MoneyKind.Fee,
        "Balancetransfer" => MoneyKind.Carried,
        "DepositCorrection" or "MatchedStatement" or "ManualCorrected" => MoneyKind.Adjustment,
        "ReserveAdjustment" => MoneyKind.Reserve,
        "MerchantPayout" or "AcquirerPayout" => MoneyKind.Payout,
        "BankInstructionReturned" => MoneyKind.PayoutReturned,
        _ => MoneyKind.Unknown,
    };

    public IEnumerable<MoneyLine> Read(StatementRow row, StatementSettings settings)
    {
        var (type, currency, merchant, batch) = (row.Needed("Type", 60), row.Currency("Net Currency"), row.Needed("Merchant Account", 60), row.Needed("Batch Number", 20));
        var at = At(row);
        if (type is null || currency is null || merchant is null || batch is null || at is null
            || row.Amount(Debit, currency, orZero: true) is not { } debit || row.Amount(Credit, currency, orZero: true) is not { } credit || Cost(row, currency) is not { } cost)
        {
            yield break;
        }

        // A batch pays out once in each of its currencies.
        var payout = $"{merchant}/{batch}/{currency}";
        var (kind, net) = (KindOf(type), credit - debit);
        if (kind == MoneyKind.Payout)
        {
            yield return new MoneyLine(
                kind, payout, 0, new Money(-net, currency), at.Value, $"{merchant} {batch}", Names(row.Text("Modification Merchant Reference"), row.Text("Modification Reference"), row.Text("Psp Reference")), Text: Words(kind, type, row));
            yield break;
        }

        var (psp, modification) = (row.Text("Psp Reference", 40), row.Text("Modification Reference", 40));
        var waits = type is "SentForSettle" or "SentForRefund";
        var line = new MoneyLine(
            // Costs of a batch have no reference; its file never changes, so the row is as good as one.
            kind, psp is null && modification is null ? string.Create(CultureInfo.InvariantCulture, $"{payout}/{row.Number}") : $"{Booked(type)}/{psp}/{modification}", waits ? 0 : 1,
            new Money(net + cost, currency), at.Value, psp ?? payout, Names(row.Text("Merchant Reference"), psp, modification, row.Text("Modification Merchant Reference")), waits ? MoneyStatus.Pending : MoneyStatus.Final,
            Gross(row, net + cost, currency), cost == 0m ? null : cost, Payout: waits ? null : payout, Method: row.Text("Payment Method Variant", 60) ?? row.Text("Payment Method", 60), Text: Words(kind, type, row));
        if (kind != MoneyKind.PayoutReturned)
        {
            yield return line;
            yield break;
        }

        // Money of an earlier batch, which its payout's reference names, came back and goes out with this one.
        var failed = BatchName().Match(row.Text("Modification Merchant Reference") ?? "") is { Success: true } named && named.Groups["number"].Value != batch ? $"{merchant}/{named.Groups["number"].Value}/{currency}" : null;
        yield return line with { Payout = failed };
        yield return line with { Kind = MoneyKind.Carried };
    }

    /// <summary>What is sent for settlement is settled later: one movement, told twice.</summary>
    private static string Booked(string type) => type switch { "SentForSettle" => "Settled", "SentForRefund" => "Refunded", _ => type };

    [GeneratedRegex(@"\bbatch (?<number>[0-9]{1,20})\b", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex BatchName();

    private static decimal? Cost(StatementRow row, string currency)
    {
        var sum = 0m;
        foreach (var column in Costs)
        {
            if (row.Amount(column, currency, orZero: true) is not { } part)
            {
                return null;
            }

            sum += part;
        }

        return sum;
    }

    private static Money? Gross(StatementRow row, decimal amount, string currency)
    {
        if (row.Text("Gross Currency") is null || row.Currency("Gross Currency") is not { } gross || gross == currency)
        {
            return null;
        }

        return row.Amount("Gross Debit (GC)", gross, orZero: true) is { } debit && row.Amount("Gross Credit (GC)", gross, orZero: true) is { } credit && credit != debit
            ? new Money(amount < 0m ? -Math.Abs(credit - debit) : Math.Abs(credit - debit), gross)
            : null;
    }

    private static DateTimeOffset? At(StatementRow row)
    {
        if (row.Needed("TimeZone", 40) is not { } name)
        {
            return null;
        }

        // Abbreviations as Adyen writes them: each names its offset, summer time included.
        TimeSpan? offset = name.ToUpperInvariant() switch
        {
            "UTC" or "GMT" => TimeSpan.Zero,
            "CET" or "BST" => TimeSpan.FromHours(1),
            "CEST" or "EET" => TimeSpan.FromHours(2),
            "EEST" => TimeSpan.FromHours(3),
            "SGT" or "HKT" or "AWST" => TimeSpan.FromHours(8),
            "JST" => TimeSpan.FromHours(9),
            "AEST" => TimeSpan.FromHours(10),
            "AEDT" => TimeSpan.FromHours(11),
            "EDT" or "AST" => TimeSpan.FromHours(-4),
            "EST" or "CDT" => TimeSpan.FromHours(-5),
            "CST" or "MDT" => TimeSpan.FromHours(-6),
            "MST" or "PDT" => TimeSpan.FromHours(-7),
            "PST" => TimeSpan.FromHours(-8),
            "BRT" => TimeSpan.FromHours(-3),
            _ => null,
        };
        return offset is { } known ? row.Time("Creation Date", TimeZoneInfo.Utc)?.Subtract(known)
            : TimeZoneInfo.TryFindSystemTimeZoneById(name, out var zone) ? row.Time("Creation Date", zone)
            : row.Say<DateTimeOffset?>("TimeZone", name, "This time zone is not known. Expected is one such as CET or UTC.");
    }

    private static string? Words(MoneyKind kind, string type, StatementRow row)
        => VendorText.Plain($"{(kind is MoneyKind.Unknown or MoneyKind.Adjustment or MoneyKind.Fee ? $"Adyen calls it {type}. " : "")}{row.Text("Modification Merchant Reference")}", 300);

    private static List<string> Names(params IEnumerable<string?> names) => [.. names.OfType<string>().Distinct(StringComparer.Ordinal)];
}
