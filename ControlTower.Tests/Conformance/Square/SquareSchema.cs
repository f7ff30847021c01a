using System.IO.Compression;
using System.Text.Json;
using ControlTower.Tests.Support;

namespace ControlTower.Tests.Conformance.Square;

/// <summary>The vendor's own description of its API: what a document says that it does not know, or not so.</summary>
internal static class SquareSchema
{
    private static readonly JsonElement Root = Load();

    /// <summary>Objections to a request: the path, its query and its body.</summary>
    public static IReadOnlyList<string> Request(string method, string path, string query, JsonElement? body)
    {
        if (Operation(method, path) is not { } operation)
        {
            return [$"{method} {path}: the vendor has no such operation"];
        }

        var known = operation.TryGetProperty("parameters", out var parameters) ? parameters.EnumerateArray().Select(p => p.GetProperty("name").GetString()).ToHashSet() : [];
        var objections = query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries).Select(p => p.Split('=')[0]).Where(n => !known.Contains(n)).Select(n => $"query {n} is not known").ToList();
        if (body is { } sent)
        {
            Check(sent, operation.GetProperty("requestBody").GetProperty("content").GetProperty("application/json").GetProperty("schema"), "$", objections);
        }

        return objections;
    }

    public static IReadOnlyList<string> Answer(string method, string path, JsonElement body)
    {
        var objections = new List<string>();
        var schema = Operation(method, path)!.Value.GetProperty("responses").GetProperty("200").GetProperty("content").GetProperty("application/json").GetProperty("schema");
        Check(body, schema, "$", objections);
        return objections;
    }

    /// <summary>Objections to a document that has a schema by name, such as <c>OrderUpdatedEvent</c>.</summary>
    public static IReadOnlyList<string> Named(string schema, JsonElement document)
    {
        var objections = new List<string>();
        Check(document, Schema(schema), "$", objections);
        return objections;
    }

    /// <summary>The schema of a webhook by the name of its event.</summary>
    public static IReadOnlyList<string> Webhook(JsonElement body)
    {
        var type = body.GetProperty("type").GetString()!;
        var name = string.Concat(type.Split('.', '_').Select(part => char.ToUpperInvariant(part[0]) + part[1..])) + "Event";
        return Root.GetProperty("components").GetProperty("schemas").TryGetProperty(name, out _) ? Named(name, body) : [$"there is no event {type}"];
    }

    private static JsonElement? Operation(string method, string path)
    {
        foreach (var known in Root.GetProperty("paths").EnumerateObject().OrderBy(p => p.Name.Count(c => c == '{')))
        {
            var (pattern, parts) = (known.Name.Split('/'), path.Split('/'));
            if (pattern.Length == parts.Length && pattern.Zip(parts).All(p => p.First == p.Second || p.First.StartsWith('{')) && known.Value.TryGetProperty(method.ToLowerInvariant(), out var operation))
            {
                return operation;
            }
        }

        return null;
    }

    private static JsonElement Schema(string name) => Root.GetProperty("components").GetProperty("schemas").GetProperty(name);

    private static void Check(JsonElement value, JsonElement schema, string at, List<string> objections)
    {
        if (schema.TryGetProperty("$ref", out var reference))
        {
            Check(value, Schema(reference.GetString()!.Split('/')[^1]), at, objections);
            return;
        }

        if (value.ValueKind == JsonValueKind.Null)
        {
            return;
        }

        if (schema.TryGetProperty("enum", out var members) && !members.EnumerateArray().Any(m => m.ValueKind == value.ValueKind && m.ToString() == value.ToString()))
        {
            objections.Add($"{at}: {value} is none of the known values");
        }

        switch (schema.TryGetProperty("type", out var type) ? type.GetString() : null)
        {
            case "object": CheckObject(value, schema, at, objections); break;
            case "array": CheckArray(value, schema, at, objections); break;
            case "string": CheckText(value, schema, at, objections); break;
            case "integer" when value.ValueKind != JsonValueKind.Number || !value.TryGetInt64(out _): objections.Add($"{at}: is no integer"); break;
            case "boolean" when value.ValueKind is not (JsonValueKind.True or JsonValueKind.False): objections.Add($"{at}: is no boolean"); break;
            default: break;
        }
    }

    private static void CheckObject(JsonElement value, JsonElement schema, string at, List<string> objections)
    {
        if (value.ValueKind != JsonValueKind.Object)
        {
            objections.Add($"{at}: is no object");
            return;
        }

        if (schema.TryGetProperty("required", out var required))
        {
            objections.AddRange(required.EnumerateArray().Where(r => !value.TryGetProperty(r.GetString()!, out _)).Select(r => $"{at}.{r}: is missing"));
        }

        if (!schema.TryGetProperty("properties", out var properties))
        {
            return;
        }

        foreach (var member in value.EnumerateObject())
        {
            if (properties.TryGetProperty(member.Name, out var inner))
            {
                Check(member.Value, inner, $"{at}.{member.Name}", objections);
            }
            else
            {
                objections.Add($"{at}.{member.Name}: is not known");
            }
        }
    }

    private static void CheckArray(JsonElement value, JsonElement schema, string at, List<string> objections)
    {
        if (value.ValueKind != JsonValueKind.Array)
        {
            objections.Add($"{at}: is no array");
            return;
        }

        var nth = 0;
        foreach (var item in value.EnumerateArray())
        {
            Check(item, schema.GetProperty("items"), $"{at}[{nth++}]", objections);
        }
    }

    private static void CheckText(JsonElement value, JsonElement schema, string at, List<string> objections)
    {
        if (value.ValueKind != JsonValueKind.String)
        {
            objections.Add($"{at}: is no text");
        }
        else if (schema.TryGetProperty("maxLength", out var longest) && value.GetString()!.Length > longest.GetInt32())
        {
            objections.Add($"{at}: is longer than {longest}");
        }
    }

    private static JsonElement Load()
    {
        using var file = new GZipStream(new MemoryStream(GoldenFiles.Bytes("Vendor", "square", "openapi-2025-08-20.json.gz")), CompressionMode.Decompress);
        return JsonDocument.Parse(file).RootElement;
    }
}
