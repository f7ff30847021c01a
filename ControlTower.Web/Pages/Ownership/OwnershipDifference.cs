using ControlTower.Data.Ownership;
using ControlTower.Sync.Ownership;

namespace ControlTower.Web.Pages.Ownership;

/// <summary>What a rule changes, in words.</summary>
/// <param name="What">The data: "Price and promotion, Price, Northlane".</param>
/// <param name="Words">Such as "Shopify EU: Reads → Blocked".</param>
public sealed record OwnershipDifference(string What, IReadOnlyList<string> Words)
{
    /// <summary>Rule by rule, what held before against what holds with them. Pure.</summary>
    public static IReadOnlyList<OwnershipDifference> Of(RuleBook before, RuleBook after, IReadOnlyList<OwnershipRule> rules, OwnershipScene scene) =>
        [.. rules.Select(rule => new OwnershipDifference(Title(rule, scene), Between(Held(before, rule), Held(after, rule), before, after, rule, scene)))];

    public static IReadOnlyList<OwnershipDifference> Of(OwnershipChange change, OwnershipScene scene) => Of(scene.Below(change), scene.With(change), change.Rules, scene);

    private static string Title(OwnershipRule rule, OwnershipScene scene) =>
        string.Join(", ", new[] { OwnershipWords.Domain(rule.Domain), rule.Field.Length == 0 ? "" : OwnershipWords.Field(rule.Domain, rule.Field), OwnershipWords.Where(rule, scene) }.Where(part => part.Length > 0));

    private static OwnershipRule? Held(RuleBook book, OwnershipRule rule) => book.For(rule.Domain, rule.Field, rule.Brand, rule.Region, rule.Channel, rule.Store)?.Rule;

    private static List<string> Between(OwnershipRule? was, OwnershipRule? will, RuleBook before, RuleBook after, OwnershipRule rule, OwnershipScene scene)
    {
        var words = new List<string>();
        foreach (var source in scene.Sources)
        {
            var (one, other) = (was is null ? Stance.Reads : before.StanceOf(was, source.Id), will is null ? Stance.Reads : after.StanceOf(will, source.Id));
            if (one != other)
            {
                words.Add($"{source.Name}: {OwnershipWords.Right(one)} → {OwnershipWords.Right(other)}");
            }
        }

        // Sources that are no connection: programs, and roles that nobody has yet.
        foreach (var named in Named(was).Concat(Named(will)).Distinct(StringComparer.Ordinal).Where(s => scene.Sources.All(c => c.Id != s && scene.RoleOf(c.Id) != s)))
        {
            var (one, other) = (was is null ? Stance.Reads : before.StanceOf(was, named), will is null ? Stance.Reads : after.StanceOf(will, named));
            if (one != other)
            {
                words.Add($"{Capital(scene.NameOf(named))}: {OwnershipWords.Right(one)} → {OwnershipWords.Right(other)}");
            }
        }

        Put("Writes by others", OwnershipWords.ModeShort(was?.Mode ?? OwnershipMode.Allow), OwnershipWords.ModeShort(will?.Mode ?? OwnershipMode.Allow));
        Put("Of several owners", OwnershipWords.Kind(was?.Kind ?? OwnershipKind.Owner), OwnershipWords.Kind(will?.Kind ?? OwnershipKind.Owner));
        if (will?.Kind == OwnershipKind.Order && was?.Kind == OwnershipKind.Order)
        {
            Put("Order of the owners", OwnershipWords.Owners(was, scene), OwnershipWords.Owners(will, scene));
        }

        Put("An empty value of an owner", Empty(was), Empty(will));
        Put("Words fade", Fades(was), Fades(will));
        return words;

        void Put(string what, string one, string other)
        {
            if (one != other)
            {
                words.Add($"{what}: {one} → {other}");
            }
        }
    }

    private static IEnumerable<string> Named(OwnershipRule? rule) => rule is null ? [] : rule.Owners.Concat(rule.Adds).Concat(rule.Blocked);

    private static string Empty(OwnershipRule? rule) => rule?.IgnoreEmpty == false ? "counts" : "is as none";

    private static string Fades(OwnershipRule? rule) => rule?.FadesAfterDays is { } days ? $"after {days} days" : "never";

    private static string Capital(string text) => char.ToUpperInvariant(text[0]) + text[1..];
}
