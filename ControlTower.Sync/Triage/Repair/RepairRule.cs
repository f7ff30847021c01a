using System.Text.Json.Nodes;

namespace ControlTower.Sync.Triage.Repair;

public enum RepairOperation
{
    /// <summary>The value, whatever stands there.</summary>
    Set,

    /// <summary>Whole values for whole values; others stay.</summary>
    Map,

    /// <summary>A part of a text, everywhere it occurs.</summary>
    Replace,

    /// <summary>The value, where nothing stands.</summary>
    Default,
}

/// <summary>One change for many documents. Its text is its name: two rules that say the same are the same, and the text can be read back.</summary>
/// <param name="Path">A field of the canonical order, with <c>[*]</c> for each place of a list.</param>
/// <param name="Pairs">From and to; for <see cref="RepairOperation.Set"/> and <see cref="RepairOperation.Default"/> one pair with an empty from.</param>
public sealed record RepairRule(RepairOperation Operation, string Path, IReadOnlyList<(string From, string To)> Pairs)
{
    /// <summary>More pairs are no rule but a list.</summary>
    public const int MostPairs = 50;

    /// <summary>Fields that a rule may name.</summary>
    public static IReadOnlyList<OrderField> Offered { get; } = [.. OrderSchema.Fields.Where(f => f.InRules)];

    private OrderField Field => OrderSchema.Find(Path)!;

    /// <summary>The rule of these parts, or in words why it is none.</summary>
    public static (RepairRule? Rule, string? Problem) Of(RepairOperation operation, string path, IReadOnlyList<(string From, string To)> pairs)
    {
        if (OrderSchema.Find(path) is not { } field)
        {
            return (null, OrderSchema.LockOf(path) is { } part ? $"{path} cannot be changed: it {part}" : $"An order has no field {Cut(path)}. Choose one of the list.");
        }

        if (!field.InRules)
        {
            return (null, field.Locked is { } why ? $"{path} cannot be changed: it {why}" : $"{path} is about one person, so no rule for many can set it. Edit the case by itself.");
        }

        if (pairs.Count is 0 or > MostPairs)
        {
            return (null, pairs.Count == 0 ? "Say what the value becomes." : $"A rule has at most {MostPairs} pairs.");
        }

        if (operation is RepairOperation.Replace && field.Kind is not OrderFieldKind.Text)
        {
            return (null, $"{path} is no text, so no part of it can be replaced. Use set or map.");
        }

        return Valued(operation, field, pairs) is { } problem ? (null, problem) : (new RepairRule(operation, path, pairs), null);
    }

    /// <summary>The rule that makes exactly these changes in another document; null if they are not all of one kind, or about a person.</summary>
    public static RepairRule? Of(IReadOnlyList<FieldChange> changes)
    {
        if (changes.Count == 0 || changes.Select(c => OrderSchema.Pattern(c.Path)).Distinct(StringComparer.Ordinal).Count() != 1)
        {
            return null;
        }

        var pairs = changes.Select(c => (From: Plain(c.Before), To: Plain(c.After))).Distinct().ToList();
        if (pairs.Any(p => p.To is null) || (pairs.Any(p => p.From is null) && pairs.Count > 1) || pairs.Select(p => p.From).Distinct(StringComparer.Ordinal).Count() != pairs.Count)
        {
            return null;
        }

        return Of(pairs[0].From is null ? RepairOperation.Default : RepairOperation.Map, OrderSchema.Pattern(changes[0].Path), [.. pairs.Select(p => (p.From ?? "", p.To!))]).Rule;
    }

    /// <summary>Changes the document in place. What has no such place stays as it is.</summary>
    public void Apply(JsonObject document) => Walk(document, Path.Split('.'), 0);

    public override string ToString() => RuleText.Of(this);

    public bool Equals(RepairRule? other) => other is not null && ToString() == other.ToString();

    public override int GetHashCode() => StringComparer.Ordinal.GetHashCode(ToString());

    private void Walk(JsonNode? node, string[] path, int at)
    {
        var list = path[at].EndsWith("[*]", StringComparison.Ordinal);
        var name = list ? path[at][..^3] : path[at];
        if (node is not JsonObject parent)
        {
            return;
        }

        if (at == path.Length - 1)
        {
            Change(parent, name);
        }
        else if (!list)
        {
            Walk(parent[name], path, at + 1);
        }
        else if (parent[name] is JsonArray items)
        {
            foreach (var item in items)
            {
                Walk(item, path, at + 1);
            }
        }
    }

    private void Change(JsonObject parent, string name)
    {
        var now = Plain(parent[name]?.ToJsonString());
        var then = Operation switch
        {
            RepairOperation.Set => Pairs[0].To,
            RepairOperation.Default => string.IsNullOrEmpty(now) ? Pairs[0].To : now,
            RepairOperation.Map => Pairs.FirstOrDefault(p => now is not null && Same(p.From, now)) is { To: { } to } ? to : now,
            _ => now is null ? null : Pairs.Aggregate(now, (text, pair) => text.Replace(pair.From, pair.To, StringComparison.Ordinal)),
        };
        if (then is not null && then != now)
        {
            // A text that became too long stands as it is here and is refused, by name, when the document is read.
            parent[name] = Field.Value(then, out _) ?? JsonValue.Create(then);
        }
    }

    // 0.19 and 0.190 are one rate.
    private bool Same(string from, string now) =>
        Field.Kind is OrderFieldKind.Number ? Field.Value(from, out _)?.GetValue<decimal>() == Field.Value(now, out _)?.GetValue<decimal>() : from == now;

    private static string? Valued(RepairOperation operation, OrderField field, IReadOnlyList<(string From, string To)> pairs)
    {
        var fromCounts = operation is RepairOperation.Map or RepairOperation.Replace;
        foreach (var (from, to) in pairs)
        {
            if (fromCounts && from.Length == 0)
            {
                return "Say which value is to be changed.";
            }

            if (operation is not RepairOperation.Replace && to.Length == 0 && field.Kind is OrderFieldKind.Text && !field.Nullable)
            {
                return $"{field.Path} must not become empty.";
            }

            var wrong = operation is RepairOperation.Replace ? OrderField.TextProblem(to) : Problem(field, to) ?? (operation is RepairOperation.Map ? Problem(field, from) : null);
            if (wrong is not null)
            {
                return $"{field.Path} {wrong}";
            }
        }

        return fromCounts ? pairs.Select(p => p.From).Distinct(StringComparer.Ordinal).Count() == pairs.Count ? null : "One value is named twice: it cannot become two."
            : pairs.Count == 1 && pairs[0].From.Length == 0 ? null : "Set and default give one value.";
    }

    private static string? Problem(OrderField field, string text)
    {
        _ = field.Value(text, out var problem);
        return problem;
    }

    private static string? Plain(string? json) => json is null ? null : JsonNode.Parse(json) is JsonValue value ? value.GetValueKind() is System.Text.Json.JsonValueKind.String ? value.GetValue<string>() : json : null;

    private static string Cut(string text) => text.Length > 60 ? text[..60] + "…" : text;
}
