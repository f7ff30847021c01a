using ControlTower.Data.Ownership;

namespace ControlTower.Sync.Ownership;

/// <param name="Value">Null: no source may say, or none says anything.</param>
/// <param name="Why">For a person.</param>
/// <param name="Differs">Sources that have another value.</param>
public sealed record Winner(SourceValue? Value, string Why, IReadOnlyList<SourceValue> Differs);

/// <summary>Which of several sources' values is the one that holds. Every source's value is kept; this only reads them, so another rule finds another winner and nothing has to be undone. Pure.</summary>
public static class Survivorship
{
    public static Winner Of(RuleBook book, OwnershipRule rule, IReadOnlyList<SourceValue> values, DateTimeOffset now)
    {
        var (value, why) = Choose(book, rule, [.. values.Where(v => book.StanceOf(rule, v.Source) != Stance.Blocked && (!rule.IgnoreEmpty || !string.IsNullOrWhiteSpace(v.Value)))], now);
        return new Winner(value, why, value is null ? [] : [.. values.Where(v => v.Value is not null && v.Source != value.Source && v.Value != value.Value)]);
    }

    private static (SourceValue? Value, string Why) Choose(RuleBook book, OwnershipRule rule, List<SourceValue> said, DateTimeOffset now)
    {
        var owners = said.Where(v => book.RankOf(rule, v.Source) is not null).ToList();
        var word = OfOwners(book, rule, owners, said, now);
        // What was let through holds until an owner speaks again.
        var guest = said.Where(v => v.LetThrough && !owners.Contains(v)).OrderByDescending(v => v.At).ThenBy(v => v.Source, StringComparer.Ordinal).FirstOrDefault();
        if (guest is not null && (word.Value is null || guest.At > owners.Max(v => v.At)))
        {
            return (guest, "It was let through, and no owner has spoken since.");
        }

        if (word.Value is not null)
        {
            return word;
        }

        var adder = said.Where(v => book.StanceOf(rule, v.Source) == Stance.Adds).OrderByDescending(v => v.At).ThenBy(v => v.Source, StringComparer.Ordinal).FirstOrDefault();
        return adder is null ? (null, "No source that may say has a value.") : (adder, "No owner has a value, and this source may fill gaps.");
    }

    private static (SourceValue? Value, string Why) OfOwners(RuleBook book, OwnershipRule rule, List<SourceValue> owners, List<SourceValue> said, DateTimeOffset now)
    {
        if (owners.Count == 0)
        {
            return (null, "");
        }

        var fresh = rule.FadesAfterDays is { } days ? owners.Where(v => now - v.At < TimeSpan.FromDays(days)).ToList() : owners;
        var (from, faded) = fresh.Count > 0 ? (fresh, fresh.Count < owners.Count) : (owners, false);
        var ranked = from.OrderBy(v => book.RankOf(rule, v.Source)).ThenByDescending(v => v.At).ThenBy(v => v.Source, StringComparer.Ordinal).ToList();
        var (value, why) = rule.Kind switch
        {
            OwnershipKind.Last => (from.OrderByDescending(v => v.At).ThenBy(v => book.RankOf(rule, v.Source)).ThenBy(v => v.Source, StringComparer.Ordinal).First(), "Of the owners it wrote last."),
            OwnershipKind.Frequent => (Commonest(ranked, said), "Most sources have this value."),
            OwnershipKind.Order => (ranked[0], "It stands first among those that have a value."),
            _ => (ranked[0], "It owns this."),
        };
        return (value, faded ? $"{why} Older words have faded." : why);
    }

    private static SourceValue Commonest(List<SourceValue> ranked, List<SourceValue> said)
    {
        var counts = said.GroupBy(v => v.Value ?? "", StringComparer.Ordinal).ToDictionary(g => g.Key, g => g.Count(), StringComparer.Ordinal);
        return ranked.OrderByDescending(v => counts[v.Value ?? ""]).First();
    }
}
