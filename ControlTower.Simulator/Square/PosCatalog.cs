using System.Text.Json;
using System.Text.Json.Nodes;
using ControlTower.Simulator.Traffic;

namespace ControlTower.Simulator.Square;

/// <summary>Locations and item variations.</summary>
internal static class PosCatalog
{
    public static JsonObject Location(PosAccount account, PosStore store) => new()
    {
        ["id"] = store.LocationId, ["name"] = store.Name, ["merchant_id"] = account.MerchantId, ["status"] = "ACTIVE", ["type"] = "PHYSICAL", ["country"] = store.Address.CountryCode,
        ["currency"] = account.Market.Currency, ["timezone"] = account.Market.TimeZone, ["language_code"] = "en-GB",
        ["address"] = new JsonObject { ["address_line_1"] = store.Address.Address1, ["locality"] = store.Address.City, ["postal_code"] = store.Address.Zip, ["country"] = store.Address.CountryCode },
    };

    public static JsonObject Retrieve(PosAccount account, JsonElement body)
    {
        var wanted = PosSearch.Texts(body, "object_ids").ToHashSet(StringComparer.Ordinal);
        var found = account.Articles.Where(a => wanted.Contains(account.Variation(a))).ToList();
        return Related(account, body, found, new JsonObject { ["objects"] = new JsonArray([.. found.Select(a => Variation(account, a))]) });
    }

    public static JsonObject Search(PosAccount account, JsonElement body)
    {
        if (PosSearch.Texts(body, "object_types").Contains("PRICING_RULE")) return PosDiscounts.Search(account, body);
        var articles = body.TryGetProperty("query", out var query) ? BySku(account, query.GetProperty("set_query")) : account.Articles;
        var since = body.TryGetProperty("begin_time", out var begin) ? begin.GetDateTimeOffset() : DateTimeOffset.MinValue;
        var limit = body.TryGetProperty("limit", out var most) ? most.GetInt32() : 1000;
        if (limit is < 1 or > 1000) throw new PosRefusal("VALUE_TOO_HIGH", "The limit must be 1 to 1000.", "limit");
        var found = articles.Where(a => Updated(Variation(account, a)) > since).ToList();
        var page = PosSearch.Page("objects", found.Select(a => Variation(account, a)), limit, body.TryGetProperty("cursor", out var cursor) ? cursor.GetString() : null);
        return Related(account, body, found, page);
    }

    /// <summary>Whole objects, each with the version that was read; all of them or none.</summary>
    public static JsonObject Upsert(PosAccount account, PosChange change, JsonElement body)
    {
        var key = body.GetProperty("idempotency_key").GetString()!;
        if (account.Tables.Find("upserts", key) is { } earlier) return earlier["body"]!.ToJsonString() == body.GetRawText() ? earlier["answer"]!.DeepClone().AsObject() : throw new PosRefusal("IDEMPOTENCY_KEY_REUSED", "The key was used for another request.", "idempotency_key");
        var objects = body.GetProperty("batches").EnumerateArray().SelectMany(b => b.GetProperty("objects").EnumerateArray()).Select(o => JsonObject.Create(o.Clone())!).ToList();
        var at = PosMoney.Iso(account.Options.Clock.GetUtcNow());
        if (objects.Count > 0 && objects.All(PosDiscounts.Is))
        {
            var (kept, ids) = PosDiscounts.Upsert(account, change, objects, at);
            var told = new JsonObject { ["objects"] = new JsonArray([.. kept.Select(o => o.DeepClone())]), ["updated_at"] = at, ["id_mappings"] = ids };
            change.Puts.Add(account.Tables.Keep("upserts", key, new JsonObject { ["body"] = JsonNode.Parse(body.GetRawText()), ["answer"] = told.DeepClone() }));
            return told;
        }

        for (var i = 0; i < objects.Count; i++) Check(account, objects[i], i);
        foreach (var one in objects)
        {
            (one["version"], one["updated_at"], one["is_deleted"]) = (one["version"]!.GetValue<long>() + 1, at, false);
            change.Puts.Add(account.Tables.Keep("variations", one["id"]!.GetValue<string>(), one));
        }

        var answer = new JsonObject { ["objects"] = new JsonArray([.. objects.Select(o => o.DeepClone())]), ["updated_at"] = at };
        change.Puts.Add(account.Tables.Keep("upserts", key, new JsonObject { ["body"] = JsonNode.Parse(body.GetRawText()), ["answer"] = answer.DeepClone() }));
        return answer;
    }

    /// <summary>Somebody edits a variation by hand.</summary>
    public static bool Edit(PosAccount account, PosChange change, Article article, Action<JsonObject> how)
    {
        var one = Variation(account, article);
        how(one["item_variation_data"]!.AsObject());
        (one["version"], one["updated_at"]) = (one["version"]!.GetValue<long>() + 1, PosMoney.Iso(account.Options.Clock.GetUtcNow()));
        change.Puts.Add(account.Tables.Keep("variations", account.Variation(article), one));
        return true;
    }

