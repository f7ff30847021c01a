using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace ControlTower.Simulator.Square;

/// <summary>Catalogue discounts, the product sets that they are for, and the pricing rules by which tills take them off.</summary>
internal static class PosDiscounts
{
    private const string Set = "pricing";
    private const int MostProducts = 500;

    /// <summary>What a rule names.</summary>
    private static readonly string[] Named = ["discount_id", "match_products_id", "exclude_products_id"];

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
            foreach (var field in Named)
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
        var page = PosSearch.Page("objects", There(account).Where(o => types.Contains(o["type"]!.GetValue<string>())), body.TryGetProperty("limit", out var limit) ? limit.GetInt32() : 100, body.TryGetProperty("cursor", out var cursor) ? cursor.GetString() : null);
        if (body.TryGetProperty("include_related_objects", out var wanted) && wanted.ValueKind == JsonValueKind.True)
        {
            var named = page["objects"]!.AsArray().SelectMany(o => Needed(o!.AsObject())).ToHashSet(StringComparer.Ordinal);
            page["related_objects"] = new JsonArray([.. There(account).Where(o => named.Contains(Id(o))).Select(o => (JsonNode)o.DeepClone())]);
        }

        return page;
    }

    /// <summary>Deletes discounts, product sets and rules, and the rules that need one of them. Names that nothing has are passed over, as the vendor does.</summary>
    public static JsonObject Delete(PosAccount account, PosChange change, JsonElement body)
    {
        var named = PosSearch.Texts(body, "object_ids").ToHashSet(StringComparer.Ordinal);
        var gone = There(account).Where(o => named.Contains(Id(o)) || Needed(o).Any(named.Contains)).ToList();
        var at = PosMoney.Iso(account.Options.Clock.GetUtcNow());
        foreach (var one in gone.Select(o => o.DeepClone().AsObject()))
        {
            (one["version"], one["updated_at"], one["is_deleted"]) = (one["version"]!.GetValue<long>() + 1, at, true);
            change.Puts.Add(account.Tables.Keep(Set, Id(one), one));
        }

        return new JsonObject { ["deleted_object_ids"] = new JsonArray([.. gone.Select(o => (JsonNode)Id(o))]), ["deleted_at"] = at };
    }

    /// <summary>What a till takes off a cart by itself, in smallest units: by line, and by which discount. The rule that takes off most comes first; each piece is matched once.</summary>
    public static IReadOnlyList<(int Line, JsonObject Discount, long Off)> Off(PosAccount account, IReadOnlyList<(string Variation, int Quantity, long Unit)> cart, DateTimeOffset at)
    {
        var wall = TimeZoneInfo.ConvertTime(at, TimeZoneInfo.FindSystemTimeZoneById(account.Market.TimeZone)).DateTime;
        var rules = There(account).Where(o => o["type"]!.GetValue<string>() == "PRICING_RULE").Select(o => o["pricing_rule_data"]!.AsObject()).Where(d => IsNow(d, wall)).ToList();
        // The dearest first: what is paid for is left out of each group from its top.
        var open = cart.SelectMany((line, number) => Enumerable.Repeat(number, line.Quantity)).OrderByDescending(line => cart[line].Unit).ToList();
        var all = new List<(int Line, JsonObject Discount, long Off)>();
        while (rules.Select(r => Matched(account, r, cart, open)).Where(m => m.Off.Count > 0).MaxBy(m => m.Off.Sum(o => o.Off)) is { } best)
        {
            rules.Remove(best.Rule);
            all.AddRange(best.Off.Select(o => (o.Line, best.Discount, o.Off)));
            best.Pieces.ForEach(piece => open.Remove(piece));
        }

        return all;
    }

    /// <summary>The pieces that a rule matches over the whole cart, each by its line, and what it takes off.</summary>
    private static Match Matched(PosAccount account, JsonObject rule, IReadOnlyList<(string Variation, int Quantity, long Unit)> cart, List<int> open)
    {
        var match = There(account, rule["match_products_id"])!["product_set_data"]!;
        var (products, group) = (Products(match).ToHashSet(StringComparer.Ordinal), match["quantity_exact"]?.GetValue<int>() ?? 1);
        var paid = There(account, rule["exclude_products_id"])?["product_set_data"]!["quantity_exact"]?.GetValue<int>() ?? 0;
        var discount = There(account, rule["discount_id"])!;
        var groups = open.Where(line => products.Contains(cart[line].Variation)).Chunk(group).Where(g => g.Length == group).ToList();
        var off = groups.SelectMany(g => g.Skip(paid)).GroupBy(line => line).Select(l => (Line: l.Key, Off: Reckon(discount["discount_data"]!, l.Count(), cart[l.Key].Unit))).Where(o => o.Off > 0);
        return new Match(rule, discount, [.. groups.SelectMany(g => g)], [.. off]);
    }

    private static long Reckon(JsonNode discount, int pieces, long unit) => discount["discount_type"]!.GetValue<string>() == "FIXED_AMOUNT" ? Math.Min(discount["amount_money"].Minor(), unit) * pieces
        : (long)Math.Round(unit * pieces * decimal.Parse(discount["percentage"]!.GetValue<string>(), CultureInfo.InvariantCulture) / 100, MidpointRounding.AwayFromZero);

    private static IEnumerable<JsonObject> There(PosAccount account) => account.Tables.All(Set).Where(o => o["is_deleted"]?.GetValue<bool>() != true);

    private static JsonObject? There(PosAccount account, JsonNode? id) => id is not null && account.Tables.Find(Set, id.GetValue<string>()) is { } one && one["is_deleted"]?.GetValue<bool>() != true ? one : null;

    private static IEnumerable<string> Needed(JsonObject one) => one["pricing_rule_data"] is JsonObject rule ? Named.Select(f => rule[f]?.GetValue<string>()).OfType<string>() : [];

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
            var there = There(account, one["id"]) ?? throw new PosRefusal("NOT_FOUND", "There is no such object.", $"{field}.id");
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
                foreach (var part in Named)
                {
                    if (data[part]?.GetValue<string>() is { } named ? !ids.ContainsKey(named) && There(account, data[part]) is null : part != "exclude_products_id") throw new PosRefusal("NOT_FOUND", "Catalogue object not found.", $"{field}.{name}.{part}");
                }

                if (Wall(data, "valid_from", "00:00:00") > Wall(data, "valid_until", "23:59:59")) throw new PosRefusal("INVALID_VALUE", "It ends before it begins.", $"{field}.{name}.valid_until_date");
                break;
        }
    }

    private sealed record Match(JsonObject Rule, JsonObject Discount, List<int> Pieces, List<(int Line, long Off)> Off);
}
