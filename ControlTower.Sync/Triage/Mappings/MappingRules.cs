using ControlTower.Data.Triage;
using ControlTower.Sync.Triage.Repair;

namespace ControlTower.Sync.Triage.Mappings;

/// <summary>What can be mapped to what. Pure.</summary>
public static class MappingRules
{
    /// <returns>The field (<c>kind</c>, <c>from</c>, <c>to</c>) and what is wrong with it; null: nothing.</returns>
    public static (string Field, string Words)? Problem(string kind, string from, string to) =>
        !MappingKind.All.Contains(kind) ? ("kind", $"Only {string.Join(", ", MappingKind.All)} can be mapped.")
        : from.Length == 0 ? ("from", "Say what orders call it.")
        : to.Length == 0 ? ("to", "Say what the target calls it.")
        : from.Length > MappingStore.LongestWord ? ("from", $"A name has at most {MappingStore.LongestWord} characters.")
        : to.Length > MappingStore.LongestWord ? ("to", $"A name has at most {MappingStore.LongestWord} characters.")
        : kind == MappingKind.Customer && (from.IndexOf('/', StringComparison.Ordinal) is var cut && (cut <= 0 || cut == from.Length - 1)) ? ("from", "Name the channel and its own id of the customer, such as shopify-eu/6104482130.")
        : OrderField.TextProblem(from) is { } odd ? ("from", $"The order's name {odd}")
        : OrderField.TextProblem(to) is { } wrong ? ("to", $"The target's name {wrong}")
        : from == to ? ("to", "Both names are the same: there is nothing to map.")
        : null;
}
