using System.Globalization;
using ControlTower.Data.Canonical;

namespace ControlTower.Web.Pages.Promotions;

/// <summary>What changed between two revisions of a plan, in words. Pure.</summary>
public sealed record PlanDifference(string What, string Before, string After)
{
    private const int MostNamed = 8;

    public static IReadOnlyList<PlanDifference> Of(PromotionPlan before, PromotionPlan after, Func<string, string> connection) =>
    [
        .. Texts(before, after).Where(t => t.Before != t.After).Select(t => new PlanDifference(t.What, t.Before, t.After)),
        .. Sets("SKUs", before.Products.Skus, after.Products.Skus, s => s), .. Sets("Left out", before.Products.Without ?? [], after.Products.Without ?? [], s => s),
        .. Sets("Prices of single SKUs", (before.Products.Prices ?? []).Select(Price), (after.Products.Prices ?? []).Select(Price), s => s),
        .. Sets("Channels", before.Connections, after.Connections, connection), .. Sets("Stores", before.Stores, after.Stores, s => s),
        .. Sets("Price lists", (before.PriceLists ?? []).Select(l => $"{connection(l.Connection)} {l.List}"), (after.PriceLists ?? []).Select(l => $"{connection(l.Connection)} {l.List}"), s => s),
    ];

    private static IEnumerable<(string What, string Before, string After)> Texts(PromotionPlan a, PromotionPlan b) =>
    [
        ("Name", a.Name, b.Name), ("Window", PromotionWords.Window(a.Starts, a.Ends), PromotionWords.Window(b.Starts, b.Ends)), ("Offer", Offer(a.Offer), Offer(b.Offer)), ("Rule", Rule(a.Products.Rule), Rule(b.Products.Rule)),
        ("Price group", a.PriceGroup ?? "none", b.PriceGroup ?? "none"), ("Stages", Stages(a.Stages), Stages(b.Stages)), ("Limits", Limits(a.Rules), Limits(b.Rules)), ("Gate and guards", Gate(a.Rules), Gate(b.Rules)),
    ];

    private static IEnumerable<PlanDifference> Sets(string what, IEnumerable<string> before, IEnumerable<string> after, Func<string, string> name)
    {
        var (was, now) = (before.ToHashSet(StringComparer.Ordinal), after.ToHashSet(StringComparer.Ordinal));
        var (gone, come) = (was.Where(x => !now.Contains(x)).ToList(), now.Where(x => !was.Contains(x)).ToList());
        if (gone.Count + come.Count > 0)
        {
            yield return new PlanDifference(what, Named(gone, "without ", name), Named(come, "with ", name));
        }
    }

    private static string Named(List<string> some, string sign, Func<string, string> name) =>
        some.Count == 0 ? "" : sign + string.Join(", ", some.Take(MostNamed).Select(name)) + (some.Count > MostNamed ? $" and {some.Count - MostNamed} more" : "");

    private static string Offer(PromotionOffer o)
    {
        var parts = new List<string> { PromotionWords.Offer(o.Kind, o.Percent) };
        parts.AddRange((o.Amounts ?? new Dictionary<string, decimal>(StringComparer.Ordinal)).OrderBy(a => a.Key, StringComparer.Ordinal).Select(a => PromotionWords.Price(a.Value, a.Key)));
        parts.Add(o.ShowFormer && !o.IsAtCheckout ? "former price shown" : "");
        parts.Add(o.Ending is { } ending ? $"ending {PromotionWords.Number(ending)} within {PromotionWords.Number(o.EndingUnit)}" : "");
        parts.Add(o.Code is { } code ? $"code {code}" : "");
        parts.Add(o.Kind is OfferKind.BuyXGetY ? $"buy {o.Buy} get {o.Get}" : "");
        return Join(parts);
    }

    private static string Rule(ProductRule? rule) => rule is null or { IsEmpty: true } ? "none" : Join(
    [
        rule.Collections is { Count: > 0 } products ? string.Join(", ", products) : "",
        string.Join(", ", (rule.InCollections ?? []).Select(c => PromotionWords.Facet(new CatalogFacet(CatalogFacet.Collection, c))).Concat((rule.Facets ?? []).Select(PromotionWords.Facet))), rule.SkuBegins is { Length: > 0 } begins ? $"SKU begins {begins}" : "", rule.TitleHas is { Length: > 0 } has ? $"title has {has}" : "",
        rule.PriceFrom is { } from ? $"from {PromotionWords.Number(from)}" : "", rule.PriceTo is { } to ? $"to {PromotionWords.Number(to)}" : "",
    ]);

    private static string Stages(IReadOnlyList<PromotionStage> stages) => string.Join("; ", stages.Select((s, i) => Join(
    [
        $"{i + 1} {s.Name}", s.Connections.Count > 0 ? string.Join(" + ", s.Connections) : "", s.Stores.Count > 0 ? PromotionWords.Many(s.Stores.Count, "store") : "", i > 0 ? PromotionWords.Hold(s.Hold, s.Minutes, s.Team) : "", s.Instructions ?? "",
    ])));

    private static string Limits(PromotionRules r) => Join(
    [
        r.MarginFloor is { } floor ? $"margin floor {PromotionWords.Number(floor)}%" : "no floor", r.Overlap == OverlapRule.ThisOne ? "this promotion wins" : "the lowest price wins", r.Budget is { } budget ? $"budget {PromotionWords.Price(budget, r.BudgetCurrency)}, then {PromotionWords.OnBreach(r.OnBudget).ToLowerInvariant()}" : "no cap",
    ]);

    private static string Gate(PromotionRules r) => Join(
    [
        $"{PromotionWords.Number(r.Parity)}%", PromotionWords.OnBreach(r.OnBreach), string.Create(CultureInfo.InvariantCulture, $"begins within {r.StartWithin} min"),
        .. (r.Guards ?? []).Select(g => $"{PromotionWords.Guard(g.Kind).Name} {PromotionWords.Number(g.Limit)}: {PromotionWords.OnBreach(g.Action).ToLowerInvariant()}"),
    ]);

    private static string Price(SkuPrice price) => $"{price.Sku} {PromotionWords.Price(price.Price, price.Currency)}";

    private static string Join(IEnumerable<string> parts) => string.Join(", ", parts.Where(p => p.Length > 0));
}
