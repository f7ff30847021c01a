using ControlTower.Data.Promotions;

namespace ControlTower.Sync.Promotions;

/// <summary>Whether rules of sequence contradict each other. Pure.</summary>
internal static class SequenceCircle
{
    private const char Mark = '@';

    /// <summary>Roles that a rule may name, with their words.</summary>
    public static IReadOnlyDictionary<string, string> Roles { get; } = new SortedDictionary<string, string>(StringComparer.Ordinal) { ["@erp"] = "Every ERP", ["@shop"] = "Every channel" };

    /// <summary>A role in words; null: it is none.</summary>
    public static string? Role(string key) => Roles.GetValueOrDefault(key);

    /// <summary>Parts that come before one another all round, the first of them again at the end; null: none. Of rules that are in force, domain by domain, each connection for itself.</summary>
    /// <param name="connections">Each with its role.</param>
    public static IReadOnlyList<string>? Of(IReadOnlyList<SequenceRule> rules, IReadOnlyList<(string Id, string Role)> connections)
    {
        foreach (var domain in SequenceRule.Domains)
        {
            var after = rules.Where(r => r.Enabled && r.Domain == domain).SelectMany(r => Members(r.First).SelectMany(f => Members(r.Later).Where(l => l != f).Select(l => (First: f, Later: l)))).ToLookup(p => p.First, p => p.Later, StringComparer.Ordinal);
            foreach (var start in after.Select(a => a.Key))
            {
                if (Way(after, start) is { } way)
                {
                    return way;
                }
            }
        }

        return null;

        // A role without a connection still contradicts its own opposite.
        IEnumerable<string> Members(string key) => key[0] != Mark ? [key] : [key, .. connections.Where(c => Mark + c.Role == key).Select(c => c.Id)];
    }

    private static List<string>? Way(ILookup<string, string> after, string start)
    {
        var (seen, open) = (new HashSet<string>(StringComparer.Ordinal), new Stack<List<string>>([[start]]));
        while (open.TryPop(out var way))
        {
            foreach (var next in after[way[^1]])
            {
                if (next == start)
                {
                    return [.. way, next];
                }

                if (seen.Add(next))
                {
                    open.Push([.. way, next]);
                }
            }
        }

        return null;
    }
}
