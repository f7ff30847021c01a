using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace ControlTower.Simulator.Square;

/// <summary>Stock of the stores: counts, and the changes that made them. A repeated key gives the first answer, with other contents a refusal.</summary>
internal static class PosStock
{
    private static readonly string[] States = ["NONE", "IN_STOCK", "SOLD", "RETURNED_BY_CUSTOMER", "WASTE", "UNLINKED_RETURN"];

    public static JsonObject Count(string location, string variation, decimal quantity, DateTimeOffset at) => new()
    {
        ["catalog_object_id"] = variation,
        ["catalog_object_type"] = "ITEM_VARIATION",
        ["state"] = "IN_STOCK",
        ["location_id"] = location,
        ["quantity"] = quantity.ToString(CultureInfo.InvariantCulture),
        ["calculated_at"] = PosMoney.Iso(at),
    };

    public static void Move(PosAccount account, PosChange change, string location, string variation, decimal delta, bool set = false)
    {
        var key = $"{location}/{variation}";
        var before = account.Tables.Find("counts", key)?["quantity"]?.GetValue<string>() is { } text ? decimal.Parse(text, CultureInfo.InvariantCulture) : 0m;
        var count = Count(location, variation, set ? delta : before + delta, account.Options.Clock.GetUtcNow());
        change.Puts.Add(account.Tables.Keep("counts", key, count));
        change.Events.Add(("inventory.count.updated", Guid.NewGuid().ToString(), "inventory", new JsonObject { ["inventory_counts"] = new JsonArray(count.DeepClone()) }));
    }

    public static JsonObject Apply(PosAccount account, PosChange change, JsonElement body)
    {
        var key = body.TryGetProperty("idempotency_key", out var given) && given.GetString() is { Length: > 0 and <= 128 } text ? text : throw new PosRefusal("MISSING_REQUIRED_PARAMETER", "Field must be set.", "idempotency_key");
        var asked = body.TryGetProperty("changes", out var changes) && changes.ValueKind == JsonValueKind.Array ? changes.GetRawText() : "[]";
        if (account.Tables.Find("idempotency", key) is { } known)
        {
            return known["asked"]!.GetValue<string>() == asked ? known["answer"]!.DeepClone().AsObject() : throw new PosRefusal("IDEMPOTENCY_KEY_REUSED", "The idempotency key can only be retried with the same request data.", "idempotency_key");
        }

        if (changes.ValueKind != JsonValueKind.Array || changes.GetArrayLength() is 0 or > 100) throw new PosRefusal("ARRAY_LENGTH_TOO_LONG", "Field must have 1 to 100 items.", "changes");
        var made = new JsonArray();
        var counts = new JsonArray();
        foreach (var one in changes.EnumerateArray()) made.Add(Checked(account, one));
        foreach (var one in made.Select(m => m!.AsObject()))
        {
            var count = Carry(account, change, one);
            counts.Add(count.DeepClone());
            change.Puts.Add(account.Tables.Keep("changes", account.Next("changes"), one.DeepClone().AsObject()));
        }

        var answer = new JsonObject { ["counts"] = counts, ["changes"] = made };
        change.Puts.Add(account.Tables.Keep("idempotency", key, new JsonObject { ["asked"] = asked, ["answer"] = answer.DeepClone() }));
        return answer;
    }

    private static JsonObject Checked(PosAccount account, JsonElement one)
    {
        var type = one.TryGetProperty("type", out var t) ? t.GetString() : null;
        var name = type switch { "ADJUSTMENT" => "adjustment", "PHYSICAL_COUNT" => "physical_count", _ => throw new PosRefusal("INVALID_ENUM_VALUE", "Type must be ADJUSTMENT or PHYSICAL_COUNT.", "changes.type") };
        var body = one.TryGetProperty(name, out var b) ? JsonObject.Create(b)! : throw new PosRefusal("MISSING_REQUIRED_PARAMETER", "Field must be set.", $"changes.{name}");
        if (account.Store(body["location_id"]?.GetValue<string>() ?? "") is null) throw new PosRefusal("NOT_FOUND", "Location not found.", $"changes.{name}.location_id");
        if (account.Articles.All(a => account.Variation(a) != body["catalog_object_id"]?.GetValue<string>())) throw new PosRefusal("NOT_FOUND", "Catalog object not found.", $"changes.{name}.catalog_object_id");
        if (!decimal.TryParse(body["quantity"]?.GetValue<string>(), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out _)) throw new PosRefusal("INVALID_VALUE", "Quantity must be a decimal number of zero or more.", $"changes.{name}.quantity");
        if (type == "ADJUSTMENT" && (!States.Contains(body["from_state"]?.GetValue<string>()) || !States.Contains(body["to_state"]?.GetValue<string>()))) throw new PosRefusal("INVALID_VALUE", "This change of state is not allowed.", "changes.adjustment.to_state");
        if (body["occurred_at"] is not { } occurred) throw new PosRefusal("MISSING_REQUIRED_PARAMETER", "Field must be set.", $"changes.{name}.occurred_at");
        var age = account.Options.Clock.GetUtcNow() - DateTimeOffset.Parse(occurred.GetValue<string>(), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal);
        if (age > TimeSpan.FromHours(24) || age < TimeSpan.FromMinutes(-5)) throw new PosRefusal("INVALID_TIME", "The time must be within the last 24 hours.", $"changes.{name}.occurred_at");
        body["catalog_object_type"] = "ITEM_VARIATION";
        body["created_at"] = PosMoney.Iso(account.Options.Clock.GetUtcNow());
        return new JsonObject { ["type"] = type, [name] = body };
    }

    private static JsonObject Carry(PosAccount account, PosChange change, JsonObject one)
    {
        var counted = one["physical_count"] as JsonObject;
        var body = counted ?? one["adjustment"]!.AsObject();
        body["id"] = account.Next("changes");
        var (location, variation) = (body["location_id"]!.GetValue<string>(), body["catalog_object_id"]!.GetValue<string>());
        var quantity = decimal.Parse(body["quantity"]!.GetValue<string>(), CultureInfo.InvariantCulture);
        if (counted is not null) Move(account, change, location, variation, quantity, set: true);
        else Move(account, change, location, variation, (body["to_state"]!.GetValue<string>() == "IN_STOCK" ? quantity : 0) - (body["from_state"]!.GetValue<string>() == "IN_STOCK" ? quantity : 0));
        return account.Tables.Find("counts", $"{location}/{variation}")!;
    }
}
