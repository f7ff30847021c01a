using System.Globalization;
using System.Text;
using System.Xml.Linq;

namespace ControlTower.Simulator.Stripe;

/// <summary>The files that a finance person downloads: the processor's two reports, in major units, and the statement of the bank that received the payouts.</summary>
internal static class CardReports
{
    /// <summary>The payout that the bank's statement lacks, and the one of which the bank kept a charge.</summary>
    private const int Missing = 2, Short = 4;

    private const long BankCharge = 500;
    private const string Iban = "DE02120300000000202051";

    private static readonly XNamespace Camt = "urn:iso:std:iso:20022:tech:xsd:camt.053.001.08";

    /// <summary><c>payout_reconciliation.itemized.5</c>.</summary>
    public static string Itemized(CardLedger ledger)
    {
        var text = new StringBuilder("automatic_payout_id,automatic_payout_effective_at_utc,balance_transaction_id,created_utc,available_on_utc,currency,gross,fee,net,reporting_category,source_id,description,customer_facing_amount,customer_facing_currency,charge_id,payment_intent_id,payment_method_type,card_brand,dispute_reason,payment_metadata[order_id]\n");
        var payouts = ledger.Payouts.ToDictionary(p => p.Id, StringComparer.Ordinal);
        foreach (var entry in ledger.Entries.Where(e => e.Payout is not null && e.Category != "payout"))
        {
            var source = entry.Source;
            var charge = entry.Category == "charge" ? entry.SourceId : source?["charge"]?.GetValue<string>();
            var (shown, currency) = entry.Rate is not null && source?["currency"]?.GetValue<string>() is { } code ? (Major(Math.Sign(entry.Amount) * source["amount"]!.GetValue<long>()), code) : ("", "");
            text.AppendJoin(',', entry.Payout, Time(payouts[entry.Payout!].Arrives), entry.Id, Time(entry.Created), Time(entry.Created), "eur", Major(entry.Amount), Major(entry.Fee), Major(entry.Net), entry.Category,
                entry.SourceId, $"\"{entry.Words}\"", shown, currency, charge, source?["payment_intent"]?.GetValue<string>(), charge is null ? "" : "card", "", entry.Category.StartsWith("dispute", StringComparison.Ordinal) ? "fraudulent" : "",
                source?["metadata"]?["order_id"]?.GetValue<string>()).Append('\n');
        }

        return text.ToString();
    }

    /// <summary><c>payouts.itemized.3</c>.</summary>
    public static string Payouts(CardLedger ledger)
    {
        var text = new StringBuilder("payout_id,effective_at_utc,currency,gross,fee,net,reporting_category,balance_transaction_id,description,payout_expected_arrival_date,payout_status,trace_id\n");
        foreach (var p in ledger.Payouts)
        {
            text.AppendJoin(',', p.Id, Time(p.Arrives), "eur", Major(-p.Amount), "0.00", Major(-p.Amount), "payout", $"txn_{p.Id}", "STRIPE PAYOUT", Date(p.Arrives), p.Status, p.Trace).Append('\n');
            if (p.Failure is not null) text.AppendJoin(',', p.Id, Time(p.Arrives), "eur", Major(p.Amount), "0.00", Major(p.Amount), "payout_reversal", p.Failure, "STRIPE PAYOUT FAILURE", Date(p.Arrives), p.Status, p.Trace).Append('\n');
        }

        return text.ToString();
    }

    /// <summary>camt.053 of the account at the bank: what came in of the payouts, less what the bank kept.</summary>
    public static string Bank(CardLedger ledger, DateTimeOffset now)
    {
        var deposits = ledger.Payouts.Where(p => p.Status == "paid" && p.Ordinal != Missing).Select(p => (Payout: p, Amount: p.Amount - (p.Ordinal == Short ? BankCharge : 0))).ToList();
        var statement = new XElement(
            Camt + "Stmt", E("Id", $"STMT-{now:yyyyMMddHHmm}"), E("CreDtTm", now.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture)),
            E("Acct", E("Id", E("IBAN", Iban)), E("Ccy", CardAccount.Currency)),
            Balance("OPBD", 0, deposits.Count == 0 ? now : deposits[0].Payout.Arrives), Balance("CLBD", deposits.Sum(d => d.Amount), now),
            deposits.Select(d => E(
                "Ntry", Amount(d.Amount), E("CdtDbtInd", "CRDT"), E("Sts", E("Cd", "BOOK")), E("BookgDt", E("Dt", Date(d.Payout.Arrives))), E("ValDt", E("Dt", Date(d.Payout.Arrives))), E("AcctSvcrRef", $"BANK{d.Payout.Ordinal:D10}"),
                E("BkTxCd", E("Prtry", E("Cd", "NTRF"))),
                E("NtryDtls", E("TxDtls", E("Refs", E("EndToEndId", Printed(d.Payout.Trace))), Amount(d.Amount), E("CdtDbtInd", "CRDT"), E("RmtInf", E("Ustrd", "STRIPE PAYMENTS EUROPE LTD SETTLEMENT")))))));
        var document = new XDocument(new XElement(Camt + "Document", E("BkToCstmrStmt", E("GrpHdr", E("MsgId", $"MSG-{now:yyyyMMddHHmm}"), E("CreDtTm", now.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture))), statement)));
        return $"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{document}\n";
    }

    private static XElement Balance(string kind, long cents, DateTimeOffset at)
        => E("Bal", E("Tp", E("CdOrPrtry", E("Cd", kind))), Amount(Math.Abs(cents)), E("CdtDbtInd", cents < 0 ? "DBIT" : "CRDT"), E("Dt", E("Dt", Date(at))));

    private static XElement Amount(long cents) => new(Camt + "Amt", new XAttribute("Ccy", CardAccount.Currency), Major(cents));

    private static XElement E(string name, params object[] content) => new(Camt + name, content);

    /// <summary>As banks print a reference: capitals, in pieces.</summary>
    private static string Printed(string reference) => string.Join(' ', reference.ToUpperInvariant().Chunk(5).Select(piece => new string(piece)));

    private static string Major(long cents) => (cents / 100m).ToString("0.00", CultureInfo.InvariantCulture);

    private static string Time(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);

    private static string Date(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
}
