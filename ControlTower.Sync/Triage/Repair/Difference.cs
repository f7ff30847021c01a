using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace ControlTower.Sync.Triage.Repair;

/// <summary>One place at which two documents differ. Values are JSON; null where a document has nothing there.</summary>
public sealed record FieldChange(string Path, string? Before, string? After)
{
    /// <summary>In words, fit for the audit: of persons only that it changed.</summary>
    public string Told => OrderSchema.IsPersonal(Path) ? $"{Path} changed" : $"{Path}: {Cut(Before)} → {Cut(After)}";

    private static string Cut(string? value) => value is null ? "nothing" : value.Length > 120 ? value[..120] + "…" : value;
}

/// <summary>Where two JSON documents differ, by value: 1.0 is 1.00. Lists are compared place by place.</summary>
public static class Difference
{
    private static readonly JsonSerializerOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static IReadOnlyList<FieldChange> Of(JsonNode? before, JsonNode? after)
    {
        List<FieldChange> changes = [];
        Walk(before, after, "", changes);
        return changes;
    }

    /// <summary>At most so many changes in one line of text.</summary>
    public static string Told(IReadOnlyList<FieldChange> changes, int most = 12) =>
        string.Join("; ", changes.Take(most).Select(c => c.Told)) + (changes.Count > most ? string.Create(CultureInfo.InvariantCulture, $"; {changes.Count - most} more") : "");

    private static void Walk(JsonNode? before, JsonNode? after, string path, List<FieldChange> changes)
    {
        switch (before, after)
        {
            case (JsonObject left, JsonObject right):
                foreach (var name in left.Select(m => m.Key).Union(right.Select(m => m.Key), StringComparer.Ordinal))
                {
                    Walk(left[name], right[name], path.Length == 0 ? name : $"{path}.{name}", changes);
                }

                break;
            case (JsonArray left, JsonArray right):
                for (var i = 0; i < Math.Max(left.Count, right.Count); i++)
                {
                    Walk(i < left.Count ? left[i] : null, i < right.Count ? right[i] : null, string.Create(CultureInfo.InvariantCulture, $"{path}[{i}]"), changes);
                }

                break;
            default:
                if (!Same(before, after))
                {
                    changes.Add(new FieldChange(path, before?.ToJsonString(Plain), after?.ToJsonString(Plain)));
                }

                break;
        }
    }

    private static bool Same(JsonNode? before, JsonNode? after) =>
        before is null || after is null ? before is null && after is null
        : before.GetValueKind() == JsonValueKind.Number && after.GetValueKind() == JsonValueKind.Number
            ? before.ToJsonString() == after.ToJsonString()
                || (Number(before) is { } left && Number(after) is { } right && left == right)
            : JsonNode.DeepEquals(before, after);

    private static decimal? Number(JsonNode node) => decimal.TryParse(node.ToJsonString(), NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number : null;
}
