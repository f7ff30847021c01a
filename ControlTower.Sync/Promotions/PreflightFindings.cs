using System.Globalization;
using ControlTower.Data.Canonical;
using ControlTower.Data.Promotions;
using ControlTower.Sync.Connectors;
using ControlTower.Sync.Ownership;

namespace ControlTower.Sync.Promotions;

/// <summary>Everything that a check has looked up.</summary>
public sealed record PreflightLook(
    DueCheck Check, IReadOnlyDictionary<string, FlagCount> Flags, PlanFigures Figures, IReadOnlyList<PlanLoad> Load, (long Came, long Went) Since, IReadOnlyList<string> Zones,
    IReadOnlyList<PromotionTarget> Targets)
{
    /// <summary>Channels whose list was not read lately, by name.</summary>
    public IReadOnlyList<string> Stale { get; init; } = [];

    /// <summary>Price lists of the plan that their channel does not have.</summary>
    public IReadOnlyList<string> UnknownLists { get; init; } = [];

    public IReadOnlyList<OddListPrice> OddListPrices { get; init; } = [];

    /// <summary>The oldest day of the rates at which costs were reckoned; null: none was.</summary>
    public string? RatesOf { get; init; }

    public PlanCover Cover { get; init; } = new(0, []);

    /// <summary>What the rules of ownership say of what the release writes.</summary>
    public IReadOnlyList<PromotionOwnership> Owned { get; init; } = [];

    /// <summary>In which order systems get what a promotion changes.</summary>
    public IReadOnlyList<SequenceRule> Rules { get; init; } = [];
}

/// <summary>Says what a check found, in words: errors that block, warnings that somebody takes upon themselves, notes, and what is well. Pure.</summary>
public static class PreflightFindings
{
    public static IReadOnlyList<Finding> Of(PreflightLook look) =>
    [
        .. Errors(look).Concat(Warnings(look)).Concat(Notes(look)).OfType<Finding>().OrderBy(f => f.Tone switch { FindingTone.Error => 0, FindingTone.Unknown => 1, FindingTone.Warning => 2, FindingTone.Note => 3, _ => 4 }),
    ];

