using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace ControlTower.Web.Shared;

/// <summary>How a line compares with the other side.</summary>
public enum LineKind
{
    Same,
    Removed,
    Added,
}

/// <summary>One line of a payload as shown.</summary>
public sealed record PayloadLine(LineKind Kind, string Text);

/// <summary>Makes a payload readable: JSON indented, masked names dotted out, two bodies compared line by line. Never changes what is stored.</summary>
public static class PayloadText
{
    /// <summary>More than this is not drawn; the rest is a download.</summary>
    public const int Most = 64 * 1024;

    private const string Hidden = "••••";
    private const int MostLines = 1500;

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>True when it has bytes that no text has.</summary>
    public static bool IsBinary(string body) => body.AsSpan(0, Math.Min(body.Length, 4096)).ContainsAny('\0', '\uFFFD');

    /// <summary>Indented and masked when it is JSON, else as it is. Masking what is not JSON is not possible and hides all of it.</summary>
    public static string Pretty(string body, IReadOnlyCollection<string> mask)
    {
        var cut = body.Length > Most;
        if (!cut && Parse(body) is { } node)
        {
            if (mask.Count > 0)
                Mask(node, new HashSet<string>(mask, StringComparer.OrdinalIgnoreCase));
            return node.ToJsonString(Indented);
        }

        if (mask.Count > 0)
            return Hidden;
        return cut ? body[..Most] : body;
    }

    /// <summary>Longest common lines; beyond <see cref="MostLines"/> lines each side it compares by position instead.</summary>
    public static IReadOnlyList<PayloadLine> Compare(string before, string after)
    {
        var left = before.ReplaceLineEndings("\n").Split('\n');
        var right = after.ReplaceLineEndings("\n").Split('\n');
        return left.Length > MostLines || right.Length > MostLines ? ByPosition(left, right) : ByCommonLines(left, right);
    }

    public static IReadOnlyList<PayloadLine> Lines(string text) => [.. text.ReplaceLineEndings("\n").Split('\n').Select(line => new PayloadLine(LineKind.Same, line))];

    private static JsonNode? Parse(string body)
    {
        var start = body.AsSpan().TrimStart();
        if (start.IsEmpty || (start[0] != '{' && start[0] != '['))
            return null;
        try
        {
            return JsonNode.Parse(body, documentOptions: new JsonDocumentOptions { MaxDepth = 64 });
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or ArgumentException)
        {
            return null;
        }
    }

    private static void Mask(JsonNode node, HashSet<string> names)
    {
        switch (node)
        {
            case JsonObject members:
                foreach (var (name, value) in members.ToList())
                {
                    if (value is not null && names.Contains(name))
                        members[name] = Hidden;
                    else if (value is not null)
                        Mask(value, names);
                }

                break;
            case JsonArray items:
                foreach (var item in items.Where(item => item is not null))
                    Mask(item!, names);
                break;
        }
    }

    private static List<PayloadLine> ByCommonLines(string[] left, string[] right)
    {
        var common = new int[left.Length + 1, right.Length + 1];
        for (var i = left.Length - 1; i >= 0; i--)
        {
            for (var j = right.Length - 1; j >= 0; j--)
                common[i, j] = left[i] == right[j] ? common[i + 1, j + 1] + 1 : Math.Max(common[i + 1, j], common[i, j + 1]);
        }

        List<PayloadLine> lines = [];
        int x = 0, y = 0;
        while (x < left.Length || y < right.Length)
        {
            if (x < left.Length && y < right.Length && left[x] == right[y])
            {
                lines.Add(new(LineKind.Same, left[x++]));
                y++;
            }
            else if (x < left.Length && (y == right.Length || common[x + 1, y] >= common[x, y + 1]))
            {
                lines.Add(new(LineKind.Removed, left[x++]));
            }
            else
            {
                lines.Add(new(LineKind.Added, right[y++]));
            }
        }

        return lines;
    }

    private static List<PayloadLine> ByPosition(string[] left, string[] right)
    {
        List<PayloadLine> lines = [];
        for (var i = 0; i < Math.Max(left.Length, right.Length); i++)
        {
            if (i < left.Length && i < right.Length && left[i] == right[i])
            {
                lines.Add(new(LineKind.Same, left[i]));
                continue;
            }

            if (i < left.Length)
                lines.Add(new(LineKind.Removed, left[i]));
            if (i < right.Length)
                lines.Add(new(LineKind.Added, right[i]));
        }

        return lines;
    }
}
