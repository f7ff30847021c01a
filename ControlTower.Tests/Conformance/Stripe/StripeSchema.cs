using System.Text.Json;
using ControlTower.Tests.Support;

namespace ControlTower.Tests.Conformance.Stripe;

/// <summary>The vendor's own types: what an object has that they do not know, lacks that they promise, or says otherwise.</summary>
internal static class StripeSchema
{
    private static readonly JsonElement Types = JsonDocument.Parse(GoldenFiles.Bytes("Vendor", "stripe", "wire-types-2026-10-28.json")).RootElement.GetProperty("types");

    private static readonly JsonElement Fixtures = JsonDocument.Parse(GoldenFiles.Bytes("Vendor", "stripe", "fixtures.json")).RootElement.GetProperty("resources");

    public static JsonElement Fixture(string resource) => Fixtures.GetProperty(resource);

    public static IReadOnlyList<string> Objections(string type, JsonElement value)
    {
        var objections = new List<string>();
        Check(type, value, type, objections);
        return objections;
    }

    /// <summary>Parameters of a list that the vendor does not know.</summary>
    public static IReadOnlyList<string> Query(string parameters, string query)
    {
        HashSet<string> known = [.. Types.GetProperty(parameters).EnumerateObject().Select(p => p.Name), "limit", "starting_after", "ending_before", "expand"];
        return [.. query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries).Select(p => p.Split('=')[0].Split('[')[0]).Where(name => !known.Contains(name))];
    }

    private static void Check(string type, JsonElement value, string at, List<string> objections)
    {
        var choices = type.Replace("(optional)", "", StringComparison.Ordinal).Split('|', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        if (choices.Any(c => Fits(c, value)))
        {
            var named = choices.FirstOrDefault(c => value.ValueKind == JsonValueKind.Object && Types.TryGetProperty(c, out var t) && t.ValueKind == JsonValueKind.Object);
            if (named is not null)
            {
                Members(named, value, at, objections);
            }
            else if (choices.FirstOrDefault(c => c.StartsWith("Array<", StringComparison.Ordinal)) is { } list && value.ValueKind == JsonValueKind.Array)
            {
                foreach (var (nth, item) in value.EnumerateArray().Index())
                {
                    Check(list[6..^1], item, $"{at}[{nth}]", objections);
                }
            }
        }
        else if (!choices.Contains("(open)"))
        {
            objections.Add($"{at}: {value.GetRawText()} is no {type}");
        }
    }

    private static bool Fits(string choice, JsonElement value) => choice switch
    {
        "string" => value.ValueKind == JsonValueKind.String,
        "number" => value.ValueKind == JsonValueKind.Number,
        "boolean" => value.ValueKind is JsonValueKind.True or JsonValueKind.False,
        "null" => value.ValueKind == JsonValueKind.Null,
        _ when choice.StartsWith('\'') => value.ValueKind == JsonValueKind.String && value.GetString() == choice.Trim('\''),
        _ when choice.StartsWith("Array<", StringComparison.Ordinal) => value.ValueKind == JsonValueKind.Array,
        _ when Types.TryGetProperty(choice, out var alias) && alias.ValueKind == JsonValueKind.String =>
            alias.GetString()!.Split('|', StringSplitOptions.TrimEntries) is var inner && (inner.Contains("(open)") || inner.Any(i => Fits(i, value))),
        // The file is reduced: what it does not describe is not judged.
        _ => value.ValueKind == JsonValueKind.Object || !Types.TryGetProperty(choice, out _),
    };

    private static void Members(string type, JsonElement value, string at, List<string> objections)
    {
        var known = Types.GetProperty(type);
        objections.AddRange(value.EnumerateObject().Where(m => !known.TryGetProperty(m.Name, out _)).Select(m => $"{at}.{m.Name}: is not known"));
        foreach (var member in known.EnumerateObject())
        {
            var form = member.Value.GetString()!;
            if (value.TryGetProperty(member.Name, out var told))
            {
                Check(form, told, $"{at}.{member.Name}", objections);
            }
            else if (!form.Contains("(optional)", StringComparison.Ordinal))
            {
                objections.Add($"{at}.{member.Name}: is missing");
            }
        }
    }
}
