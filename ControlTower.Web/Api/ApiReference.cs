using System.Text.Json;
using System.Text.Json.Nodes;

namespace ControlTower.Web.Api;

/// <summary>A resource of the reference, with its operations.</summary>
internal sealed record ApiResourceWords(string Name, IReadOnlyList<ApiOperationWords> Operations);

internal sealed record ApiMemberWords(string Name, string Type, bool Required, string Words);

internal sealed record ApiSchemaWords(string Name, IReadOnlyList<ApiMemberWords> Members);

/// <param name="Example">Body as it may be sent; null where none is.</param>
/// <param name="Try">A line for a shell.</param>
internal sealed record ApiOperationWords(
    string Id, string Method, string Path, string Summary, string Words, string Scope, string? Key, IReadOnlyList<ApiMemberWords> Parameters, string? Body, string? Example, IReadOnlyList<(string Status, string? Schema)> Answers,
    IReadOnlyList<(string Status, IReadOnlyList<string> Problems)> Refusals, string Try);

/// <summary>The document, in the order and words in which people read it. Pure: what it says is what the document says.</summary>
internal static class ApiReference
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <param name="address">Of the tower, without a slash at its end: stands in what is tried.</param>
    public static IReadOnlyList<ApiResourceWords> Of(JsonNode document, string address) =>
    [
        .. (from path in document["paths"]!.AsObject() from method in path.Value!.AsObject() select Operation(path.Key, method.Key.ToUpperInvariant(), method.Value!.AsObject(), address))
            .GroupBy(o => o.Id[..o.Id.IndexOf('.', StringComparison.Ordinal)], StringComparer.Ordinal).OrderBy(g => g.Key, StringComparer.Ordinal).Select(g => new ApiResourceWords(g.Key, [.. g])),
    ];

    public static IReadOnlyList<ApiSchemaWords> SchemasOf(JsonNode document) =>
    [
        .. document["components"]!["schemas"]!.AsObject().Select(schema =>
        {
            var required = (schema.Value!["required"]?.AsArray() ?? []).Select(n => (string)n!).ToHashSet(StringComparer.Ordinal);
            return new ApiSchemaWords(schema.Key, [.. (schema.Value["properties"]?.AsObject() ?? []).Select(p => new ApiMemberWords(p.Key, Type(p.Value!), required.Contains(p.Key), (string?)p.Value!["description"] ?? ""))]);
        }),
    ];

    private static ApiOperationWords Operation(string path, string method, JsonObject said, string address)
    {
        var parameters = (said["parameters"]?.AsArray() ?? []).Select(p => p!.AsObject()).ToList();
        var content = said["requestBody"]?["content"]?["application/json"];
        var responses = said["responses"]!.AsObject();
        return new ApiOperationWords(
            (string)said["operationId"]!, method, path, (string)said["summary"]!, (string)said["description"]!, (string)said["x-scope"]!, (string?)said["x-idempotency-key"],
            [.. parameters.Select(p => new ApiMemberWords((string)p["name"]!, $"{p["in"]}, {Type(p["schema"]!)}", (bool)p["required"]!, (string)p["description"]!))],
            content is null ? null : Type(content["schema"]!), content?["example"]?.ToJsonString(Indented),
            [.. responses.Where(r => r.Key[0] is '2' or '3').Select(r => (r.Key, r.Value!["content"]?["application/json"]?["schema"] is { } schema ? Type(schema) : null))],
            [.. responses.Where(r => r.Key[0] is '4' or '5').Select(r => (r.Key, (IReadOnlyList<string>)((string)r.Value!["description"]!).Split(", ")))],
            Try(path, method, parameters, content?["example"], address));
    }

    private static string Try(string path, string method, List<JsonObject> parameters, JsonNode? example, string address)
    {
        var (query, headers) = (new List<string>(), new List<string>());
        foreach (var parameter in parameters.Where(p => (bool)p["required"]!))
        {
            var (name, value) = ((string)parameter["name"]!, parameter["example"] is JsonArray { Count: > 0 } several ? several[0]!.ToString() : parameter["example"]?.ToString() ?? "");
            if ((string?)parameter["in"] == "path")
                path = path.Replace($"{{{name}}}", Uri.EscapeDataString(value), StringComparison.Ordinal);
            else if ((string?)parameter["in"] == "query")
                query.Add($"{name}={Uri.EscapeDataString(value)}");
            else
                headers.Add($" -H '{name}: {value}'");
        }

        return $"curl -X {method} -H \"Authorization: Bearer $CT_KEY\"{string.Concat(headers)}{(example is null ? "" : $" -H 'Content-Type: application/json' -d '{example.ToJsonString().Replace("'", "'\\''", StringComparison.Ordinal)}'")} '{address}{path}{(query.Count > 0 ? "?" : "")}{string.Join('&', query)}'";
    }

    private static string Type(JsonNode schema) =>
        schema["$ref"] is { } reference ? ((string)reference!).Split('/')[^1]
        : schema["anyOf"] is JsonArray choices ? string.Join(" or ", choices.Select(c => Type(c!)))
        : schema["enum"] is JsonArray words ? string.Join(" | ", words.Select(w => w?.ToString() ?? "null"))
        : schema["type"] switch
        {
            JsonArray several => string.Join(" or ", several.Select(t => t!.ToString())),
            JsonValue one when (string?)one == "array" => $"list of {Type(schema["items"]!)}",
            JsonValue one => schema["format"] is { } format ? $"{one} ({format})" : one.ToString(),
            _ => "anything",
        };
}
