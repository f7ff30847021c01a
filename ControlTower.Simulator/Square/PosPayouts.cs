using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using ControlTower.Simulator.Ledger;

namespace ControlTower.Simulator.Square;

/// <summary>What the vendor pays out of card payments, location by location.</summary>
internal static class PosPayouts
{
    private const int LargestPage = 100;

    public static JsonObject List(PosAccount account, IQueryCollection query)
    {
        var location = query["location_id"].ToString();
        var since = DateTimeOffset.Parse(query["begin_time"].ToString(), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal);
        var (book, _) = Book(account, location);
        return PosSearch.Page("payouts", book.Payouts.Where(p => p.IssuedAt >= since).Select(p => Payout(account, location, p)), Limit(query), query["cursor"]);
    }

    public static JsonObject Entries(PosAccount account, string payout, IQueryCollection query)
    {
        var place = account.Stores.FirstOrDefault(s => payout.StartsWith($"po_{s.LocationId}_", StringComparison.Ordinal)) ?? throw new PosRefusal("NOT_FOUND", "No payout with this id.", "payout_id");
        var (book, sources) = Book(account, place.LocationId);
        var one = book.Payouts.Find(p => Id(place.LocationId, p.Round) == payout) ?? throw new PosRefusal("NOT_FOUND", "No payout with this id.", "payout_id");
        return PosSearch.Page("payout_entries", book.Movements.Where(m => m.Round == one.Round).Select(m => Entry(account, payout, m, sources.GetValueOrDefault(m.Source))), Limit(query), query["cursor"]);
    }

    private static int Limit(IQueryCollection query) => int.TryParse(query["limit"].ToString(), NumberStyles.None, CultureInfo.InvariantCulture, out var limit) && limit <= LargestPage ? limit : LargestPage;

    /// <summary>A till that was offline tells its payments late: they are paid out from then on.</summary>
    private static (PayoutBook Book, Dictionary<long, JsonObject> Sources) Book(PosAccount account, string location)
    {
        bool IsHere(JsonObject of) => of["location_id"]!.GetValue<string>() == location;
        var taken = account.Tables.All("payments").Where(p => IsHere(p) && p["source_type"]!.GetValue<string>() == "CARD").Select(p => (Row: p, Minor: p["total_money"].Minor()))
            .Concat(account.Tables.All("refunds").Where(r => IsHere(r) && r["payment_id"] is not null && r["destination_type"]!.GetValue<string>() == "CARD").Select(r => (Row: r, Minor: -r["amount_money"].Minor())))
            .ToDictionary(t => Number(t.Row), t => t);
        return (new PayoutBook(
            taken.Select(t => (t.Key, At: DateTimeOffset.Parse(t.Value.Row["updated_at"]!.GetValue<string>(), CultureInfo.InvariantCulture), PosMoney.Major(t.Value.Minor))).OrderBy(t => t.At),
            account.Options.Seed, account.Options.PayoutEvery, account.Market.Decimals, account.Options.Clock.GetUtcNow()), taken.ToDictionary(t => t.Key, t => t.Value.Row));
    }

    private static JsonObject Payout(PosAccount account, string location, Payout payout)
    {
        var settled = payout.IssuedAt + account.Options.PayoutEvery;
        return new JsonObject
        {
            ["id"] = Id(location, payout.Round), ["status"] = payout.State switch { PayoutState.Scheduled => "SENT", PayoutState.Paid => "PAID", _ => "FAILED" }, ["location_id"] = location,
            ["created_at"] = PosMoney.Iso(payout.IssuedAt), ["updated_at"] = PosMoney.Iso(payout.State == PayoutState.Scheduled ? payout.IssuedAt : settled), ["version"] = payout.State == PayoutState.Scheduled ? 1 : 2,
            ["amount_money"] = Money(account, payout.Net), ["type"] = "BATCH", ["arrival_date"] = settled.UtcDateTime.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
            ["destination"] = new JsonObject { ["type"] = "BANK_ACCOUNT", ["id"] = "bact:of-the-merchant" }, ["end_to_end_id"] = $"L{payout.Round}",
        };
    }

    private static JsonObject Entry(PosAccount account, string payout, Movement move, JsonObject? source)
    {
        var type = move.Kind switch { MovementKind.Charge => "CHARGE", MovementKind.Refund => "REFUND", MovementKind.Dispute => "DISPUTE", _ => "RETURNED_PAYOUT" };
        var entry = new JsonObject
        {
            ["id"] = $"poe_{move.Kind.ToString().ToLowerInvariant()}_{move.Source}", ["payout_id"] = payout, ["effective_at"] = PosMoney.Iso(move.At), ["type"] = type,
            ["gross_amount_money"] = Money(account, move.Amount), ["fee_amount_money"] = Money(account, move.Fee), ["net_amount_money"] = Money(account, move.Net),
        };
        if (source is null) return entry;
        var id = source["id"]!.GetValue<string>();
        entry[$"type_{type.ToLowerInvariant()}_details"] = move.Kind switch
        {
            MovementKind.Refund => new JsonObject { ["payment_id"] = source["payment_id"]!.DeepClone(), ["refund_id"] = id },
            MovementKind.Dispute => new JsonObject { ["payment_id"] = id, ["dispute_id"] = $"dts_{id}" },
            _ => new JsonObject { ["payment_id"] = id },
        };
        return entry;
    }

    private static JsonObject Money(PosAccount account, decimal amount) => PosMoney.Of((long)(amount * 100), account.Market.Currency);

    private static string Id(string location, long round) => string.Create(CultureInfo.InvariantCulture, $"po_{location}_{round}");

    // Ids are text here; chance needs a number that stays the same.
    private static long Number(JsonObject row) => BitConverter.ToInt64(SHA256.HashData(Encoding.UTF8.GetBytes(row["id"]!.GetValue<string>()))) & long.MaxValue;
}
