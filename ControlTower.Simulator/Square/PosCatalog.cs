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
        return new JsonObject { ["objects"] = new JsonArray([.. account.Articles.Where(a => wanted.Contains(account.Variation(a))).Select(a => Variation(account, a))]) };
    }

    public static JsonObject Search(PosAccount account, JsonElement body)
    {
        var set = body.GetProperty("query").GetProperty("set_query");
        if (set.GetProperty("attribute_name").GetString() != "sku") throw new PosRefusal("BAD_REQUEST", "This attribute cannot be searched.", "query.set_query.attribute_name");
        var skus = PosSearch.Texts(set, "attribute_values").ToHashSet(StringComparer.OrdinalIgnoreCase);
        if (skus.Count is 0 or > 250) throw new PosRefusal("ARRAY_LENGTH_TOO_LONG", "Field must have 1 to 250 items.", "query.set_query.attribute_values");
        return new JsonObject { ["objects"] = new JsonArray([.. account.Articles.Where(a => skus.Contains(a.Sku)).Select(a => Variation(account, a))]) };
    }

    private static JsonObject Variation(PosAccount account, Article article) => new()
    {
        ["type"] = "ITEM_VARIATION", ["id"] = account.Variation(article), ["updated_at"] = "2026-01-01T00:00:00.000Z", ["version"] = 1, ["is_deleted"] = false, ["present_at_all_locations"] = true,
        ["item_variation_data"] = new JsonObject
        {
            ["item_id"] = account.Id($"item/{article.Style.Code}"), ["name"] = article.VariantTitle, ["sku"] = article.Sku, ["upc"] = article.Gtin, ["pricing_type"] = "FIXED_PRICING", ["track_inventory"] = true,
            ["price_money"] = PosMoney.Of((long)(Traffic.Range.Price(article.Style, account.Market.Currency) * 100), account.Market.Currency),
        },
    };
}