    private static IEnumerable<Finding?> Errors(PreflightLook look)
    {
        var plan = look.Check.Plan;
        yield return Flag(look, "margin", FindingTone.Error, f => $"{Skus(f)} sell below the {plan.Rules.MarginFloor:0.##}% floor", plan.Rules.MarginFloor is { } floor ? $"All prices keep the {floor:0.##}% floor" : null);
        yield return Flag(look, "capability", FindingTone.Error, f => $"{Channels(f)} cannot show this kind of offer: {f.Sample}. Take it out or change the offer", "Every channel can show this offer");
        yield return Flag(
            look, "too-many", FindingTone.Error,
            f => Say($"{Channels(f)} cannot take so many items into one reduction: {f.Sample} takes {look.Targets.Min(t => t.DiscountItems)}. Split the promotion, or reduce the prices themselves"), null);
        yield return Flag(
            look, "all-stores", FindingTone.Error,
            f => Say($"{f.Sample}{(f.Connections > 1 ? $" and {f.Connections - 1} more" : "")} {(f.Connections > 1 ? "grant" : "grants")} a reduction in all its stores at once: choose all of them, in one stage"), null);
        yield return Flag(look, "currency", FindingTone.Error, f => $"{Skus(f)} have no amount in the currency of their channel or list: {string.Join(", ", f.Currencies)} ({Named(f)})", plan.Offer.Amounts is { Count: > 0 } a ? $"{string.Join(", ", a.Keys.Order())} given for every price" : null);
        yield return Flag(look, "zero", FindingTone.Error, f => $"{Skus(f)} would cost nothing or less", null);
        yield return OddPrices(look);
        yield return Flag(look, "no-price", FindingTone.Error, f => $"{Skus(f)} have no price at {Channels(f)}", null);
        yield return Flag(look, "no-compare", FindingTone.Error, f => $"{Channels(f)} have no compare-at price", null);
        yield return Flag(look, "follows", FindingTone.Error, f => $"On a price list {Skus(f)} follow the price of everywhere, which another promotion changes in this time: what they cost without it is not known. Take the list out, fix its prices, or choose another time", null);
        yield return Flag(look, "group", FindingTone.Error, f => $"{Many(f.Places, "store")} lack the price group {plan.PriceGroup}", plan.PriceGroup is { } group ? $"All stores know {group}" : null);
        yield return Flag(look, "no-stage", FindingTone.Error, f => $"No stage releases {Many(f.Cells, "price")} of {Channels(f)}: name the channel together with its stores in one stage", null);
        yield return Flag(look, "passed", FindingTone.Error, f => $"The window has passed already for {Many(f.Cells, "price")}", null);
        if (look.Figures.NoRate is { Count: > 0 } unrated)
        {
            yield return new Finding(
                "no-rate", FindingTone.Error, unrated.Count, $"What is sold in {string.Join(", ", unrated.Take(5))} cannot be counted in the budget's {plan.Rules.BudgetCurrency}: a rate is missing. Have an administrator write it down, or take the budget out", null, null, null);
        }

        if (look.UnknownLists is { Count: > 0 } lists)
        {
            yield return new Finding("price-list", FindingTone.Error, lists.Count, $"No such price list: {string.Join(", ", lists.Take(3))}. It was removed, is not read yet, or the tower may not set prices there. Choose another, or check again later", null, null, null);
        }

        if (look.Stale is { Count: > 0 } stale)
        {
            yield return new Finding("age", FindingTone.Unknown, stale.Count, $"{string.Join(", ", stale.Take(3))}{(stale.Count > 3 ? $" and {stale.Count - 3} more" : "")}: not read for more than a day, what is listed there may be another. Check again when it was read", null, null, null);
        }

        if (look.Figures.Cells == 0)
        {
            yield return new Finding("empty", FindingTone.Error, 0, "It changes no price anywhere: no chosen channel lists any of its SKUs", null, null, null);
        }
    }

