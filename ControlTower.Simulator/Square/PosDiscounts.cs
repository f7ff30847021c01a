using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace ControlTower.Simulator.Square;

/// <summary>Catalogue discounts, the product sets that they are for, and the pricing rules by which tills take them off.</summary>
internal static class PosDiscounts
{
    private const string Set = "pricing";
    private const int MostProducts = 500;

    private static readonly Dictionary<string, string> Data = new(StringComparer.Ordinal) { ["DISCOUNT"] = "discount_data", ["PRODUCT_SET"] = "product_set_data", ["PRICING_RULE"] = "pricing_rule_data" };

    public static bool Is(JsonObject one) => Data.ContainsKey(one["type"]?.GetValue<string>() ?? "");

    /// <summary>Objects with an id that begins with # are new; others name the version that was read.</summary>
    public static (List<JsonObject> Objects, JsonArray Ids) Upsert(PosAccount account, PosChange change, IReadOnlyList<JsonObject> objects, string at)
    {
        var ids = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var one in objects.Where(o => Id(o).StartsWith('#'))) ids[Id(one)] = account.Id($"{Set}/{account.Tables.Count(Set) + ids.Count}");
        for (var i = 0; i < objects.Count; i++) Check(account, objects[i], ids, i);
        foreach (var one in objects)
        {
            var data = one[Data[one["type"]!.GetValue<string>()]]!.AsObject();
            foreach (var field in new[] { "discount_id", "match_products_id", "exclude_products_id" })
            {
                if (data[field]?.GetValue<string>() is { } named && ids.TryGetValue(named, out var real)) data[field] = real;
            }

            var id = ids.GetValueOrDefault(Id(one), Id(one));
            (one["id"], one["version"], one["updated_at"], one["is_deleted"]) = (id, (account.Tables.Find(Set, id)?["version"]?.GetValue<long>() ?? 0) + 1, at, false);
            change.Puts.Add(account.Tables.Keep(Set, id, one.DeepClone().AsObject()));
        }

