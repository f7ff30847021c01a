using System.Text;

namespace ControlTower.Sync.Triage.Repair;

/// <summary>
/// Rules as people read and type them: <c>set lines[*].taxes[*].code to "VAT19"</c>, <c>map lines[*].sku "OLD" to "NEW", "A" to "B"</c>,
/// <c>replace lines[*].title "Jaket" with "Jacket"</c>, <c>default pickupLocation to "HAM"</c>. In quotes <c>\"</c> is a quote and <c>\\</c> a backslash.
/// </summary>
public static class RuleText
{
    public const int Longest = 4_000;

    public static string Of(RepairRule rule)
    {
        var word = rule.Operation is RepairOperation.Replace ? "with" : "to";
        var pairs = rule.Operation is RepairOperation.Set or RepairOperation.Default
            ? $"to {Quoted(rule.Pairs[0].To)}"
            : string.Join(", ", rule.Pairs.Select(p => $"{Quoted(p.From)} {word} {Quoted(p.To)}"));
        return $"{rule.Operation.ToString().ToLowerInvariant()} {rule.Path} {pairs}";
    }

    /// <summary>Reads a rule. Never throws: what is no rule is told in words.</summary>
    public static (RepairRule? Rule, string? Problem) Parse(string? text)
    {
        if (string.IsNullOrWhiteSpace(text) || text.Length > Longest)
        {
            return (null, string.IsNullOrWhiteSpace(text) ? "There is no rule yet." : $"A rule has at most {Longest} characters.");
        }

        var at = 0;
        var first = Word(text, ref at);
        if (first.Any(c => !char.IsAsciiLetter(c)) || !Enum.TryParse<RepairOperation>(first, ignoreCase: true, out var operation))
        {
            return (null, "A rule begins with set, map, replace or default.");
        }

        var path = Word(text, ref at);
        List<(string From, string To)> pairs = [];
        var wrong = operation is RepairOperation.Set or RepairOperation.Default ? One(text, ref at, pairs) : Many(text, ref at, pairs, operation is RepairOperation.Replace ? "with" : "to");
        return wrong is null ? RepairRule.Of(operation, path, pairs) : (null, wrong);
    }

    private static string? One(string text, ref int at, List<(string From, string To)> pairs)
    {
        if (Word(text, ref at) != "to" || Quote(text, ref at) is not { } to)
        {
            return "After the field stands: to \"value\".";
        }

        pairs.Add(("", to));
        return End(text, at) ? null : "After the value nothing more may stand.";
    }

    private static string? Many(string text, ref int at, List<(string From, string To)> pairs, string word)
    {
        do
        {
            if (Quote(text, ref at) is not { } from || Word(text, ref at) != word || Quote(text, ref at) is not { } to)
            {
                return $"After the field stands: \"from\" {word} \"to\", and more such pairs behind commas.";
            }

            pairs.Add((from, to));
        }
        while (Comma(text, ref at));
        return End(text, at) ? null : "After the last value nothing more may stand.";
    }

    private static string Word(string text, ref int at)
    {
        Skip(text, ref at);
        var from = at;
        while (at < text.Length && !char.IsWhiteSpace(text[at]) && text[at] is not ('"' or ','))
        {
            at++;
        }

        return text[from..at];
    }

    private static string? Quote(string text, ref int at)
    {
        Skip(text, ref at);
        if (at >= text.Length || text[at] != '"')
        {
            return null;
        }

        var value = new StringBuilder();
        for (at++; at < text.Length; at++)
        {
            if (text[at] == '"')
            {
                at++;
                return value.ToString();
            }

            if (text[at] == '\\' && (at + 1 >= text.Length || text[at + 1] is not ('"' or '\\')))
            {
                return null;
            }

            value.Append(text[at] == '\\' ? text[++at] : text[at]);
        }

        return null;
    }

    private static bool Comma(string text, ref int at)
    {
        Skip(text, ref at);
        if (at < text.Length && text[at] == ',')
        {
            at++;
            return true;
        }

        return false;
    }

    private static bool End(string text, int at)
    {
        Skip(text, ref at);
        return at == text.Length;
    }

    private static void Skip(string text, ref int at)
    {
        while (at < text.Length && char.IsWhiteSpace(text[at]))
        {
            at++;
        }
    }

    private static string Quoted(string text) => $"\"{text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"";
}