    private static IEnumerable<Finding?> Warnings(PreflightLook look)
    {
        var rules = look.Check.Plan.Rules;
        yield return Flag(look, "missing", FindingTone.Warning, f => $"{Skus(f)} are not listed on every channel", "Every channel lists every SKU");
        yield return Flag(
            look, "overlap", FindingTone.Warning, f => look.Check.Plan.Offer.IsAtCheckout ? $"{Skus(f)} have a lower price by another promotion in this time: this comes off that price"
                : $"{Skus(f)} are also in another promotion; {(rules.Overlap == OverlapRule.ThisOne ? "this one wins" : "the lowest price wins")}", "No other promotion at the same time");
        yield return Flag(
            look, "stack", FindingTone.Warning, f => look.Check.Plan.Offer.IsAtCheckout ? $"{Skus(f)} have another reduction at the checkout in this time: their channel may grant both"
                : $"{Skus(f)} have a reduction at the checkout in this time, by another promotion: it comes off this price, and margins were reckoned without it", null);
        yield return Flag(look, "free", FindingTone.Warning, f => $"{Skus(f)} may cost nothing at the checkout: the reduction is as high as their price", null);
        yield return Flag(look, "not-lower", FindingTone.Warning, f => $"{Many(f.Cells, "price")} would not be lower than now: they are left as they are", null);
        yield return Flag(look, "inactive", FindingTone.Warning, f => $"{Skus(f)} cannot be sold at a channel: they are put away there", null);
        yield return Flag(look, "no-cost", FindingTone.Warning, f => $"The cost of {Skus(f)} is not known: their margin was not checked", null);
        yield return Flag(
            look, "no-cost-rate", FindingTone.Warning,
            f => $"The cost of {Skus(f)} ({Named(f)}) is stated in {string.Join(", ", f.CostsIn)}, and there is no rate to {string.Join(", ", f.Currencies)}: their margin was not checked. Have an administrator write the rate down", null);
        yield return Flag(look, "no-tax", FindingTone.Warning, f => $"The tax in prices of {Channels(f)} is not known from any order yet: margins were reckoned as if there were none", null);
        yield return Flag(look, "no-stock", FindingTone.Warning, f => $"{Skus(f)} are sold out", "Everything has stock");
        yield return Cover(look);
        yield return Flag(look, "late", FindingTone.Warning, f => $"The start has passed already for {Many(f.Cells, "price")}: they begin at once when approved", null);
        if (look.Figures.Silent is { Count: > 0 } silent)
        {
            yield return new Finding("offline", FindingTone.Warning, silent.Count, $"{Many(silent.Count, "store")} not heard lately ({string.Join(", ", silent.Take(3))}); applied when back, counted in parity", null, null, null);
        }

        if (rules.Budget is { } budget)
        {
            yield return look.Figures.WorstCost > budget
                ? new Finding("budget", FindingTone.Warning, 0, Say($"If everything in stock is sold it costs {look.Figures.WorstCost:0.##} {rules.BudgetCurrency}, more than the budget of {budget:0.##}; when it is used up {(rules.OnBudget switch { OnBreach.RollBack => "the release is brought home", OnBreach.Ask => "it goes on and a person is asked", _ => "nothing more is written until a person goes on" })}"), null, null, null)
                : new Finding("budget", FindingTone.Passed, 0, Say($"At most {look.Figures.WorstCost:0.##} of {budget:0.##} {rules.BudgetCurrency}"), null, null, null);
        }

        yield return Owned(look);
        if (Order(look) is { } order)
        {
            yield return order;
        }
    }

    // A fixed price in another currency is a price of its own that nobody can reckon with: written over, the way back could not bring it home.
    private static Finding? OddPrices(PreflightLook look) => look.OddListPrices is not { Count: > 0 } odd ? null
        : new Finding(
            "list-currency", FindingTone.Error, odd.Sum(o => o.Skus),
            Say($"{string.Join("; ", odd.Take(FlagCount.MostNamed).Select(o => $"{o.List} ({o.Connection}) is in {o.ListCurrency} and fixes {Many(o.Skus, "SKU")} in {o.Currency}: {string.Join(", ", o.Named)}{More(o.Skus, o.Named)}"))}{(odd.Count > FlagCount.MostNamed ? $"; {odd.Count - FlagCount.MostNamed} more lists" : "")}. What they cost there is not known: fix them in the list's currency at the channel, or leave them out"),
            null, null, null);

