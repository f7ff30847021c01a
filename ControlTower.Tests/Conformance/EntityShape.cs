using System.Globalization;
using System.Text.Json;
using ControlTower.Simulator.Vendor;

namespace ControlTower.Tests.Conformance;

/// <summary>Checks an answer of Business Central's API against the vendor's entity description, by its own reading of that file.</summary>
internal static class EntityShape
{
    private static readonly Lazy<JsonDocument> File = new(() =>
    {
        using var file = VendorFile.Open(VendorFile.BusinessCentralEntities);
        return JsonDocument.Parse(file);
    });

    private static JsonElement Entity(string set) => File.Value.RootElement.GetProperty("entitySets").GetProperty(set);

    /// <summary>A list or a single entity of the set, with expanded children.</summary>
    public static IReadOnlyList<string> Problems(string set, JsonElement body)
    {
        var found = new List<string>();
        if (body.TryGetProperty("value", out var rows)) foreach (var row in rows.EnumerateArray()) One(set, row, set, found);
        else One(set, body, set, found);
        return found;
    }

    private static void One(string set, JsonElement row, string at, List<string> found)
    {
        var entity = Entity(set);
        var fields = entity.GetProperty("fields").EnumerateArray().ToDictionary(f => f.GetProperty("name").GetString()!, StringComparer.Ordinal);
        var children = entity.GetProperty("navigation").EnumerateArray().Where(n => n.TryGetProperty("target", out _)).ToDictionary(n => n.GetProperty("name").GetString()!, n => n.GetProperty("target").GetString()!, StringComparer.Ordinal);
        foreach (var property in row.EnumerateObject().Where(p => !p.Name.StartsWith('@')))
        {
            if (fields.TryGetValue(property.Name, out var field))
            {
                if (!Fits(field, property.Value)) found.Add($"{at}/{property.Name}: {property.Value} is no {field.GetProperty("type")}");
            }
            else if (children.TryGetValue(property.Name, out var target)) foreach (var child in property.Value.EnumerateArray()) One(target, child, $"{at}/{property.Name}", found);
            else found.Add($"{at}/{property.Name}: the vendor has no such field");
        }
    }

    private static bool Fits(JsonElement field, JsonElement value)
    {
        if (field.TryGetProperty("values", out var members)) return value.ValueKind == JsonValueKind.String && members.EnumerateArray().Any(m => m.GetString() == value.GetString());
        if (field.TryGetProperty("maxLength", out var most) && value.ValueKind == JsonValueKind.String && value.GetString()!.Length > most.GetInt32()) return false;
        return field.GetProperty("type").GetString() switch
        {
            "Edm.String" => value.ValueKind == JsonValueKind.String,
            "Edm.Guid" => value.ValueKind == JsonValueKind.String && Guid.TryParseExact(value.GetString(), "D", out _),
            "Edm.Decimal" => value.ValueKind == JsonValueKind.Number,
            "Edm.Boolean" => value.ValueKind is JsonValueKind.True or JsonValueKind.False,
            "Edm.Int32" or "Edm.Int64" => value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out _),
            "Edm.Date" => DateOnly.TryParseExact(value.GetString(), "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out _),
            "Edm.DateTimeOffset" => value.GetString()!.EndsWith('Z') && DateTimeOffset.TryParse(value.GetString(), CultureInfo.InvariantCulture, out _),
            _ => false,
        };
    }
}
