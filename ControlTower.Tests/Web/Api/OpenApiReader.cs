using System.Globalization;
using System.Text.Json.Nodes;

namespace ControlTower.Tests.Web.Api;

/// <summary>Reads an OpenAPI document as a partner's program would, knowing nothing else of the API: operations, schemas, and what a schema says of a value.</summary>
internal sealed class OpenApiReader(JsonNode document)
{
    public IEnumerable<(string Path, string Method, JsonObject Operation)> Operations =>
        from path in document["paths"]!.AsObject() from method in path.Value!.AsObject() select (path.Key, method.Key.ToUpperInvariant(), method.Value!.AsObject());

    public JsonObject Schemas => document["components"]!["schemas"]!.AsObject();

    public (string Path, string Method, JsonObject Operation) Find(string id) => Operations.Single(o => (string?)o.Operation["operationId"] == id);

    public static JsonNode BodySchema(JsonObject operation) => operation["requestBody"]!["content"]!["application/json"]!["schema"]!;

    public static JsonNode AnswerSchema(JsonObject operation, string status) => operation["responses"]![status]!["content"]!.AsObject().Single().Value!["schema"]!;

    public JsonObject Resolve(JsonNode schema) => schema["$ref"] is { } reference ? Schemas[((string)reference!)["#/components/schemas/".Length..]]!.AsObject() : schema.AsObject();

    /// <summary>What a schema has against a value, each with its place; nothing if it is valid.</summary>
    public IEnumerable<string> Objections(JsonNode schemaOrReference, JsonNode? value, string at = "")
    {
        var schema = Resolve(schemaOrReference);
        if (schema["anyOf"] is JsonArray choices)
            return choices.Any(choice => !Objections(choice!, value, at).Any()) ? [] : [$"{at}: none of the choices"];
        var kinds = schema["type"] switch { JsonArray several => several.Select(t => (string)t!).ToList(), JsonValue one => [(string)one!], _ => [] };
        if (kinds.Count > 0 && !kinds.Exists(kind => Is(value, kind)))
            return [$"{at}: {value?.ToJsonString() ?? "null"} is no {string.Join(" or ", kinds)}"];
        if (schema["enum"] is JsonArray words && !words.Any(word => JsonNode.DeepEquals(word, value)))
            return [$"{at}: {value} is none of {words.ToJsonString()}"];
        return value switch
        {
            JsonObject members => OfMembers(schema, members, at),
            JsonArray items when schema["items"] is { } each => items.SelectMany((item, i) => Objections(each, item, string.Create(CultureInfo.InvariantCulture, $"{at}/{i}"))),
            _ => (string?)schema["format"] is "date-time" && value is not null && !DateTimeOffset.TryParse((string)value!, CultureInfo.InvariantCulture, out _) ? [$"{at}: no time"] : [],
        };
    }

    private IEnumerable<string> OfMembers(JsonObject schema, JsonObject members, string at)
    {
        var known = schema["properties"]?.AsObject() ?? [];
        foreach (var name in (schema["required"]?.AsArray() ?? []).Select(n => (string)n!).Where(n => !members.ContainsKey(n)))
            yield return $"{at}: {name} is missing";
        foreach (var (name, member) in members)
        {
            if (known[name] is { } property)
            {
                foreach (var objection in Objections(property, member, $"{at}/{name}"))
                    yield return objection;
            }
            else if (schema["additionalProperties"] is JsonValue additional && !(bool)additional)
            {
                yield return $"{at}: {name} is unknown";
            }
        }
    }

    private static bool Is(JsonNode? value, string kind) => kind switch
    {
        "null" => value is null,
        "object" => value is JsonObject,
        "array" => value is JsonArray,
        _ => value is JsonValue one && kind switch
        {
            "string" => one.GetValueKind() is System.Text.Json.JsonValueKind.String,
            "boolean" => one.GetValueKind() is System.Text.Json.JsonValueKind.True or System.Text.Json.JsonValueKind.False,
            "integer" => one.GetValueKind() is System.Text.Json.JsonValueKind.Number && decimal.TryParse(one.ToJsonString(), CultureInfo.InvariantCulture, out var number) && number == decimal.Truncate(number),
            _ => kind == "number" && one.GetValueKind() is System.Text.Json.JsonValueKind.Number,
        },
    };
}
