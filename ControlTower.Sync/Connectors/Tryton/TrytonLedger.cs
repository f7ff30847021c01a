using System.Globalization;
using System.Text.Json;
using ControlTower.Data.Canonical;
using ControlTower.Sync.Connectors.Http;

namespace ControlTower.Sync.Connectors.Tryton;

/// <summary>Invoices and credit notes as lines of money. They name the key of each sale that they are about, our own credits theirs, and the order as the shop calls it. A line that cannot be read fails its page.</summary>
internal static class TrytonLedger
{
    public static readonly string[] Fields =
    [
        "number", "state", "total_amount", "tax_amount", "invoice_date", "currency.code", "sales.web_id", "sales.reference", "write_date", "create_date",
    ];

    public static FeedAnswer Statement(IReadOnlyList<JsonElement> rows, string cursor, bool more, string timeZone)
    {
        var lines = rows.Select(r => Line(r, timeZone)).ToList();
        return lines.Contains(null)
            ? new FeedAnswer.Failed(HttpOutcome.Garbled(write: false, "an invoice of it has no id, time, currency or amount"))
            : new FeedAnswer.Statement([.. lines.OfType<MoneyLine>()], cursor, more);
    }

    private static MoneyLine? Line(JsonElement row, string timeZone)
    {
        var currency = TrytonValue.Member(row, "currency.") is { } given ? TrytonValue.Text(given, "code") : null;
        if (TrytonValue.Id(row) is not { } id || TrytonFeeds.Changed(row) is not { } changed || !Currencies.IsCode(currency) || TrytonValue.Number(row, "total_amount") is not { } total)
        {
            return null;
        }

        var sales = TrytonValue.Items(row, "sales.").ToList();
        return new MoneyLine(
            total < 0 ? MoneyKind.CreditMemo : MoneyKind.Invoice, id.ToString(CultureInfo.InvariantCulture), changed.ToUnixTimeMilliseconds(), new Money(total, currency!),
            TrytonValue.Time(row, "invoice_date") is { } day ? LedgerFeeds.StartOf(DateOnly.FromDateTime(day.UtcDateTime), timeZone) : changed,
            VendorText.Plain(TrytonValue.Text(row, "number"), 120),
            LedgerFeeds.References([.. sales.Select(s => TrytonValue.Text(s, "web_id")), .. sales.Select(s => TrytonValue.Text(s, "reference"))]),
            TrytonValue.Text(row, "state") == "cancelled" ? MoneyStatus.Cancelled : MoneyStatus.Final, Tax: TrytonValue.Number(row, "tax_amount"));
    }
}