    private static Finding? Cover(PreflightLook look) =>
        look.Flags.GetValueOrDefault("cover") is { } found
            ? new Finding(
                "cover", FindingTone.Warning, found.Cells,
                Say($"{Skus(found)} will be sold out before it ends, at the pace of the last 28 days and without what is on its way: {string.Join(", ", look.Cover.Shortest.Select(s => Say($"{s.Sku} in {s.Days:0.#} days")))}{More(found.Skus, look.Cover.Shortest)}"), null, null, null)
            : look.Cover.Known > 0 ? new Finding("cover", FindingTone.Passed, 0, "What was sold in the last 28 days lasts beyond its end at that pace", null, null, null)
            : null;

    private static Finding? Owned(PreflightLook look)
    {
        var worst = look.Owned.Any(o => o.Verdict == Judgement.Blocked) ? Judgement.Blocked : look.Owned.Any(o => o.Verdict == Judgement.Quarantined) ? Judgement.Quarantined : null;
        var about = look.Owned.Where(o => worst is null || o.Verdict == worst).ToList();
        if (about.Count == 0)
        {
            return null;
        }

        // Channels of one rule are said together.
        var said = about.GroupBy(o => (o.What, Owners: string.Join(", ", o.Owners), o.Rule)).Select(g =>
            $"{g.Key.What} of {string.Join(", ", g.Select(o => o.Channel).Take(FlagCount.MostNamed))}{(g.Count() > FlagCount.MostNamed ? Say($" and {g.Count() - FlagCount.MostNamed} more") : "")}: {(g.Key.Owners.Length > 0 ? Say($"owned by {g.Key.Owners} (change {g.Key.Rule})") : "owned by nobody")}").Take(FlagCount.MostNamed);
        var (tone, words) = worst switch
        {
            Judgement.Blocked => (FindingTone.Error, "At its start the rules of ownership block what the tower writes. {0}. Have an administrator name the tower's releases among the owners, or let others' writes through"),
            Judgement.Quarantined => (FindingTone.Warning, "At its start the rules of ownership keep what the tower writes for a person to decide. {0}. Who acknowledges this decides that it is written"),
            _ => (FindingTone.Passed, "At its start the tower's writes are let through. {0}"),
        };
        return new Finding("ownership", tone, about.Count, words.Replace("{0}", string.Join("; ", said), StringComparison.Ordinal), null, null, null);
    }

    // In one stage they are written side by side.
    private static Finding? Order(PreflightLook look)
    {
        var targets = look.Targets.Select(t => (t.Id, t.Name, Role: $"@{t.Role.Word()}", Load: look.Load.FirstOrDefault(l => l.Connection == t.Id))).Where(t => t.Load?.First is not null).ToList();
        var domain = look.Check.Plan.Offer.IsAtCheckout ? SequenceRule.Checkout : SequenceRule.Price;
        var pairs = (
            from rule in look.Rules
            where rule.Enabled && rule.Domain == domain
            from first in targets
            where rule.First == first.Id || rule.First == first.Role
            from later in targets
            where later.Id != first.Id && (rule.Later == later.Id || rule.Later == later.Role)
            select (Rule: rule, First: first, Later: later)).ToList();
        return pairs.Count == 0 ? null
            : pairs.Where(p => p.Later.Load!.First <= p.First.Load!.Last).ToList() is [var broken, ..] all
                ? new Finding(
                    "order", FindingTone.Error, all.Count,
                    Say($"{broken.Later.Name} may show it before {broken.First.Name} has it, against rule S-{broken.Rule.Id}. Put {broken.First.Name} into a stage of its own, before {broken.Later.Name}{(all.Count > 1 ? $"; {all.Count - 1} more like it" : "")}"), null, null, null)
                : new Finding("order", FindingTone.Passed, 0, $"What comes first has it before the others show it: {string.Join(", ", pairs.Select(p => $"{p.First.Name} before {p.Later.Name}").Distinct().Take(3))}", null, null, null);
    }

    private static IEnumerable<Finding?> Notes(PreflightLook look)
    {
        yield return Flag(look, "ending", FindingTone.Note, f => $"{Many(f.Cells, "price")} cannot have the ending: their currency has no such amounts, or they are too low", null);
        if (look.Since is var (came, went) && came + went > 0)
        {
            yield return new Finding("changed", FindingTone.Note, came + went, $"Since the revision before, {came} SKUs came and {went} went", null, null, null);
        }

        if (look.Check.Plan.PriceLists is { Count: > 0 } priceLists)
        {
            yield return new Finding("list-sales", FindingTone.Note, priceLists.Count, "Orders do not say by which price list they were sold: guards that judge by sales and the budget do not count what is sold at these lists", null, null, null);
        }

        yield return Flag(
            look, "cost-rate", FindingTone.Note,
            f => Say($"The cost of {Skus(f)} is stated in {string.Join(", ", f.CostsIn)} and was reckoned in {string.Join(", ", f.Currencies)}{(look.RatesOf is { } day ? $" at the rates as of {day}" : " at the stored rates")}"), null);
        yield return Clock(look);
        var seconds = look.Load.Count == 0 ? 0 : look.Load.Max(l => Seconds(look.Targets.FirstOrDefault(t => t.Id == l.Connection), l.Cells));
        yield return new Finding("room", FindingTone.Passed, look.Figures.Cells, Say($"{look.Figures.Cells} writes; the slowest channel needs about {Duration(seconds)} of its limit"), null, null, null);
        yield return new Finding("way-back", FindingTone.Passed, look.Figures.Cells, "What stands at each channel is captured before it is changed", null, null, null);
    }

    private static Finding Clock(PreflightLook look)
    {
        var plan = look.Check.Plan;
        var zones = look.Zones.Select(z => TimeZoneInfo.TryFindSystemTimeZoneById(z, out var zone) ? zone : TimeZoneInfo.Utc).ToList();
        var odd = zones.Where(z => z.IsInvalidTime(plan.Starts) || z.IsInvalidTime(plan.Ends) || z.IsAmbiguousTime(plan.Starts) || z.IsAmbiguousTime(plan.Ends)).Select(z => z.Id).ToList();
        var changes = zones.Where(z => z.GetUtcOffset(PromotionWindow.Start(plan.Starts, z)) != z.GetUtcOffset(PromotionWindow.End(plan.Ends, z))).Select(z => z.Id).ToList();
        var places = look.Figures.Places > 0 ? Many(look.Figures.Places, "store") : Many(look.Figures.Connections, "channel");
        return odd.Count > 0
            ? new Finding("clock", FindingTone.Warning, odd.Count, $"The clocks change just then in {string.Join(", ", odd.Take(3))}: it begins with the first and ends with the last moment that the wall shows", null, null, null)
            : new Finding("clock", FindingTone.Passed, look.Figures.Places, changes.Count > 0
                ? $"{places}, {Many(zones.Count, "zone")}; clocks change inside the window in {string.Join(", ", changes.Take(3))}, wall times stay"
                : $"{places}, {Many(zones.Count, "zone")}, no clock change in the window", null, null, null);
    }

    /// <summary>How long a channel takes for so many prices within its limits: a read, a write and a read-back for each batch.</summary>
    internal static double Seconds(PromotionTarget? target, long cells)
    {
        if (target is null)
        {
            return 0;
        }

        var calls = Math.Ceiling((double)cells / target.Batch) * 3;
        var perSecond = target.Limits switch
        {
            { RequestsPerWindow: { } most, Window: { TotalSeconds: > 0 } window } => most / window.TotalSeconds,
            { PointsPerSecond: { } points } => points / 15,
            _ => 5,
        };
        return calls / Math.Max(perSecond, 0.01);
    }

    private static string Duration(double seconds) => seconds < 60 ? Say($"{Math.Ceiling(seconds):0} s") : Say($"{Math.Floor(seconds / 60):0} min {seconds % 60:0} s");

    private static Finding? Flag(PreflightLook look, string flag, FindingTone tone, Func<FlagCount, string> words, string? well) =>
        look.Flags.GetValueOrDefault(flag) is { } found ? new Finding(flag, tone, found.Cells, words(found), null, null, null)
        : well is not null ? new Finding(flag, FindingTone.Passed, 0, well, null, null, null)
        : null;

    private static string Named(FlagCount flag) => $"{string.Join(", ", flag.Named)}{More(flag.Skus, flag.Named)}";

    private static string More<T>(long all, IReadOnlyList<T> named) => all > named.Count ? Say($" and {all - named.Count} more") : "";

    private static string Skus(FlagCount flag) => Many(flag.Skus, "SKU");

    private static string Channels(FlagCount flag) => Many(flag.Connections, "channel");

    private static string Many(long count, string what) => Say($"{count} {what}{(count == 1 ? "" : "s")}");

    private static string Say(FormattableString words) => words.ToString(CultureInfo.InvariantCulture);
}
