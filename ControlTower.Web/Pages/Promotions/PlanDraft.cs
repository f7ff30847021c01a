using System.Globalization;
using ControlTower.Data.Canonical;

namespace ControlTower.Web.Pages.Promotions;

/// <summary>What stands in the forms of a plan, as text where people type, so that a slip is told and not swallowed.</summary>
public sealed class PlanDraft
{
    private const string Day = "yyyy-MM-dd";

    public string Name { get; set; } = "";

    public List<string> Skus { get; private init; } = [];

    public List<SkuPrice> Prices { get; private init; } = [];

    public List<string> Without { get; private init; } = [];

    public List<string> Collections { get; private init; } = [];

    /// <summary>Of the rule; a collection has the name <see cref="CatalogFacet.Collection"/>.</summary>
    public List<CatalogFacet> Facets { get; private init; } = [];

    public string SkuBegins { get; set; } = "";

    public string TitleHas { get; set; } = "";

    public string PriceFrom { get; set; } = "";

    public string PriceTo { get; set; } = "";

    public List<string> Connections { get; private init; } = [];

    public List<string> Stores { get; private init; } = [];

    public List<PlanPriceList> PriceLists { get; private init; } = [];

    public string PriceGroup { get; set; } = "";

    public OfferKind Kind { get; set; }

    public string Percent { get; set; } = "";

    /// <summary>By currency, as typed.</summary>
    public Dictionary<string, string> Amounts { get; private init; } = new(StringComparer.Ordinal);

    public bool ShowFormer { get; set; } = true;

    public string Ending { get; set; } = "";

    public string EndingUnit { get; set; } = "1";

    public string Code { get; set; } = "";

    public string Buy { get; set; } = "";

    public string Get { get; set; } = "";

    public string MarginFloor { get; set; } = "";

    public OverlapRule Overlap { get; set; }

    public string Budget { get; set; } = "";

    public string BudgetCurrency { get; set; } = "";

    public OnBreach OnBudget { get; set; } = OnBreach.RollBack;

    public string StartDay { get; set; } = "";

    public string StartTime { get; set; } = "00:00";

    public string EndDay { get; set; } = "";

    public string EndTime { get; set; } = "";

    /// <summary>Until the end of <see cref="EndDay"/>: midnight of the next day.</summary>
    public bool WholeDay { get; set; } = true;

    public List<StageDraft> Stages { get; private init; } = [];

    public string Parity { get; set; } = "99.5";

    public OnBreach OnBreach { get; set; }

    public string StartWithin { get; set; } = "120";

    /// <summary>By kind: the limit as typed, empty for none.</summary>
    public Dictionary<GuardKind, GuardDraft> Guards { get; } = Enum.GetValues<GuardKind>().ToDictionary(k => k, _ => new GuardDraft());

    /// <summary>A new plan: a week from tomorrow, in one stage.</summary>
    public static PlanDraft New(DateTime today) => new()
    {
        StartDay = today.AddDays(1).ToString(Day, CultureInfo.InvariantCulture), EndDay = today.AddDays(7).ToString(Day, CultureInfo.InvariantCulture), Stages = [StageDraft.Open()],
    };

    public static PlanDraft Of(PromotionPlan plan)
    {
        var (offer, products, rule, rules) = (plan.Offer, plan.Products, plan.Products.Rule, plan.Rules);
        var whole = plan.Ends.TimeOfDay == TimeSpan.Zero && plan.Ends > DateTime.MinValue.AddDays(1);
        var draft = new PlanDraft
        {
            Name = plan.Name, Skus = [.. products.Skus], Prices = [.. products.Prices ?? []], Without = [.. products.Without ?? []], Collections = [.. rule?.Collections ?? []],
            Facets = [.. (rule?.InCollections ?? []).Select(c => new CatalogFacet(CatalogFacet.Collection, c)), .. rule?.Facets ?? []], SkuBegins = rule?.SkuBegins ?? "",
            TitleHas = rule?.TitleHas ?? "", PriceFrom = Text(rule?.PriceFrom), PriceTo = Text(rule?.PriceTo), Connections = [.. plan.Connections], Stores = [.. plan.Stores], PriceLists = [.. plan.PriceLists ?? []], PriceGroup = plan.PriceGroup ?? "",
            Kind = offer.Kind, Percent = offer.Percent == 0 ? "" : Text(offer.Percent), Amounts = (offer.Amounts ?? new Dictionary<string, decimal>(StringComparer.Ordinal)).ToDictionary(a => a.Key, a => Text(a.Value), StringComparer.Ordinal),
            ShowFormer = offer.ShowFormer, Ending = Text(offer.Ending), EndingUnit = Text(offer.EndingUnit), Code = offer.Code ?? "", Buy = offer.Buy == 0 ? "" : Text(offer.Buy), Get = offer.Get == 0 ? "" : Text(offer.Get),
            MarginFloor = Text(rules.MarginFloor), Overlap = rules.Overlap, Budget = Text(rules.Budget), BudgetCurrency = rules.BudgetCurrency ?? "", OnBudget = rules.OnBudget,
            StartDay = plan.Starts.ToString(Day, CultureInfo.InvariantCulture), StartTime = Clock(plan.Starts), WholeDay = whole, EndDay = (whole ? plan.Ends.AddDays(-1) : plan.Ends).ToString(Day, CultureInfo.InvariantCulture),
            EndTime = whole ? "" : Clock(plan.Ends), Stages = [.. plan.Stages.Select(StageDraft.Of)], Parity = Text(rules.Parity), OnBreach = rules.OnBreach, StartWithin = Text(rules.StartWithin),
        };
        foreach (var guard in rules.Guards ?? [])
        {
            draft.Guards[guard.Kind] = new GuardDraft { Limit = Text(guard.Limit), Action = guard.Action };
        }

        return draft;
    }

