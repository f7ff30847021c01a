using System.Globalization;
using System.Text.Json;
using ControlTower.Data.Canonical;
using ControlTower.Sync.Connectors.Http;

namespace ControlTower.Sync.Connectors.BusinessCentral;

/// <summary>
/// What the books say, by time of change. An order that is invoiced whole, or deleted, is gone without a trace: its invoice names it. A posted payment stands in the general ledger alone, in the
/// company's currency. A line without identity or amount fails its page: money is not passed over.
/// </summary>
internal sealed class Ledgers(ODataCall call, BusinessCentralSettings settings, ConnectionProfile profile, MasterFeeds masters)
{
    private const int PageSize = 500;
    private const string Totals = "externalDocumentNumber,postingDate,currencyCode,totalTaxAmount,totalAmountIncludingTax,status,lastModifiedDateTime";
    private const string Entries = "$select=id,documentNumber,postingDate,accountNumber,description,debitAmount,creditAmount,lastModifiedDateTime";

    private delegate MoneyLine? Reading(JsonElement row, string id, long version, string currency);

    /// <summary>What can be read with these settings: the general ledger is read on the accounts that are named.</summary>
    public static IReadOnlyList<string> FeedsOf(IReadOnlyDictionary<string, string> accounts) =>
    [
        LedgerFeeds.Invoices, LedgerFeeds.Orders, LedgerFeeds.Credits,
        .. accounts.ContainsKey(LedgerAccounts.Clearing) ? [LedgerFeeds.Payments] : Array.Empty<string>(),
        .. accounts.Count > 0 ? [LedgerFeeds.Journal] : Array.Empty<string>(),
    ];

    public async Task<FeedAnswer> ReadAsync(FeedRequest request, CancellationToken cancel)
    {
        if (Source(request.Feed) is not var (set, fields, filter, read))
        {
            return new FeedAnswer.Failed(new Outcome.Refused(FailureKind.Value, "no-such-feed", $"Business Central has no feed '{request.Feed}', or no account to read for it."));
        }

        var (currency, unknown) = await masters.CurrencyAsync(cancel).ConfigureAwait(false);
        if (unknown is not null || !Currencies.IsCode(currency))
        {
            return new FeedAnswer.Failed(unknown ?? new Outcome.Refused(FailureKind.Value, "no-currency", "The company does not say its currency; enter it.", "currency"));
        }

        var cursor = LedgerCursor.Of(request);
        var answer = cursor.Page is { } page && Trusted(page) is { } link
            ? await call.ReadAsync(link, cancel, PageSize).ConfigureAwait(false)
            : await call.ReadAsync(OData.Where(set, $"{filter}lastModifiedDateTime ge {OData.Time(cursor.From)}", $"$orderby=lastModifiedDateTime&{fields}"), cancel, PageSize).ConfigureAwait(false);
        if (answer.Failure is not null)
        {
            return answer.Failure is Outcome.Refused && cursor.Page is not null ? cursor.Anew() : new FeedAnswer.Failed(answer.Failure);
        }

        return Statement(answer.Body, cursor, read, currency!);
    }

    private FeedAnswer Statement(JsonElement body, LedgerCursor cursor, Reading read, string currency)
    {
        var told = body.Text("@odata.nextLink");
        var next = Trusted(told)?.AbsoluteUri;
        if (body.At("value") is not { ValueKind: JsonValueKind.Array } || (told is not null && next is null))
        {
            return new FeedAnswer.Failed(HttpOutcome.Garbled(write: false, "it has no list, or its next page lies elsewhere"));
        }

        var lines = new List<MoneyLine>();
        foreach (var row in body.Items("value"))
        {
            if (!Guid.TryParse(row.Text("id"), CultureInfo.InvariantCulture, out var id) || row.Time("lastModifiedDateTime") is not { } changed || !HasAmount(row))
            {
                return new FeedAnswer.Failed(HttpOutcome.Garbled(write: false, "a line of it has no id, time or amount"));
            }

            cursor = cursor.Seen(changed);
            if (read(row, id.ToString("D"), changed.ToUnixTimeMilliseconds(), currency) is { } line)
            {
                lines.Add(line);
            }
        }

        return cursor.Answer(lines, next);
    }

