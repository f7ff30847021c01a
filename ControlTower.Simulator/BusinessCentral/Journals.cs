using System.Text.Json;
using ControlTower.Simulator.Ledger;

namespace ControlTower.Simulator.BusinessCentral;

/// <summary>
/// Journal lines and customer payments, and posting a batch. A customer line carries no currency of its own: it takes the customer's.
/// The post action of journals also finds a customer payment journal by its id, because both are batches of the same table.
/// </summary>
internal sealed class Journals(Company company)
{
    private Tables Tables => company.Tables;

    public static string? LinesOf(string set) => set switch { "journals" => "journalLines", "customerPaymentJournals" => "customerPayments", _ => null };

    public IReadOnlyList<BcRecord> Lines(BcRecord batch) => Tables.All(LinesOf(batch.Entity.Set)!).Where(l => l.Ref("journalId") == batch.Id).OrderBy(l => (int)l["lineNumber"]!).ToList();

    public BcRecord AddLine(BcChange change, BcRecord batch, JsonElement body)
    {
        var line = Tables.New(LinesOf(batch.Entity.Set)!);
        BcBody.Apply(line, body, null);
        line["journalId"] = batch.Id;
        line["journalDisplayName"] = batch.Text("code");
        var lines = Lines(batch);
        line["lineNumber"] = lines.Count == 0 ? 10000 : (int)lines[^1]["lineNumber"]! + 10000;
        if (line.Date("postingDate") == DateOnly.MinValue) line["postingDate"] = company.Today;
        if (line.Text("documentNumber").Length == 0) line["documentNumber"] = Tables.NextNumber(change, "G", 10001);
        Check(line);
        Tables.Save(change, line, "created");
        change.Touched.Add((batch.Entity.Set, batch.Id, "updated"));
        return line;
    }

    public void Check(BcRecord line)
    {
        if (line.Entity.Set == "customerPayments")
        {
            var customer = Customer(line.Ref("customerId"), line.Text("customerNumber"));
            line["customerId"] = customer?.Id ?? Guid.Empty;
            line["customerNumber"] = customer?.Text("number") ?? "";
            var invoice = line.Ref("appliesToInvoiceId") != Guid.Empty
                ? Tables.Find("salesInvoices", line.Ref("appliesToInvoiceId")) ?? throw BcError.Dialog("The \"appliesToInvoiceId\" should be the ID of an Open, Paid, Corrective, or Canceled Invoice.")
                : line.Text("appliesToInvoiceNumber").Length > 0 ? Tables.By("salesInvoices", "number", line.Text("appliesToInvoiceNumber")) ?? throw BcError.Dialog("The Applies To Invoice values do not match to the same Invoice.") : null;
            if (invoice is not null && (string)invoice["status"]! == "Draft") throw BcError.Dialog("The \"appliesToInvoiceId\" should be the ID of an Open, Paid, Corrective, or Canceled Invoice.");
            line["appliesToInvoiceId"] = invoice?.Id ?? Guid.Empty;
            line["appliesToInvoiceNumber"] = invoice?.Text("number") ?? "";
            return;
        }

        if ((string)line["accountType"]! == "Customer")
        {
            var customer = Customer(line.Ref("accountId"), line.Text("accountNumber"));
            line["accountId"] = customer?.Id ?? Guid.Empty;
            line["accountNumber"] = customer?.Text("number") ?? "";
        }
        else if (line.Ref("accountId") != Guid.Empty || line.Text("accountNumber").Length > 0)
        {
            var account = (line.Ref("accountId") != Guid.Empty ? Tables.Find("accounts", line.Ref("accountId")) : Tables.By("accounts", "number", line.Text("accountNumber")))
                ?? throw BcError.Dialog("The \"accountNumber\" does not match to an Account.");
            line["accountId"] = account.Id;
            line["accountNumber"] = account.Text("number");
        }
    }

    private BcRecord? Customer(Guid id, string number)
    {
        if (id != Guid.Empty) return Tables.Find("customers", id) ?? throw BcError.Dialog("The \"customerId\" does not match to a Customer.");
        return number.Length == 0 ? null : Tables.By("customers", "number", number) ?? throw BcError.Dialog("The \"customerNumber\" does not match to a Customer.");
    }

