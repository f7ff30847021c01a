using System.Collections.Concurrent;
using ControlTower.Data.Ownership;

namespace ControlTower.Sync.Ownership;

/// <summary>What a source is to data.</summary>
public enum Stance
{
    /// <summary>It receives; what it writes is done with as the rule's mode says.</summary>
    Reads,

    /// <summary>Its word holds.</summary>
    Owns,

    /// <summary>It may fill what no owner has said.</summary>
    Adds,

    /// <summary>What it writes is never taken.</summary>
    Blocked,
}

/// <param name="Number">The change whose rule decided; 0 where no rule says anything, which lets everything through.</param>
public sealed record Judgement(Stance Stance, OwnershipMode Mode, int Number)
{
    public const string Owned = "owned", Filled = "filled", LetThrough = "let-through", Quarantined = "quarantined", Blocked = "blocked";

    /// <summary>What is done with a write by this source.</summary>
    /// <param name="ownerHasWord">Whether an owner has said something else.</param>
    public string Verdict(bool ownerHasWord) => Stance switch
    {
        Stance.Owns => Owned,
        Stance.Adds when !ownerHasWord => Filled,
        Stance.Blocked => Blocked,
        _ => Mode switch { OwnershipMode.Enforce => Blocked, OwnershipMode.Quarantine => Quarantined, _ => LetThrough },
    };

    /// <summary>Whether a write with this verdict has its effect at once.</summary>
    public static bool IsTaken(string verdict) => verdict is Owned or Filled or LetThrough;
}

/// <param name="Number">The change that it is of.</param>
public sealed record RuleInForce(OwnershipRule Rule, int Number);

/// <summary>
/// The rules that hold at a moment: layers in the order of their approval, rule by rule. The narrowest that fits decides: a field before its domain, then store, channel, region, brand. Immutable; judged places are
/// remembered, so a judgement of the hot path is one look-up.
/// </summary>
public sealed class RuleBook
{
    private static readonly Judgement Unsaid = new(Stance.Reads, OwnershipMode.Allow, 0);

    private readonly Dictionary<string, List<RuleInForce>> domains;
    private readonly Func<string, string> roleOf;
    private readonly ConcurrentDictionary<OwnershipContext, Judgement> judged = new();

    private RuleBook(IEnumerable<RuleInForce> rules, int number, DateTimeOffset? until, Func<string, string> roleOf, long revision)
    {
        (Number, Until, Revision, this.roleOf) = (number, until, revision, roleOf);
        domains = rules.GroupBy(r => r.Rule.Domain, StringComparer.Ordinal).ToDictionary(g => g.Key, g => g.OrderByDescending(r => Width(r.Rule)).ToList(), StringComparer.Ordinal);
    }

    /// <summary>The newest change that holds.</summary>
    public int Number { get; }

    /// <summary>When other rules will hold, as far as that is settled; null: not by itself.</summary>
    public DateTimeOffset? Until { get; }

    /// <summary>Of all changes: rises with each that is approved or ended.</summary>
    public long Revision { get; }

    public IEnumerable<RuleInForce> Rules => domains.Values.SelectMany(r => r);

    /// <param name="layers">Approved changes, in the order of their approval.</param>
    /// <param name="roleOf">The role of a source, such as <c>@shop</c>; empty if it has none.</param>
    /// <param name="also">A change that is tried: on top of all, as if it held.</param>
    public static RuleBook At(IReadOnlyList<OwnershipChange> layers, DateTimeOffset now, Func<string, string> roleOf, OwnershipChange? also = null, long revision = 0)
    {
        var rules = new Dictionary<OwnershipKey, RuleInForce>();
        var number = 0;
        foreach (var layer in layers.Where(l => l.HoldsAt(now)).Concat(also is null ? [] : [also]))
        {
            number = Math.Max(number, layer.Number);
            foreach (var rule in layer.Rules)
            {
                if (rule.Removed)
                {
                    rules.Remove(rule.Key);
                }
                else
                {
                    rules[rule.Key] = new RuleInForce(rule, layer.Number);
                }
            }
        }

        var edges = layers.SelectMany(l => new[] { l.HoldsFrom, l.HoldsUntil }).Where(edge => edge > now).ToList();
        return new RuleBook(rules.Values, number, edges.Count == 0 ? null : edges.Min(), roleOf, revision);
    }

    /// <summary>The rule for this data; null where none says anything.</summary>
    public RuleInForce? For(string domain, string field, string brand, string region, string channel, string store)
    {
        foreach (var one in domains.GetValueOrDefault(domain) ?? [])
        {
            var rule = one.Rule;
            if (Fits(rule.Field, field) && Fits(rule.Store, store) && Fits(rule.Channel, channel) && Fits(rule.Region, region) && Fits(rule.Brand, brand))
            {
                return one;
            }
        }

        return null;
    }

    // A connection that is not known yet has its role later: what is judged of it meanwhile is not remembered.
    public Judgement Judge(OwnershipContext where) =>
        judged.TryGetValue(where, out var known) ? known : judged.Count > 50_000 || roleOf(where.Source).Length == 0 ? Reckon(where) : judged.GetOrAdd(where, Reckon);

    /// <summary>What a source is to the data of a rule.</summary>
    public Stance StanceOf(OwnershipRule rule, string source) => Stated(rule, source) ?? (roleOf(source) is { Length: > 0 } role ? Stated(rule, role) : null) ?? Stance.Reads;

    /// <summary>The place of a source among a rule's owners: 0 is first; null if it is none. A rule that names the source itself means it, whatever it says of its role.</summary>
    public int? RankOf(OwnershipRule rule, string source) =>
        Stated(rule, source) is not null ? Place(rule.Owners, source) : roleOf(source) is { Length: > 0 } role && Stated(rule, role) is not Stance.Blocked ? Place(rule.Owners, role) : null;

    private static int? Place(IReadOnlyList<string> owners, string word)
    {
        for (var at = 0; at < owners.Count; at++)
        {
            if (owners[at] == word)
            {
                return at;
            }
        }

        return null;
    }

    private static Stance? Stated(OwnershipRule rule, string word) =>
        rule.Blocked.Contains(word, StringComparer.Ordinal) ? Stance.Blocked
        : Place(rule.Owners, word) is { } rank ? rule.Kind == OwnershipKind.Order && rank > 0 ? Stance.Adds : Stance.Owns
        : rule.Adds.Contains(word, StringComparer.Ordinal) ? Stance.Adds : null;

    private static bool Fits(string rule, string data) => rule.Length == 0 || rule == data;

    private static int Width(OwnershipRule rule) =>
        (rule.Field.Length > 0 ? 16 : 0) + (rule.Store.Length > 0 ? 8 : 0) + (rule.Channel.Length > 0 ? 4 : 0) + (rule.Region.Length > 0 ? 2 : 0) + (rule.Brand.Length > 0 ? 1 : 0);

    private Judgement Reckon(OwnershipContext where) =>
        For(where.Domain, where.Field, where.Brand, where.Region, where.Channel, where.Store) is { } one ? new Judgement(StanceOf(one.Rule, where.Source), one.Rule.Mode, one.Number) : Unsaid;
}
