using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using ControlTower.Data.Canonical;
using ControlTower.Sync.Flows.OrderToCash;

namespace ControlTower.Sync.Triage.Repair;

/// <summary>
/// An order document in people's hands. What comes back is read strictly: everything that is wrong with it is told by field, and nothing is guessed. Text is text, whatever it looks
/// like: formulas and markup are neither run nor changed. Pure.
/// </summary>
public static class OrderPaper
{
    /// <summary>Bytes that an edited document may have.</summary>
    public const int Largest = 256 * 1024;

    /// <summary>The deepest place of an order is at depth 5; what is deeper is no order.</summary>
    private const int Deepest = 16;

    private const int MostProblems = 20;

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The document as it is edited: indented, without what is worked out from other fields.</summary>
    /// <param name="body">As stored.</param>
    public static string Text(string body) => Node(Stored(body)).ToJsonString(Indented);

    /// <summary>The same as nodes, for comparison and for rules.</summary>
    public static JsonObject Node(Order order)
    {
        var node = JsonSerializer.SerializeToNode(order, CanonicalJson.Default.Order)!.AsObject();
        Trim(node, OrderSchema.Root);
        return node;
    }

    public static Order Stored(string body) => JsonSerializer.Deserialize(body, CanonicalJson.Default.Order)!;

    /// <summary>Reads an edited document and holds it against the one that it was made from.</summary>
    /// <param name="text">What a person or a rule made of it.</param>
    /// <param name="current">The document that would be sent without the change, as stored.</param>
    /// <param name="tolerance">Largest difference between the total and its parts, in the order's currency's smallest unit.</param>
    public static Reading Read(string text, string current, int tolerance)
    {
        List<FieldProblem> problems = [];
        if (Parse(text, problems) is not { } order)
        {
            return new Reading(null, [], problems);
        }

        var before = Stored(current);
        var changes = Difference.Of(Node(before), Node(order));
        foreach (var change in changes)
        {
            Judge(change, problems);
        }

        if (problems.Count == 0)
        {
            Sums(before, order, tolerance, problems);
        }

        return new Reading(problems.Count == 0 ? JsonSerializer.Serialize(order, CanonicalJson.Default.Order) : null, changes, [.. problems.Take(MostProblems)]);
    }

    private static Order? Parse(string text, List<FieldProblem> problems)
    {
        if (Encoding.UTF8.GetByteCount(text) > Largest)
        {
            problems.Add(new FieldProblem("", $"The document is larger than {Largest / 1024} KB."));
            return null;
        }

        try
        {
            using var document = JsonDocument.Parse(text, new JsonDocumentOptions { MaxDepth = Deepest });
            Walk(document.RootElement, OrderSchema.Root, "", problems);
            return problems.Count > 0 ? null : document.RootElement.Deserialize(CanonicalJson.Default.Order);
        }
        catch (JsonException error)
        {
            problems.Add(new FieldProblem("", string.Create(CultureInfo.InvariantCulture, $"This is not JSON, or nested more deeply than any order: look at line {(error.LineNumber ?? 0) + 1}.")));
            return null;
        }
        catch (Exception error) when (error is InvalidOperationException or FormatException or NotSupportedException or ArgumentException)
        {
            // Half of a character and the like: it parses, and cannot be read.
            problems.Add(new FieldProblem("", "A text in it cannot be read: half of a character stands alone."));
            return null;
        }
    }

    private static void Walk(JsonElement value, OrderPart part, string path, List<FieldProblem> problems)
    {
        if (problems.Count >= MostProblems)
        {
            return;
        }

        if (part.Field is { } field)
        {
            if (field.Problem(value) is { } wrong)
            {
                problems.Add(new FieldProblem(path, wrong));
            }

            return;
        }

        var expected = part.Item is null ? JsonValueKind.Object : JsonValueKind.Array;
        if (value.ValueKind == JsonValueKind.Null && part.Nullable)
        {
            return;
        }

        if (value.ValueKind != expected)
        {
            problems.Add(new FieldProblem(path, expected == JsonValueKind.Object ? "must be an object in { }." : "must be a list in [ ]."));
        }
        else if (part.Item is { } item)
        {
            var i = 0;
            foreach (var element in value.EnumerateArray())
            {
                Walk(element, item, string.Create(CultureInfo.InvariantCulture, $"{path}[{i++}]"), problems);
            }
        }
        else
        {
            Members(value, part, path, problems);
        }
    }