    public static JsonObject Variation(PosAccount account, Article article) => account.Tables.Find("variations", account.Variation(article))?.DeepClone().AsObject() ?? new()
    {
        ["type"] = "ITEM_VARIATION", ["id"] = account.Variation(article), ["updated_at"] = "2026-01-01T00:00:00.000Z", ["version"] = 1L, ["is_deleted"] = false, ["present_at_all_locations"] = true,
        ["item_variation_data"] = new JsonObject
        {
            ["item_id"] = account.Id($"item/{article.Style.Code}"), ["name"] = article.VariantTitle, ["sku"] = article.Sku, ["upc"] = article.Gtin, ["pricing_type"] = "FIXED_PRICING", ["track_inventory"] = true, ["sellable"] = true,
            ["price_money"] = PosMoney.Of((long)(Traffic.Range.Price(article.Style, account.Market.Currency) * 100), account.Market.Currency),
        },
    };

    /// <summary>What a store charges, in smallest units: its own price if it has one, else the account's.</summary>
    public static long Price(PosAccount account, Article article, PosStore? store)
    {
        var data = Variation(account, article)["item_variation_data"]!;
        var own = Overrides(data).FirstOrDefault(o => o["location_id"]?.GetValue<string>() == store?.LocationId);
        return (own?["price_money"] ?? data["price_money"]).Minor();
    }

    /// <summary>A store is given a price of its own, or loses it.</summary>
    public static void Price(JsonObject data, PosStore store, JsonObject? money)
    {
        var others = Overrides(data).Where(o => o["location_id"]?.GetValue<string>() != store.LocationId).Select(o => (JsonNode)o.DeepClone());
        JsonNode[] own = money is null ? [] : [new JsonObject { ["location_id"] = store.LocationId, ["pricing_type"] = "FIXED_PRICING", ["price_money"] = money }];
        data["location_overrides"] = new JsonArray([.. others, .. own]);
    }

    private static IEnumerable<JsonObject> Overrides(JsonNode data) => (data["location_overrides"] as JsonArray ?? []).OfType<JsonObject>();

    private static IReadOnlyList<Article> BySku(PosAccount account, JsonElement set)
    {
        if (set.GetProperty("attribute_name").GetString() != "sku") throw new PosRefusal("BAD_REQUEST", "This attribute cannot be searched.", "query.set_query.attribute_name");
        var skus = PosSearch.Texts(set, "attribute_values").ToHashSet(StringComparer.OrdinalIgnoreCase);
        return skus.Count is 0 or > 250 ? throw new PosRefusal("ARRAY_LENGTH_TOO_LONG", "Field must have 1 to 250 items.", "query.set_query.attribute_values") : [.. account.Articles.Where(a => skus.Contains(a.Sku))];
    }

    private static void Check(PosAccount account, JsonObject one, int at)
    {
        var article = account.Articles.FirstOrDefault(a => account.Variation(a) == one["id"]?.GetValue<string>());
        if (article is null || one["type"]?.GetValue<string>() != "ITEM_VARIATION") throw new PosRefusal("NOT_FOUND", "The estate changes variations that are there.", $"batches[0].objects[{at}].id");
        if (one["version"]?.GetValue<long>() != Variation(account, article)["version"]!.GetValue<long>()) throw new PosRefusal("VERSION_MISMATCH", "The object was changed meanwhile.", $"batches[0].objects[{at}].version");
        var data = one["item_variation_data"] ?? throw new PosRefusal("MISSING_REQUIRED_PARAMETER", "Field must be set.", $"batches[0].objects[{at}].item_variation_data");
        if (Overrides(data).Any(o => account.Store(o["location_id"]?.GetValue<string>() ?? "") is null)) throw new PosRefusal("NOT_FOUND", "Location not found.", $"batches[0].objects[{at}].item_variation_data.location_overrides");
        if (Overrides(data).Append(data).Any(o => o["price_money"].Minor() < 0)) throw new PosRefusal("VALUE_TOO_LOW", "The amount must not be negative.", $"batches[0].objects[{at}].item_variation_data.price_money.amount");
    }

    private static JsonObject Related(PosAccount account, JsonElement body, IEnumerable<Article> found, JsonObject answer)
    {
        if (body.TryGetProperty("include_related_objects", out var wanted) && wanted.ValueKind == JsonValueKind.True)
        {
            answer["related_objects"] = new JsonArray([.. found.DistinctBy(a => a.Style.Code).Select(a => (JsonNode)new JsonObject
            {
                ["type"] = "ITEM", ["id"] = account.Id($"item/{a.Style.Code}"), ["updated_at"] = "2026-01-01T00:00:00.000Z", ["version"] = 1L, ["is_deleted"] = false, ["present_at_all_locations"] = true,
                ["item_data"] = new JsonObject { ["name"] = a.Style.Title, ["is_archived"] = false },
            })]);
        }

        return answer;
    }

    private static DateTimeOffset Updated(JsonObject one) => DateTimeOffset.Parse(one["updated_at"]!.GetValue<string>(), System.Globalization.CultureInfo.InvariantCulture);
}
