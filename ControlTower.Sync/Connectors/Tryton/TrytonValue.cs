using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace ControlTower.Sync.Connectors.Tryton;

/// <summary>Tryton's JSON: decimals, dates and datetimes travel as objects with a <c>__class__</c>.</summary>
internal static class TrytonValue
{
    public static JsonObject Of(decimal value) => new() { ["__class__"] = "Decimal", ["decimal"] = value.ToString(CultureInfo.InvariantCulture) };

    public static JsonObject Of(DateOnly value) => new() { ["__class__"] = "date", ["year"] = value.Year, ["month"] = value.Month, ["day"] = value.Day };

    public static JsonObject Of(DateTimeOffset value)
    {
        var utc = value.UtcDateTime;
        return new JsonObject
        {
            ["__class__"] = "datetime", ["year"] = utc.Year, ["month"] = utc.Month, ["day"] = utc.Day, ["hour"] = utc.Hour, ["minute"] = utc.Minute,
            ["second"] = utc.Second, ["microsecond"] = (int)(utc.Ticks % TimeSpan.TicksPerSecond / TimeSpan.TicksPerMicrosecond),
        };
    }

    public static JsonArray Ids(params ReadOnlySpan<long> ids)
    {
        var list = new JsonArray();
        foreach (var id in ids)
        {
            list.Add((JsonNode)id);
        }

        return list;
    }

    public static JsonArray Names(params ReadOnlySpan<string> names)
    {
        var list = new JsonArray();
        foreach (var name in names)
        {
            list.Add((JsonNode)name);
        }

        return list;
    }

    /// <summary>One clause of a search domain.</summary>
    public static JsonArray Clause(string field, string op, JsonNode? value) => new(field, op, value);

    public static JsonElement? Member(JsonElement owner, string name)
        => owner.ValueKind == JsonValueKind.Object && owner.TryGetProperty(name, out var value) && value.ValueKind is not (JsonValueKind.Null or JsonValueKind.Undefined)
            ? value
            : null;

    public static long? Id(JsonElement owner, string name = "id")
        => Member(owner, name) is { ValueKind: JsonValueKind.Number } value && value.TryGetInt64(out var id) ? id : null;

    public static string? Text(JsonElement owner, string name) => Member(owner, name) is { ValueKind: JsonValueKind.String } value ? value.Text() : null;

    /// <summary>A Decimal object, or a plain number.</summary>
    public static decimal? Number(JsonElement owner, string name) => Member(owner, name) switch
    {
        { ValueKind: JsonValueKind.Number } plain when plain.TryGetDecimal(out var value) => value,
        { ValueKind: JsonValueKind.Object } wrapped when Text(wrapped, "decimal") is { } text
            && decimal.TryParse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent, CultureInfo.InvariantCulture, out var value) => value,
        _ => null,
    };

    /// <summary>A datetime object; Tryton keeps UTC.</summary>
    public static DateTimeOffset? Time(JsonElement owner, string name)
    {
        if (Member(owner, name) is not { ValueKind: JsonValueKind.Object } at)
        {
            return null;
        }

        try
        {
            return new DateTimeOffset(Part(at, "year"), Part(at, "month"), Part(at, "day"), Part(at, "hour"), Part(at, "minute"), Part(at, "second"), TimeSpan.Zero)
                .AddTicks(Part(at, "microsecond") * TimeSpan.TicksPerMicrosecond);
        }
        catch (ArgumentOutOfRangeException)
        {
            return null;
        }
    }

    public static IEnumerable<JsonElement> Items(JsonElement owner, string name) => Member(owner, name) is { ValueKind: JsonValueKind.Array } list ? list.EnumerateArray() : [];

    public static IReadOnlyList<long> IdList(JsonElement owner, string name)
        => [.. Items(owner, name).Where(i => i.ValueKind == JsonValueKind.Number && i.TryGetInt64(out _)).Select(i => i.GetInt64())];

    private static int Part(JsonElement at, string name) => Member(at, name) is { ValueKind: JsonValueKind.Number } value && value.TryGetInt32(out var part) ? part : 0;
}