        return ([.. objects], new JsonArray([.. ids.Select(i => (JsonNode)new JsonObject { ["client_object_id"] = i.Key, ["object_id"] = i.Value })]));
    }

    public static JsonObject Search(PosAccount account, JsonElement body)
    {
        var types = PosSearch.Texts(body, "object_types");
        var page = PosSearch.Page("objects", account.Tables.All(Set).Where(o => types.Contains(o["type"]!.GetValue<string>())), body.TryGetProperty("limit", out var limit) ? limit.GetInt32() : 100, body.TryGetProperty("cursor", out var cursor) ? cursor.GetString() : null);
        if (body.TryGetProperty("include_related_objects", out var wanted) && wanted.ValueKind == JsonValueKind.True)
        {
            var named = page["objects"]!.AsArray().Select(o => o!["pricing_rule_data"]).OfType<JsonObject>().SelectMany(d => new[] { "discount_id", "match_products_id", "exclude_products_id" }.Select(f => d[f]?.GetValue<string>())).OfType<string>().Distinct();
            page["related_objects"] = new JsonArray([.. named.Select(id => account.Tables.Find(Set, id)).OfType<JsonObject>().Select(o => (JsonNode)o.DeepClone())]);
        }

        return page;
    }

    /// <summary>What a till takes off a line by itself, in smallest units, and by which discount; the largest of those that fit.</summary>
    public static (long Off, JsonObject? Discount) Off(PosAccount account, string variation, int quantity, long unit, DateTimeOffset at)
    {
        var wall = TimeZoneInfo.ConvertTime(at, TimeZoneInfo.FindSystemTimeZoneById(account.Market.TimeZone)).DateTime;
        return account.Tables.All(Set).Where(o => o["type"]!.GetValue<string>() == "PRICING_RULE").Select(o => o["pricing_rule_data"]!.AsObject()).Where(d => IsNow(d, wall))
            .Select(d => (Rule: d, Match: account.Tables.Find(Set, d["match_products_id"]!.GetValue<string>())!["product_set_data"]!, Discount: account.Tables.Find(Set, d["discount_id"]!.GetValue<string>())!))
            .Where(r => Products(r.Match).Contains(variation)).Select(r => (Off: Reckon(account, r.Rule, r.Match, r.Discount["discount_data"]!, quantity, unit), (JsonObject?)r.Discount)).OrderByDescending(r => r.Off).FirstOrDefault();
    }

    private static long Reckon(PosAccount account, JsonObject rule, JsonNode match, JsonNode discount, int quantity, long unit)
    {
        var group = match["quantity_exact"]?.GetValue<int>() ?? 1;
        var paid = rule["exclude_products_id"] is { } exclude ? account.Tables.Find(Set, exclude.GetValue<string>())!["product_set_data"]!["quantity_exact"]?.GetValue<int>() ?? 0 : 0;
        var pieces = quantity / group * (group - paid);
        return discount["discount_type"]!.GetValue<string>() == "FIXED_AMOUNT" ? Math.Min(discount["amount_money"].Minor(), unit) * pieces
            : (long)Math.Round(unit * pieces * decimal.Parse(discount["percentage"]!.GetValue<string>(), CultureInfo.InvariantCulture) / 100, MidpointRounding.AwayFromZero);
    }

    private static bool IsNow(JsonObject rule, DateTime wall) => Wall(rule, "valid_from", "00:00:00") is not { } from || from <= wall ? Wall(rule, "valid_until", "23:59:59") is not { } until || until > wall : false;

    private static DateTime? Wall(JsonObject rule, string which, string otherwise) => rule[$"{which}_date"]?.GetValue<string>() is { } date
        ? DateTime.ParseExact($"{date} {rule[$"{which}_local_time"]?.GetValue<string>() ?? otherwise}", "yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture) : null;

    private static IEnumerable<string> Products(JsonNode set) => (set["product_ids_any"] as JsonArray ?? []).Select(p => p!.GetValue<string>());

    private static string Id(JsonObject one) => one["id"]?.GetValue<string>() ?? "";

    private static void Check(PosAccount account, JsonObject one, Dictionary<string, string> ids, int at)
    {
        var field = $"batches[0].objects[{at}]";
        if (!ids.ContainsKey(Id(one)))
        {
            var there = account.Tables.Find(Set, Id(one)) ?? throw new PosRefusal("NOT_FOUND", "There is no such object.", $"{field}.id");
            if (there["version"]!.GetValue<long>() != one["version"]?.GetValue<long>()) throw new PosRefusal("VERSION_MISMATCH", "The object was changed meanwhile.", $"{field}.version");
        }

        var name = Data[one["type"]!.GetValue<string>()];
        var data = one[name] as JsonObject ?? throw new PosRefusal("MISSING_REQUIRED_PARAMETER", "Field must be set.", $"{field}.{name}");
        switch (name)
        {
            case "discount_data" when data["discount_type"]?.GetValue<string>() == "FIXED_PERCENTAGE":
                if (!decimal.TryParse(data["percentage"]?.GetValue<string>(), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var percent) || percent is <= 0 or > 100) throw new PosRefusal("INVALID_VALUE", "The percentage must be above 0 and up to 100.", $"{field}.{name}.percentage");
                break;
            case "discount_data":
                if (data["amount_money"].Minor() <= 0 || data["amount_money"]!["currency"]?.GetValue<string>() != account.Market.Currency) throw new PosRefusal("INVALID_VALUE", "The amount must be above zero, in the currency of the account.", $"{field}.{name}.amount_money");
                break;
            case "product_set_data":
                var products = Products(data).ToList();
                if (products.Count is 0 or > MostProducts) throw new PosRefusal("ARRAY_LENGTH_TOO_LONG", "Field must have 1 to 500 items.", $"{field}.{name}.product_ids_any");
                if (products.FirstOrDefault(p => account.Articles.All(a => account.Variation(a) != p)) is not null) throw new PosRefusal("NOT_FOUND", "Catalogue object not found.", $"{field}.{name}.product_ids_any");
                if (data["quantity_exact"] is not null && (data["quantity_min"] ?? data["quantity_max"]) is not null) throw new PosRefusal("INVALID_VALUE", "quantity_exact stands alone.", $"{field}.{name}.quantity_exact");
                break;
            default:
                foreach (var part in new[] { "discount_id", "match_products_id", "exclude_products_id" })
                {
                    if (data[part]?.GetValue<string>() is { } named ? !ids.ContainsKey(named) && account.Tables.Find(Set, named) is null : part != "exclude_products_id") throw new PosRefusal("NOT_FOUND", "Catalogue object not found.", $"{field}.{name}.{part}");
                }

                if (Wall(data, "valid_from", "00:00:00") > Wall(data, "valid_until", "23:59:59")) throw new PosRefusal("INVALID_VALUE", "It ends before it begins.", $"{field}.{name}.valid_until_date");
                break;
        }
    }
}
