using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace ControlTower.Simulator.Square;

/// <summary>Lists, page by page. A cursor is the place in the list, opaque to clients.</summary>
internal static class PosSearch
{
    private const int MostLocations = 10;

    public static JsonObject Orders(PosAccount account, JsonElement body)
    {
        var locations = Texts(body, "location_ids");
        if (locations.Count is 0 or > MostLocations) throw new PosRefusal("BAD_REQUEST", $"1 to {MostLocations} locations must be named.", "location_ids");
        var filter = body.GetProperty("query").GetProperty("filter");
        var since = Time(filter.GetProperty("date_time_filter").GetProperty("updated_at").GetProperty("start_at").GetString());
        var states = filter.TryGetProperty("state_filter", out var state) ? Texts(state, "states") : [];
        if (body.GetProperty("query").GetProperty("sort").GetProperty("sort_field").GetString() != "UPDATED_AT") throw new PosRefusal("BAD_REQUEST", "The sort field must match the date filter.", "query.sort.sort_field");
        var found = account.Tables.All("orders").Where(o => locations.Contains(o["location_id"]!.GetValue<string>()) && (states.Count == 0 || states.Contains(o["state"]!.GetValue<string>())) && Updated(o) >= since);
        return Page("orders", found, body.TryGetProperty("limit", out var limit) ? limit.GetInt32() : 500, body.TryGetProperty("cursor", out var cursor) ? cursor.GetString() : null);
    }

    public static JsonObject Changed(PosAccount account, string set, IQueryCollection query)
    {
        if (query["sort_field"] != "UPDATED_AT" || query["sort_order"] != "ASC") throw new PosRefusal("BAD_REQUEST", "Sort by UPDATED_AT ascending.", "sort_field");
        var since = Time(query["updated_at_begin_time"]);
        return Page(set, account.Tables.All(set).Where(r => Updated(r) >= since), int.Parse(query["limit"].ToString(), CultureInfo.InvariantCulture), query["cursor"]);
    }

    public static JsonObject StockChanges(PosAccount account, JsonElement body)
    {
        var wanted = Texts(body, "catalog_object_ids");
        var since = body.TryGetProperty("updated_after", out var after) ? Time(after.GetString()) : DateTimeOffset.MinValue;
        var found = account.Tables.All("changes").Where(c => (c["adjustment"] ?? c["physical_count"]) is { } change && wanted.Contains(change["catalog_object_id"]!.GetValue<string>()) && Time(change["created_at"]!.GetValue<string>()) >= since);
        return Page("changes", found, 100, body.TryGetProperty("cursor", out var cursor) ? cursor.GetString() : null);
    }

    public static JsonObject Counts(PosAccount account, JsonElement body)
    {
        var (variations, locations) = (Texts(body, "catalog_object_ids"), Texts(body, "location_ids"));
        var found = account.Tables.All("counts").Where(c => (variations.Count == 0 || variations.Contains(c["catalog_object_id"]!.GetValue<string>())) && (locations.Count == 0 || locations.Contains(c["location_id"]!.GetValue<string>())));
        return Page("counts", found, 1000, body.TryGetProperty("cursor", out var cursor) ? cursor.GetString() : null);
    }

    public static IReadOnlyList<string> Texts(JsonElement body, string name)
        => body.TryGetProperty(name, out var list) && list.ValueKind == JsonValueKind.Array ? [.. list.EnumerateArray().Select(t => t.GetString() ?? "")] : [];

    public static JsonObject Page(string name, IEnumerable<JsonObject> found, int limit, string? cursor)
    {
        var skip = string.IsNullOrEmpty(cursor) ? 0 : int.TryParse(cursor, NumberStyles.None, CultureInfo.InvariantCulture, out var place) ? place : throw new PosRefusal("INVALID_CURSOR", "The cursor is not valid.", "cursor");
        var page = found.OrderBy(o => o["updated_at"]?.GetValue<string>(), StringComparer.Ordinal).Skip(skip).Take(limit + 1).ToList();
        var answer = new JsonObject { [name] = new JsonArray([.. page.Take(limit).Select(o => o.DeepClone())]) };
        if (page.Count > limit) answer["cursor"] = (skip + limit).ToString(CultureInfo.InvariantCulture);
        return answer;
    }

    private static DateTimeOffset Updated(JsonObject of) => Time(of["updated_at"]!.GetValue<string>());

    private static DateTimeOffset Time(string? text)
        => DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? time : throw new PosRefusal("INVALID_TIME", "The time is not RFC 3339.");
}
