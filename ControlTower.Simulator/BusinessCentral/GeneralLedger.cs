namespace ControlTower.Simulator.BusinessCentral;

/// <summary>Books what was posted, in the company's own currency, so that debit and credit of each document are equal.</summary>
internal static class GeneralLedger
{
    private static decimal Rate(string from, string to) => (from, to) switch
    {
        ("GBP", "EUR") => 1.16m,
        ("JPY", "EUR") => 0.0062m,
        _ => 1m,
    };

    /// <param name="amounts">Account and amount in the document's currency, debit above zero; together they are zero.</param>
    public static void Book(Company company, BcChange change, string documentType, string documentNumber, DateOnly date, string currency, params ReadOnlySpan<(string Account, decimal Amount)> amounts) =>
        Book(company, change, documentType, documentNumber, date, currency, $"{BcValue.Decode(documentType)} {documentNumber}".Trim(), amounts);

    /// <param name="words">The description of each entry.</param>
    public static void Book(Company company, BcChange change, string documentType, string documentNumber, DateOnly date, string currency, string words, params ReadOnlySpan<(string Account, decimal Amount)> amounts)
    {
        var rate = Rate(currency, company.LocalCurrency);
        var rest = 0m;
        for (var i = 0; i < amounts.Length; i++)
        {
            // The last entry takes what rounding left, so that the document balances in local currency too.
            var amount = i == amounts.Length - 1 ? -rest : SalesMath.Round(amounts[i].Amount * rate, 2);
            rest += amount;
            if (amount == 0) continue;
            var account = company.Tables.By("accounts", "number", amounts[i].Account)!;
            var entry = company.Tables.New("generalLedgerEntries");
            entry["entryNumber"] = int.Parse(company.Tables.NextNumber(change, "", 1), System.Globalization.CultureInfo.InvariantCulture);
            entry["postingDate"] = date;
            entry["documentNumber"] = documentNumber;
            entry["documentType"] = documentType;
            entry["accountId"] = account.Id;
            entry["accountNumber"] = account.Text("number");
            entry["description"] = words;
            entry["debitAmount"] = Math.Max(0, amount);
            entry["creditAmount"] = Math.Max(0, -amount);
            company.Tables.Save(change, entry, "created");
        }
    }

    public static void BookSale(Company company, BcChange change, BcRecord document, bool credit)
    {
        var sign = credit ? -1 : 1;
        Book(company, change, credit ? "Credit_x0020_Memo" : "Invoice", document.Text("number"), document.Date("postingDate"), document.Text("currencyCode"),
            ("1300", sign * document.Number("totalAmountIncludingTax")), ("2300", -sign * document.Number("totalTaxAmount")), ("4100", -sign * document.Number("totalAmountExcludingTax")));
    }
}