    /// <summary>The plan as it stands, and what could not be read, by field. A slip leaves its field empty in the plan.</summary>
    public (PromotionPlan Plan, IReadOnlyList<PlanProblem> Slips) ToPlan()
    {
        var slips = new Slips();
        var rule = new ProductRule(Collections.Count > 0 ? [.. Collections] : null, None(SkuBegins), None(TitleHas), slips.Maybe("products.rule.priceFrom", PriceFrom), slips.Maybe("products.rule.priceTo", PriceTo),
            Some(Facets.Where(f => f.Name == CatalogFacet.Collection).Select(f => f.Value)), Some(Facets.Where(f => f.Name != CatalogFacet.Collection)));
        var products = new PromotionProducts([.. Skus], rule.IsEmpty ? null : rule, Without.Count > 0 ? [.. Without] : null, Prices.Count > 0 ? [.. Prices] : null);
        var plan = new PromotionPlan(
            Name.Trim(), Offer(slips), products, [.. Connections], [.. Stores], slips.Wall("starts", StartDay, StartTime, wholeDay: false), slips.Wall("ends", EndDay, EndTime, WholeDay),
            [.. Stages.Select((s, at) => s.ToStage(at, slips))], Rules(slips), None(PriceGroup), Some(PriceLists));
        return (plan, slips.Found);
    }

    private PromotionOffer Offer(Slips slips)
    {
        var percent = Kind is OfferKind.Percent or OfferKind.CheckoutPercent or OfferKind.BuyXGetY ? slips.Number("offer.percent", Percent) : 0;
        var amounts = Kind is OfferKind.Amount or OfferKind.Fixed or OfferKind.CompareAt or OfferKind.CheckoutAmount
            ? Amounts.Where(a => a.Value.Trim().Length > 0).ToDictionary(a => a.Key, a => slips.Number($"offer.amounts.{a.Key}", a.Value), StringComparer.Ordinal) : null;
        var (buy, get) = Kind is OfferKind.BuyXGetY ? (slips.Whole("offer.buy", Buy), slips.Whole("offer.buy", Get)) : (0, 0);
        var priced = Kind is OfferKind.Percent or OfferKind.Amount;
        return new PromotionOffer(
            Kind, percent, amounts, ShowFormer, priced ? slips.Maybe("offer.ending", Ending) : null, priced && Ending.Trim().Length > 0 ? slips.Number("offer.ending", EndingUnit) : 1,
            Kind is OfferKind.CheckoutPercent or OfferKind.CheckoutAmount or OfferKind.BuyXGetY ? None(Code) : null, buy, get);
    }

    private PromotionRules Rules(Slips slips)
    {
        var guards = Guards.Where(g => g.Value.Limit.Trim().Length > 0).Select((g, at) => new PromotionGuard(g.Key, slips.Number($"rules.guards.{at}", g.Value.Limit), g.Value.Action)).ToList();
        return new PromotionRules(
            slips.Number("rules.parity", Parity), OnBreach, slips.Whole("rules.startWithin", StartWithin), Overlap, slips.Maybe("rules.marginFloor", MarginFloor), slips.Maybe("rules.budget", Budget),
            Budget.Trim().Length > 0 ? None(BudgetCurrency) : null, guards.Count > 0 ? guards : null, OnBudget);
    }

    /// <summary>Adds SKUs of a pasted list: one a line, or parted by commas, semicolons or tabs; a SKU may have spaces.</summary>
    /// <returns>How many were added, and how many were named already.</returns>
    public (int Added, int Twice) Paste(string text)
    {
        var known = new HashSet<string>(Skus, StringComparer.Ordinal);
        var (added, twice) = (0, 0);
        foreach (var sku in text.Split(['\n', '\r', '\t', ',', ';'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            if (known.Add(sku))
            {
                Skus.Add(sku);
                added++;
            }
            else
            {
                twice++;
            }
        }

        return (added, twice);
    }

    /// <summary>Gives single SKUs prices of their own; a price that was given before in the same currency goes.</summary>
    public void Price(IReadOnlyCollection<SkuPrice> prices)
    {
        var given = prices.Select(p => (p.Sku, p.Currency)).ToHashSet();
        Prices.RemoveAll(p => given.Contains((p.Sku, p.Currency)));
        Prices.AddRange(prices);
    }

    private static List<T>? Some<T>(IEnumerable<T> all) => all.ToList() is { Count: > 0 } some ? some : null;

    internal static string? None(string text) => text.Trim() is { Length: > 0 } some ? some : null;

    private static string Clock(DateTime at) => at.ToString(at.Second == 0 ? "HH:mm" : "HH:mm:ss", CultureInfo.InvariantCulture);

    private static string Text(decimal? number) => number?.ToString("0.##########", CultureInfo.InvariantCulture) ?? "";
}

/// <summary>A guard of the form; without a limit there is none.</summary>
public sealed class GuardDraft
{
    public string Limit { get; set; } = "";

    public OnBreach Action { get; set; }
}
