using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace ControlTower.Tests.Support;

/// <summary>The part of JSON Schema 2020-12 that the tower's schemas use: what a document does not keep to, and what a change of a schema would break for who relies on it.</summary>
internal static class JsonSchemas
{
    private static readonly string[] Known = ["$schema", "$id", "title", "description", "type", "properties", "required", "const", "enum", "format", "pattern"];

    /// <summary>Every objection of the schema; a keyword that is not understood here is one as well.</summary>
    public static IReadOnlyList<string> Objections(JsonObject schema, JsonNode? value, string at = "")
    {
        List<string> wrong = [.. schema.Select(keyword => keyword.Key).Except(Known, StringComparer.Ordinal).Select(keyword => $"{at}: {keyword} is not understood")];
        Say(Types(schema).Count == 0 || Types(schema).Contains(Kind(value), StringComparer.Ordinal), $"is {Kind(value)}");
        Say(schema["const"] is not { } only || JsonNode.DeepEquals(only, value), "is another value");
        Say(schema["enum"] is not JsonArray listed || listed.Any(one => JsonNode.DeepEquals(one, value)), "is not listed");
        Say(schema["pattern"] is not { } pattern || Regex.IsMatch(value!.GetValue<string>(), pattern.GetValue<string>(), RegexOptions.None, TimeSpan.FromSeconds(1)), "has another form");
        Say(
            schema["format"]?.GetValue<string>() != "date-time" || DateTimeOffset.TryParseExact(value!.GetValue<string>(), "yyyy-MM-ddTHH:mm:ss.FFFFFFFK", CultureInfo.InvariantCulture, DateTimeStyles.None, out _),
            "is no time");
        if (value is JsonObject members)
        {
            wrong.AddRange(Required(schema).Where(name => !members.ContainsKey(name)).Select(name => $"{at}/{name}: is missing"));
            wrong.AddRange(Properties(schema).Where(property => members.ContainsKey(property.Key)).SelectMany(property => Objections(property.Value!.AsObject(), members[property.Key], $"{at}/{property.Key}")));
        }

        return wrong;

        void Say(bool fine, string words)
        {
            if (!fine)
            {
                wrong.Add($"{at}: {words}");
            }
        }
    }

    /// <summary>What a receiver that was written to the old schema could no longer rely on.</summary>
    public static IReadOnlyList<string> Breaks(JsonObject old, JsonObject now, string at = "")
    {
        List<string> breaks = [];
        foreach (var (name, was) in Properties(old))
        {
            if (Properties(now)[name] is not JsonObject still)
            {
                breaks.Add($"{at}/{name} is gone");
                continue;
            }

            breaks.AddRange(Breaks(was!.AsObject(), still, $"{at}/{name}"));
        }

        breaks.AddRange(Required(now).Except(Required(old), StringComparer.Ordinal).Where(name => Properties(old).ContainsKey(name)).Select(name => $"{at}/{name} is newly required"));
        breaks.AddRange(Required(old).Except(Required(now), StringComparer.Ordinal).Select(name => $"{at}/{name} may be missing now"));
        if (!Types(old).Order(StringComparer.Ordinal).SequenceEqual(Types(now).Order(StringComparer.Ordinal), StringComparer.Ordinal))
        {
            breaks.Add($"{at} is of another type: {string.Join(" or ", Types(now))}, was {string.Join(" or ", Types(old))}");
        }

        foreach (var keyword in new[] { "const", "format", "pattern" })
        {
            if (!JsonNode.DeepEquals(old[keyword], now[keyword]))
            {
                breaks.Add($"{at} has another {keyword}");
            }
        }

        var values = now["enum"]?.AsArray().Select(value => value!.ToJsonString()).ToList();
        breaks.AddRange((old["enum"]?.AsArray() ?? []).Select(value => value!.ToJsonString()).Where(value => values?.Contains(value, StringComparer.Ordinal) == false).Select(value => $"{at} is never {value} any more"));
        return breaks;
    }

    private static JsonObject Properties(JsonObject schema) => schema["properties"]?.AsObject() ?? [];

    private static IReadOnlyList<string> Required(JsonObject schema) => [.. (schema["required"]?.AsArray() ?? []).Select(name => name!.GetValue<string>())];

    private static IReadOnlyList<string> Types(JsonObject schema) =>
        schema["type"] switch { JsonArray several => [.. several.Select(type => type!.GetValue<string>())], { } one => [one.GetValue<string>()], _ => [] };

    private static string Kind(JsonNode? value) => value?.GetValueKind() switch
    {
        JsonValueKind.Object => "object",
        JsonValueKind.Array => "array",
        JsonValueKind.String => "string",
        JsonValueKind.True or JsonValueKind.False => "boolean",
        JsonValueKind.Number => value.ToJsonString().Contains('.', StringComparison.Ordinal) ? "number" : "integer",
        _ => "null",
    };
}