    private static void Members(JsonElement value, OrderPart part, string path, List<FieldProblem> problems)
    {
        string At(string name) => path.Length == 0 ? name : $"{path}.{name}";
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var member in value.EnumerateObject())
        {
            if (!part.Members.TryGetValue(member.Name, out var known))
            {
                problems.Add(new FieldProblem(At(Shown(member.Name)), "is no field of an order."));
            }
            else if (!seen.Add(member.Name))
            {
                problems.Add(new FieldProblem(At(member.Name), "is written twice."));
            }
            else
            {
                Walk(member.Value, known, At(member.Name), problems);
            }
        }

        problems.AddRange(part.Required.Where(name => !seen.Contains(name)).Select(name => new FieldProblem(At(name), "is missing.")));
    }

    private static void Judge(FieldChange change, List<FieldProblem> problems)
    {
        if (OrderSchema.LockOf(change.Path) is { } why)
        {
            problems.Add(new FieldProblem(change.Path, $"cannot be changed here: it {why}", Locked: true));
        }
        else if (change.After is { } after && Texts(after).Select(OrderField.TextProblem).FirstOrDefault(p => p is not null) is { } wrong)
        {
            problems.Add(new FieldProblem(change.Path, wrong));
        }
    }

    private static List<string> Texts(string json)
    {
        using var document = JsonDocument.Parse(json);
        return [.. Strings(document.RootElement)];
    }

    private static IEnumerable<string> Strings(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => [value.GetString()!],
        JsonValueKind.Array => value.EnumerateArray().SelectMany(Strings),
        JsonValueKind.Object => value.EnumerateObject().SelectMany(m => Strings(m.Value)),
        _ => [],
    };

    // The checks that every order passes before it is posted. What the shop itself stated wrongly, and a person let pass, is not held against a repair.
    private static void Sums(Order before, Order after, int tolerance, List<FieldProblem> problems)
    {
        var (was, now) = (Findings.Of(before), Findings.Of(after));
        problems.AddRange(now.Faults.Except(was.Faults).Select(fault => FaultTexts.Of(fault, after.Key.Source)).Select(p => new FieldProblem(p.Field ?? "", $"is not fit to be posted. {p.Message}")));
        var allowed = Currencies.FromMinor(tolerance, after.Currency);
        if (Math.Abs(now.TotalDifference) > Math.Max(allowed, Math.Abs(was.TotalDifference)))
        {
            problems.Add(new FieldProblem("totals.total", string.Create(CultureInfo.InvariantCulture, $"differs by {now.TotalDifference} from the sum of lines, shipping and tax.")));
        }

        if (Math.Abs(now.TaxDifference) > Math.Max(allowed, Math.Abs(was.TaxDifference)))
        {
            problems.Add(new FieldProblem("totals.tax", string.Create(CultureInfo.InvariantCulture, $"differs by {now.TaxDifference} from the sum of the tax lines.")));
        }
    }

    private static void Trim(JsonNode? node, OrderPart part)
    {
        if (node is JsonArray items && part.Item is { } item)
        {
            foreach (var one in items)
            {
                Trim(one, item);
            }
        }
        else if (node is JsonObject members)
        {
            foreach (var name in members.Select(m => m.Key).ToList())
            {
                if (part.Members.TryGetValue(name, out var known))
                {
                    Trim(members[name], known);
                }
                else
                {
                    members.Remove(name);
                }
            }
        }
    }

    private static string Shown(string name) => new([.. name.Where(c => !char.IsControl(c)).Take(40)]);
}

/// <summary>What became of reading an edited document.</summary>
/// <param name="Body">As it would be stored and sent; null if there are problems.</param>
public sealed record Reading(string? Body, IReadOnlyList<FieldChange> Changes, IReadOnlyList<FieldProblem> Problems);
