using System.Globalization;
using System.Text.Json;
using ControlTower.Data.Canonical;
using ControlTower.Sync.Connectors.Http;

namespace ControlTower.Sync.Connectors.Square;

/// <summary>
/// Payouts of each location and what each is made of: a page is one payout, the pages after it are its entries. Payouts are listed by when they were made, so the last days are read again each
/// time; entries never change. The cursor's part is <c>location</c>, counted from 0, or <c>location~payout~next</c> while entries are read, with the list's own cursor behind it.
/// </summary>
internal sealed class SquarePayouts(ConnectionProfile profile, SquareCall call)
{
    /// <summary>The setting that switches the feed on.</summary>
    public const string Setting = "payouts";

    private const int PageSize = 100;

    /// <summary>A payout that the bank sends back is heard of within two weeks.</summary>
    public static FeedPlan Plan { get; } = new(LedgerFeeds.Payouts, TimeSpan.FromHours(1), TimeSpan.FromDays(14));

    public static bool IsOn(ConnectionProfile profile) => profile.Settings.GetValueOrDefault(Setting) == "yes";

    public Task<FeedAnswer> ReadAsync(FeedRequest request, CancellationToken cancel)
    {
        var cursor = LedgerCursor.Of(request);
        var part = cursor.Part.Split('~');
        var place = int.TryParse(part[0], NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;
        return part is [_, var payout, var next] && SquareId.IsOne(payout)
            ? EntriesAsync(cursor, place, payout, Uri.UnescapeDataString(next), cancel)
            : PayoutAsync(cursor, place, cancel);
    }

    private async Task<FeedAnswer> PayoutAsync(LedgerCursor cursor, int place, CancellationToken cancel)
    {
        var (stores, failure) = await new Locations(call).ReadAsync(cancel).ConfigureAwait(false);
        if (failure is not null || place >= stores.Count)
        {
            return failure is not null ? new FeedAnswer.Failed(failure) : cursor.Answer([], null);
        }

        var from = cursor.From.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
        var (body, broken) = await call.GetAsync(
            $"v2/payouts?location_id={stores[place].Id}&begin_time={Uri.EscapeDataString(from)}&sort_order=ASC&limit=1{Page(cursor)}", cancel).ConfigureAwait(false);
        if (broken is not null)
        {
            return Broken(cursor, broken);
        }

        var next = body.Text("cursor") ?? "";
        if (body.Items("payouts") is not [var payout, ..])
        {
            return next.Length > 0 ? cursor.Answer([], next) : cursor.Answer([], null, Text(place + 1));
        }

        return Payout(payout) is { } line
            ? cursor.Seen(line.At).Answer([line], null, $"{Text(place)}~{line.Id}~{Uri.EscapeDataString(next)}")
            : Unreadable();
    }

    private async Task<FeedAnswer> EntriesAsync(LedgerCursor cursor, int place, string payout, string after, CancellationToken cancel)
    {
        var (body, failure) = await call.GetAsync($"v2/payouts/{payout}/payout-entries?sort_order=ASC&limit={PageSize}{Page(cursor)}", cancel).ConfigureAwait(false);
        if (failure is not null)
        {
            return Broken(cursor, failure);
        }

        var lines = new List<MoneyLine>();
        foreach (var entry in body.Items("payout_entries"))
        {
            if (Entry(entry, payout) is not { } line)
            {
                return Unreadable();
            }

            lines.Add(line);
        }

        return body.Text("cursor") is { Length: > 0 } next ? cursor.Answer(lines, next)
            : after.Length > 0 ? (cursor with { Part = Text(place) }).Answer(lines, after)
            : cursor.Answer(lines, null, Text(place + 1));
    }

    private MoneyLine? Payout(JsonElement payout)
    {
        if (payout.Text("id") is not { } id || !SquareId.IsOne(id) || payout.Time("created_at") is not { } at || Amount(payout, "amount_money") is not { } amount)
        {
            return null;
        }

        var status = payout.Text("status") switch { "PAID" => MoneyStatus.Final, "FAILED" => MoneyStatus.Failed, _ => MoneyStatus.Pending };
        var store = payout.Text("location_id") is { } location ? SquareSettings.Store(profile, location) : null;
        return new MoneyLine(
            MoneyKind.Payout, id, (long)(payout.Amount("version") ?? 0), amount, at, id, LedgerFeeds.References(payout.Text("end_to_end_id")), status, Store: store);
    }

    private static MoneyLine? Entry(JsonElement entry, string payout)
    {
        if (entry.Text("id") is not { Length: > 0 and <= 120 } id || entry.Time("effective_at") is not { } at || Amount(entry, "gross_amount_money") is not { } gross)
        {
            return null;
        }

        var type = entry.Text("type") ?? "";
        var details = $"type_{type.ToLowerInvariant()}_details";
        return new MoneyLine(
            Kind(type), id, 0, gross, at, id,
            LedgerFeeds.References(entry.Text(details, "refund_id"), entry.Text(details, "payment_id"), entry.Text(details, "dispute_id")),
            Fee: Amount(entry, "fee_amount_money")?.Amount, Payout: payout, Method: "card", Text: VendorText.Plain(type, 300));
    }

    private static MoneyKind Kind(string type) => type switch
    {
        "CHARGE" => MoneyKind.Charge,
        "REFUND" => MoneyKind.ChargeRefund,
        "DISPUTE" or "OPEN_DISPUTE" => MoneyKind.Dispute,
        "RESERVE_HOLD" or "RESERVE_RELEASE" or "HOLD_ADJUSTMENT" or "RELEASE_ADJUSTMENT" => MoneyKind.Reserve,
        // Which payout came back is not said: the one that takes it along has it in its list.
        "RETURNED_PAYOUT" or "INITIAL_BALANCE_CHANGE" => MoneyKind.Carried,
        "FEE" or "FREE_PROCESSING" => MoneyKind.Fee,
        _ when type.Contains("_FEE", StringComparison.Ordinal) => MoneyKind.Fee,
        "ADJUSTMENT" or "OTHER" or "OTHER_ADJUSTMENT" or "MONEY_TRANSFER" or "MONEY_TRANSFER_REVERSAL" or "ESCHEATMENT" => MoneyKind.Adjustment,
        _ when type.StartsWith("SQUARE_CAPITAL_", StringComparison.Ordinal) || type.StartsWith("AUTOMATIC_SAVINGS", StringComparison.Ordinal) => MoneyKind.Adjustment,
        _ => MoneyKind.Unknown,
    };

    /// <summary>Square counts in the currency's smallest unit; the samples of its payouts call the currency <c>currency_code</c>.</summary>
    private static Money? Amount(JsonElement of, string member) =>
        of.At(member, "amount") is { ValueKind: JsonValueKind.Number } amount && amount.TryGetInt64(out var minor)
            && (of.Text(member, "currency") ?? of.Text(member, "currency_code")) is { } currency && Currencies.IsCode(currency)
            ? new Money(Currencies.FromMinor(minor, currency), currency)
            : null;

    private static string Page(LedgerCursor cursor) => cursor.Page is { } page ? $"&cursor={Uri.EscapeDataString(page)}" : "";

    private static string Text(int place) => place.ToString(CultureInfo.InvariantCulture);

    private static FeedAnswer Broken(LedgerCursor cursor, Outcome failure) => failure is Outcome.Refused && cursor.Page is not null ? cursor.Anew() : new FeedAnswer.Failed(failure);

    private static FeedAnswer.Failed Unreadable() => new(HttpOutcome.Garbled(write: false, "a line of it has no id, time or amount"));
}
