using ControlTower.Data.Ownership;

namespace ControlTower.Sync.Ownership;

/// <summary>A change as a person words it.</summary>
/// <param name="From">Null: from its approval.</param>
/// <param name="Until">Null: until it is ended.</param>
public sealed record OwnershipDraft(string Title, string Why, IReadOnlyList<OwnershipRule> Rules, DateTimeOffset? From, DateTimeOffset? Until);

/// <summary>What came of an act.</summary>
public abstract record OwnershipAnswer
{
    /// <summary>It is on disk; also the answer to a repeat, which does nothing more.</summary>
    public sealed record Done(int Number, string? Words = null) : OwnershipAnswer;

    /// <summary>Nothing was changed.</summary>
    /// <param name="Rule">Stable: <c>unknown</c>, <c>moved</c>, <c>state</c>, <c>own</c>, <c>field</c>.</param>
    /// <param name="Field">Where it is wrong, such as <c>title</c> or <c>rules[0].owners</c>.</param>
    public sealed record Refused(string Rule, string Words, string? Field = null) : OwnershipAnswer
    {
        /// <summary>What else is wrong, each with its field.</summary>
        public IReadOnlyList<Refused> Others { get; init; } = [];

        /// <summary>What is wrong with a field; null: nothing.</summary>
        public string? Of(string field) => Others.Prepend(this).FirstOrDefault(one => one.Field == field)?.Words;
    }
}

/// <summary>What is wrong with a draft. Pure.</summary>
public static class OwnershipDraftRules
{
    public const int LongestTitle = 120, LongestWhy = 1_000, MostRules = 100, MostSources = 20;

    public static IReadOnlyList<string> Roles { get; } = ["@shop", "@erp", "@processor", "@bank", "@api", OwnershipSources.TowerRole];

    /// <param name="isSource">Whether there is a connection or a client of this id.</param>
    /// <returns>The first thing that is wrong, with all others; null: nothing is.</returns>
    public static OwnershipAnswer.Refused? Check(OwnershipDraft draft, Func<string, bool> isSource, DateTimeOffset now) =>
        Problems(draft, isSource, now).ToList() is [var first, .. var others] ? first with { Others = others } : null;

    private static IEnumerable<OwnershipAnswer.Refused> Problems(OwnershipDraft draft, Func<string, bool> isSource, DateTimeOffset now)
    {
        if (draft.Title.Trim().Length is 0 or > LongestTitle || draft.Title.Any(char.IsControl))
        {
            yield return Wrong("title", $"Say in 1 to {LongestTitle} characters what changes.");
        }

        if (draft.Why.Trim().Length is < 3 or > LongestWhy)
        {
            yield return Wrong("why", $"Say why in 3 to {LongestWhy} characters: whoever approves reads it.");
        }

        if (draft.From < now.AddMinutes(-1))
        {
            yield return Wrong("from", "Choose a time that is still to come, or none: then it holds from its approval.");
        }

        if (draft.Until is { } until && until <= (draft.From ?? now))
        {
            yield return Wrong("until", "Choose an end behind the beginning.");
        }

        if (draft.Rules.Count is 0 or > MostRules)
        {
            yield return Wrong("rules", $"A change has 1 to {MostRules} rules.");
        }

        var seen = new HashSet<OwnershipKey>();
        foreach (var (at, rule) in draft.Rules.Take(MostRules).Index())
        {
            if ((Place(rule, isSource) ?? (rule.Removed ? null : Sources(rule, isSource))) is var (field, words))
            {
                yield return Wrong($"rules[{at}].{field}", words);
            }

            if (!seen.Add(rule.Key))
            {
                yield return Wrong($"rules[{at}]", "There are two rules for the same data. Keep one.");
            }
        }
    }

    private static (string Field, string Words)? Place(OwnershipRule rule, Func<string, bool> isSource) =>
        OwnershipDomains.Find(rule.Domain) is null ? ("domain", "Choose one of the domains.")
        : rule.Field.Length > 0 && OwnershipDomains.Find(rule.Domain, rule.Field) is null ? ("field", "This domain has no such field.")
        : rule.Channel.Length > 0 && (rule.Channel.StartsWith("client:", StringComparison.Ordinal) || !isSource(rule.Channel)) ? ("channel", "There is no connection of this name.")
        : !IsWord(rule.Brand, 60) ? ("brand", "A brand has at most 60 characters.")
        : !IsWord(rule.Region, 20) ? ("region", "A region has at most 20 characters.")
        : rule.Store.Length > 0 && rule.Domain is (OwnershipDomains.Product or OwnershipDomains.Price or OwnershipDomains.Customer) ? ("store", "This data is told of a whole channel, not of a store. Name the channel.")
        : rule.Channel.Length > 0 && rule.Domain == OwnershipDomains.Inventory && rule.Store.Length > 0 ? ("channel", "The stock of a store belongs to no channel. Name the store alone.")
        : !IsWord(rule.Store, 60) ? ("store", "A store has at most 60 characters.")
        : null;

    private static (string Field, string Words)? Sources(OwnershipRule rule, Func<string, bool> isSource)
    {
        (string Name, IReadOnlyList<string> List)[] lists = [("owners", rule.Owners), ("adds", rule.Adds), ("blocked", rule.Blocked)];
        if (rule.Owners.Count == 0)
        {
            return ("owners", "Name at least one owner: data without one is nobody's to say.");
        }

        foreach (var (name, list) in lists)
        {
            if (list.Count > MostSources)
            {
                return (name, $"At most {MostSources} sources.");
            }

            if (list.FirstOrDefault(source => !Roles.Contains(source, StringComparer.Ordinal) && !isSource(source)) is { } unknown)
            {
                return (name, $"There is no source '{Short(unknown)}'.");
            }
        }

        if (lists.SelectMany(l => l.List).GroupBy(source => source, StringComparer.Ordinal).FirstOrDefault(g => g.Count() > 1) is { } twice)
        {
            return ("owners", $"'{Short(twice.Key)}' stands there twice. A source owns, adds, or is blocked.");
        }

        if (!Enum.IsDefined(rule.Kind) || !Enum.IsDefined(rule.Mode))
        {
            return ("mode", "Choose one of the words.");
        }

        return rule.FadesAfterDays is < 1 or > 3650 ? ("fadesAfterDays", "Give 1 to 3650 days, or none.") : null;
    }

    private static bool IsWord(string text, int most) => text.Length <= most && text == text.Trim() && !text.Any(char.IsControl);

    private static string Short(string text) => text.Length > 64 ? text[..64] : text;

    private static OwnershipAnswer.Refused Wrong(string field, string words) => new("field", words, field);
}