    /// <summary>Posts every line of the batch or none, then empties it.</summary>
    public void Post(BcChange change, BcRecord batch)
    {
        var lines = Lines(batch);
        if (lines.Count == 0) throw BcError.Dialog("There is nothing to post.");
        var entries = lines.Where(l => StandsAlone(batch, l)).ToList();
        PostEntries(change, batch, entries);
        foreach (var line in lines.Except(entries))
        {
            var payments = line.Entity.Set == "customerPayments";
            var customer = Tables.Find("customers", line.Ref(payments ? "customerId" : "accountId"));
            if (payments && customer is null) throw BcError.Dialog($"Account No. must have a value in Gen. Journal Line: Journal Template Name=CASHRCPT, Journal Batch Name={batch.Text("code")}, Line No.={line["lineNumber"]}. It cannot be zero or empty.");
            if (line.Number("amount") == 0) throw BcError.Dialog($"Amount must have a value in Gen. Journal Line: Journal Batch Name={batch.Text("code")}, Line No.={line["lineNumber"]}. It cannot be zero or empty.");
            var currency = customer?.Text("currencyCode") is { Length: > 0 } code ? code : company.LocalCurrency;
            var applied = customer is null ? null : Apply(change, line, customer, payments);
            var account = customer is null && line.Text("accountNumber") is { Length: > 0 } number ? number : "1300";
            var balance = batch.Text("balancingAccountNumber") is { Length: > 0 } against ? against : "2900";
            GeneralLedger.Book(company, change, customer is null ? "_x0020_" : "Payment", line.Text("documentNumber"), line.Date("postingDate"), currency, Words(line), (balance, -line.Number("amount")), (account, line.Number("amount")));
            Tables.Remove(change, line);
            change.Effects.Add(new Effect
            {
                System = company.SystemId, Kind = "payment-posted", Id = line.Id.ToString(), Number = line.Text("documentNumber"), ExternalDocumentNumber = line.Text("externalDocumentNumber"),
                Follows = applied, Customer = customer?.Text("number"), Currency = currency, Amount = -line.Number("amount"),
            });
        }

        change.Touched.RemoveAll(t => t.Set is "journalLines" or "customerPayments");
        change.Touched.Add((batch.Entity.Set, batch.Id, "updated"));
    }

    private static string Words(BcRecord line) => line.Text("description") is { Length: > 0 } text ? text : line.Text("documentNumber");

    /// <summary>A line of an account that nothing balances but the other lines of its document.</summary>
    private static bool StandsAlone(BcRecord batch, BcRecord line) =>
        line.Entity.Set == "journalLines" && (string)line["accountType"]! != "Customer" && line.Text("balancingAccountNumber").Length == 0 && batch.Text("balancingAccountNumber").Length == 0;

    /// <summary>Everything is checked before anything is booked.</summary>
    private void PostEntries(BcChange change, BcRecord batch, IReadOnlyList<BcRecord> lines)
    {
        foreach (var line in lines)
        {
            if (line.Text("accountNumber").Length == 0 || line.Number("amount") == 0) throw BcError.Dialog($"{(line.Number("amount") == 0 ? "Amount" : "Account No.")} must have a value in Gen. Journal Line: Journal Batch Name={batch.Text("code")}, Line No.={line["lineNumber"]}. It cannot be zero or empty.");
            if (Tables.By("accounts", "number", line.Text("accountNumber"))!.Flag("blocked")) throw BcError.Dialog($"Blocked must be equal to 'No'  in G/L Account: No.={line.Text("accountNumber")}. Current value is 'Yes'.");
        }

        var documents = lines.GroupBy(l => l.Text("documentNumber"), StringComparer.Ordinal).ToList();
        if (documents.Find(d => d.Sum(l => l.Number("amount")) != 0) is { } uneven) throw BcError.Dialog($"The lines in the general journal are out of balance by {uneven.Sum(l => l.Number("amount"))}. Check that Journal Batch Name and Document No. {uneven.Key} are correct for each line.");
        foreach (var document in documents)
        {
            var first = document.First();
            GeneralLedger.Book(company, change, "_x0020_", document.Key, first.Date("postingDate"), company.LocalCurrency, Words(first), [.. document.Select(l => (l.Text("accountNumber"), l.Number("amount")))]);
            foreach (var line in document) Tables.Remove(change, line);
            change.Effects.Add(new Effect
            {
                System = company.SystemId, Kind = "journal-posted", Id = first.Id.ToString(), Number = document.Key, ExternalDocumentNumber = first.Text("externalDocumentNumber"),
                Currency = company.LocalCurrency, Amount = document.Sum(l => Math.Max(0, l.Number("amount"))),
            });
        }
    }

    /// <summary>Payments carry a negative amount. One that names an invoice settles it; otherwise the customer's oldest open invoices of the same external number, then any.</summary>
    private string? Apply(BcChange change, BcRecord line, BcRecord customer, bool payments)
    {
        var left = -line.Number("amount");
        if (left <= 0) return null;
        var named = payments && line.Ref("appliesToInvoiceId") != Guid.Empty;
        var open = Tables.All("salesInvoices").Where(i => i.Ref("customerId") == customer.Id && i.Number("remainingAmount") > 0 && (string)i["status"]! == "Open")
            .Where(i => !named || i.Id == line.Ref("appliesToInvoiceId"))
            .OrderByDescending(i => line.Text("externalDocumentNumber").Length > 0 && i.Text("externalDocumentNumber") == line.Text("externalDocumentNumber"))
            .ThenBy(i => i.Text("number"), StringComparer.Ordinal).ToList();
        string? first = null;
        foreach (var invoice in open)
        {
            if (left <= 0) break;
            var part = Math.Min(left, invoice.Number("remainingAmount"));
            left -= part;
            first ??= invoice.Text("number");
            var next = invoice.Copy();
            next["remainingAmount"] = invoice.Number("remainingAmount") - part;
            if (next.Number("remainingAmount") == 0) next["status"] = "Paid";
            Tables.Save(change, next, "updated");
        }

        return first;
    }
}