    private (string Set, string Fields, string Filter, Reading Read)? Source(string feed) => feed switch
    {
        LedgerFeeds.Invoices => ("salesInvoices", $"$select=id,number,orderNumber,{Totals}", "", Invoice),
        LedgerFeeds.Orders => ("salesOrders", $"$select=id,number,orderDate,{Totals}", "", Order),
        LedgerFeeds.Credits => ("salesCreditMemos", $"$select=id,number,invoiceNumber,{Totals}", "", Credit),
        LedgerFeeds.Payments when settings.Accounts.TryGetValue(LedgerAccounts.Clearing, out var clearing) =>
            ("generalLedgerEntries", Entries, $"accountNumber eq {OData.Literal(clearing)} and documentType eq 'Payment' and ", Payment),
        LedgerFeeds.Journal when settings.Accounts.Count > 0 => ("generalLedgerEntries", Entries,
            $"({string.Join(" or ", settings.Accounts.Values.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).Select(a => $"accountNumber eq {OData.Literal(a)}"))}) and ", Entry),
        _ => null,
    };

    private static bool HasAmount(JsonElement row) =>
        row.Amount("totalAmountIncludingTax") is not null || (row.Amount("debitAmount") is not null && row.Amount("creditAmount") is not null);

    private MoneyLine? Invoice(JsonElement row, string id, long version, string currency)
        => Document(MoneyKind.Invoice, 1, row, id, version, currency, "postingDate", row.Text("orderNumber"));

    private MoneyLine? Credit(JsonElement row, string id, long version, string currency)
        => Document(MoneyKind.CreditMemo, -1, row, id, version, currency, "postingDate", row.Text("invoiceNumber"));

    // An order is a draft to the API until it ships.
    private MoneyLine Order(JsonElement row, string id, long version, string currency)
        => Line(MoneyKind.SalesOrder, 1, row, id, version, currency, "orderDate", row.Text("number"), MoneyStatus.Final);

    private MoneyLine? Document(MoneyKind kind, int sign, JsonElement row, string id, long version, string currency, string day, string? follows) => row.Text("status") switch
    {
        "Draft" or "In_x0020_Review" or "In Review" => null,
        "Canceled" or "Corrective" => Line(kind, sign, row, id, version, currency, day, follows, MoneyStatus.Cancelled),
        _ => Line(kind, sign, row, id, version, currency, day, follows, MoneyStatus.Final),
    };

    // A blank currency is the company's own.
    private MoneyLine Line(MoneyKind kind, int sign, JsonElement row, string id, long version, string currency, string day, string? follows, MoneyStatus status) => new(
        kind, id, version, new Money(sign * row.Amount("totalAmountIncludingTax")!.Value, row.Text("currencyCode") is { } own && Currencies.IsCode(own) ? own : currency), At(row, day),
        VendorText.Plain(row.Text("number"), 120), LedgerFeeds.References(row.Text("externalDocumentNumber"), follows), status,
        // Tax that is booked as a line of its own is none to the document.
        Tax: settings.SalesTaxAccount is { Length: > 0 } ? null : sign * row.Amount("totalTaxAmount"));

    private MoneyLine Entry(JsonElement row, string id, long version, string currency) => new(
        MoneyKind.Journal, id, version, Booked(row, currency), At(row, "postingDate"), VendorText.Plain(row.Text("documentNumber"), 120), LedgerFeeds.References(row.Text("documentNumber")),
        Text: VendorText.Plain(row.Text("description"), 300), Account: VendorText.Plain(row.Text("accountNumber"), 120));

    /// <summary>What <see cref="Payments"/> wrote: its number holds the end of the key, its words name the invoice and how it was paid.</summary>
    private MoneyLine Payment(JsonElement row, string id, long version, string currency)
    {
        var number = row.Text("documentNumber") ?? "";
        var ours = number.StartsWith(Payments.NumberPrefix, StringComparison.Ordinal);
        var words = ours ? row.Text("description")?.Split(' ', 3) ?? [] : [];
        return Entry(row, id, version, currency) with
        {
            Kind = MoneyKind.Payment,
            References = LedgerFeeds.References(ours ? number[Payments.NumberPrefix.Length..] : number, words.Length > 1 ? words[1] : null),
            Method = words.Length > 2 ? VendorText.Plain(words[2], 60) : null,
        };
    }

    private static Money Booked(JsonElement row, string currency) => new(row.Amount("debitAmount")!.Value - row.Amount("creditAmount")!.Value, currency);

    // An empty date is told as the first day of the first year.
    private DateTimeOffset At(JsonElement row, string day) =>
        DateOnly.TryParseExact(row.Text(day), "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var date) && date.Year > 1
            ? LedgerFeeds.StartOf(date, profile.TimeZone)
            : row.Time("lastModifiedDateTime")!.Value;

    // The link is the service's, but the token goes where it points: only into our own company.
    private Uri? Trusted(string? link) => Uri.TryCreate(link, UriKind.Absolute, out var uri) && settings.Company.IsBaseOf(uri) ? uri : null;
}
