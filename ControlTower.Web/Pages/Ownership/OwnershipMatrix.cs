using ControlTower.Data.Ownership;
using ControlTower.Sync.Ownership;
using ControlTower.Web.Shared;

namespace ControlTower.Web.Pages.Ownership;

/// <summary>What a connection is to a domain.</summary>
/// <param name="Right">Null: it has nothing to do with the domain.</param>
/// <param name="Draft">The selected change makes it another, in the domain or in one of its fields.</param>
public sealed record OwnershipCell(OwnershipSource Source, Stance? Right, bool Draft);

/// <param name="Others">What is done with writes by those who do not own.</param>
/// <param name="Overrides">Rules that are narrower than the domain.</param>
public sealed record OwnershipRow(OwnershipDomain Domain, OwnershipMode Others, IReadOnlyList<OwnershipCell> Cells, int Overrides);

/// <summary>A rule that is narrower than its domain, with the change that it is of.</summary>
public sealed record OwnershipOverride(OwnershipRule Rule, OwnershipChange Change);

/// <summary>Domains by connections, as the rules of one moment have them. Pure.</summary>
public static class OwnershipMatrix
{
    /// <summary>The connections that serve a brand and a region; an empty word is all of them.</summary>
    public static IReadOnlyList<OwnershipSource> Columns(OwnershipScene scene, string brand, string region) =>
        [.. scene.Sources.Where(s => Serves(s, brand, region) || scene.Sources.Any(shop => shop.PostsTo == s.Id && Serves(shop, brand, region)))];

    /// <param name="change">The selected change; one that is not decided is shown as if it held.</param>
    public static IReadOnlyList<OwnershipRow> Rows(OwnershipScene scene, DateTimeOffset at, string brand, string region, OwnershipChange? change)
    {
        var isTried = change is { State: OwnershipStates.Draft or OwnershipStates.Asked };
        // Against what would hold then without it.
        var moment = isTried && change!.FromAt is { } from && from > at ? from : at;
        var now = scene.At(moment);
        var tried = isTried ? scene.At(moment, change) : null;
        var columns = Columns(scene, brand, region);
        return
        [
            .. OwnershipDomains.All.Select(domain => new OwnershipRow(
                domain, (tried ?? now).For(domain.Id, "", brand, region, "", "")?.Rule.Mode ?? OwnershipMode.Allow, [.. columns.Select(c => Cell(domain, c, brand, region, now, tried))], Overrides(scene, at, domain.Id, brand, region, null).Count)),
        ];
    }

    /// <summary>Rules narrower than their domain: those that hold, those that are approved to come, those that are asked for, and those of the selected change.</summary>
    /// <param name="domain">Empty: of all.</param>
    /// <param name="change">Null: only what holds.</param>
    public static IReadOnlyList<OwnershipOverride> Overrides(OwnershipScene scene, DateTimeOffset at, string domain, string brand, string region, OwnershipChange? change, bool coming = false)
    {
        var hold = scene.At(at).Rules.Select(r => new OwnershipOverride(r.Rule, scene.Layers.First(l => l.Number == r.Number)));
        var later = coming ? scene.Layers.Where(l => l.EndedAt is null && l.HoldsFrom > at).Concat(scene.Changes.Where(c => c.State == OwnershipStates.Asked || (c.Number == change?.Number && c.State == OwnershipStates.Draft))) : [];
        return
        [
            .. hold.Concat(later.SelectMany(l => l.Rules.Select(r => new OwnershipOverride(r, l)))).Where(o => IsNarrow(o.Rule) && (domain.Length == 0 || o.Rule.Domain == domain) && Fits(o.Rule.Brand, brand) && Fits(o.Rule.Region, region))
                .OrderBy(o => Place(o.Rule.Domain)).ThenBy(o => o.Rule.Field.Length == 0).ThenBy(o => o.Rule.Field, StringComparer.Ordinal).ThenByDescending(o => Narrowness(o.Rule)).ThenBy(o => o.Change.Number),
        ];
    }

    /// <summary>Whether a kind of system has to do with a domain at all; a rule that names it says so anyway.</summary>
    public static bool Concerns(string domain, SystemKind kind) => kind switch
    {
        SystemKind.Payment => domain is OwnershipDomains.Return or OwnershipDomains.Financial,
        SystemKind.Bank => domain is OwnershipDomains.Financial,
        SystemKind.File => domain is not (OwnershipDomains.Product or OwnershipDomains.Price or OwnershipDomains.Customer),
        _ => true,
    };

    private static OwnershipCell Cell(OwnershipDomain domain, OwnershipSource source, string brand, string region, RuleBook now, RuleBook? tried)
    {
        var (held, next) = (Judge(now, domain.Id, "", source, brand, region), tried is null ? null : Judge(tried, domain.Id, "", source, brand, region));
        var changes = next is not null && (Differ(held, next) || domain.Fields.Any(f => Differ(Judge(now, domain.Id, f.Id, source, brand, region), Judge(tried!, domain.Id, f.Id, source, brand, region))));
        var right = (next ?? held).Stance;
        return new OwnershipCell(source, right == Stance.Reads && !Concerns(domain.Id, source.Kind) ? null : right, changes);
    }

    private static bool Differ(Judgement one, Judgement other) => one.Stance != other.Stance;

    private static Judgement Judge(RuleBook book, string domain, string field, OwnershipSource source, string brand, string region) =>
        book.Judge(new OwnershipContext(domain, field, brand.Length > 0 ? brand : source.Brand, region.Length > 0 ? region : source.Region, source.Id, "", source.Id));

    private static bool Serves(OwnershipSource source, string brand, string region) => Fits(source.Brand, brand) && Fits(source.Region, region);

    private static bool Fits(string has, string asked) => has.Length == 0 || asked.Length == 0 || has == asked;

    private static bool IsNarrow(OwnershipRule rule) => rule.Key != new OwnershipKey(rule.Domain, "", "", "", "", "");

    private static int Narrowness(OwnershipRule rule) => (rule.Store.Length > 0 ? 8 : 0) + (rule.Channel.Length > 0 ? 4 : 0) + (rule.Region.Length > 0 ? 2 : 0) + (rule.Brand.Length > 0 ? 1 : 0);

    private static int Place(string domain) => OwnershipDomains.All.TakeWhile(d => d.Id != domain).Count();
}
