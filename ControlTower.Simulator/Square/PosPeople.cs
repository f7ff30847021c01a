using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using ControlTower.Simulator.Traffic;

namespace ControlTower.Simulator.Square;

/// <summary>Customers that the tills know: holders of a loyalty card. Most gave the address that they use in the web shop, some another, some none.</summary>
internal static class PosPeople
{
    private const int Known = 60;

    public static IEnumerable<JsonObject> All(PosAccount account) => Enumerable.Range(1, Known).Select(n => One(account, n));

    public static JsonObject Search(PosAccount account, JsonElement body)
    {
        var query = body.TryGetProperty("query", out var given) ? given : default;
        var since = query.ValueKind == JsonValueKind.Object && query.TryGetProperty("filter", out var filter) && filter.TryGetProperty("updated_at", out var range) ? range.GetProperty("start_at").GetDateTimeOffset() : DateTimeOffset.MinValue;
        var limit = body.TryGetProperty("limit", out var most) ? most.GetInt32() : 100;
        if (limit is < 1 or > 100) throw new PosRefusal("VALUE_TOO_HIGH", "The limit must be 1 to 100.", "limit");
        return PosSearch.Page("customers", All(account).Where(c => DateTimeOffset.Parse(c["updated_at"]!.GetValue<string>(), CultureInfo.InvariantCulture) >= since), limit, body.TryGetProperty("cursor", out var cursor) ? cursor.GetString() : null);
    }

    private static JsonObject One(PosAccount account, int number)
    {
        var person = People.Of(account.Market, account.Options.Seed, number, guest: false, null);
        var customer = new JsonObject
        {
            ["id"] = account.Id($"customer/{number}"), ["created_at"] = "2026-01-01T00:00:00.000Z", ["updated_at"] = "2026-01-01T00:00:00.000Z", ["given_name"] = person.Home.FirstName, ["family_name"] = person.Home.LastName,
            ["reference_id"] = string.Create(CultureInfo.InvariantCulture, $"NL{number:D6}"), ["version"] = 1,
        };
        if (number % 5 != 0) customer["email_address"] = number % 3 == 0 ? string.Create(CultureInfo.InvariantCulture, $"card{number}@example.com") : person.Email;
        if (person.Phone is { } phone) customer["phone_number"] = phone;
        return customer;
    }
}
