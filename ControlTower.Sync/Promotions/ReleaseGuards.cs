using System.Globalization;
using ControlTower.Data.Canonical;
using ControlTower.Data.Promotions;
using Npgsql;

namespace ControlTower.Sync.Promotions;

/// <summary>Watches what a release does to sales and channels. A guard that has too little to judge by strikes nobody, for five sold lines make no share; but no further stage begins behind it without a person's word.</summary>
public sealed class ReleaseGuards
{
    private const int FewestLines = 20;
    private const int FewestPrices = 20;
    private const int FewestUsual = 5;

    /// <returns>What to do; null if nothing is off, or it is held or on its way back already.</returns>
    public async Task<ReleaseStep?> BreachAsync(NpgsqlConnection connection, ReleaseHeld release, CancellationToken cancel)
    {
        if (release.Held || release.State is not (PromotionState.Releasing or PromotionState.Live) || (release.Rules.Guards is not { Count: > 0 } && release.Rules.Budget is null) || release.Ends <= release.Now)
        {
            return null;
        }

        var figures = await FiguresAsync(connection, release, cancel);
        var breach = Judge(release.Rules, figures, release.Now);
        if (breach is not ReleaseStep.Ask || release.Question is not { } question)
        {
            return breach;
        }

        // A question that stands is not asked again; a budget that it is not about joins it.
        return Overspent(release.Rules, figures) is ReleaseStep.Ask over && over.Budget?.Amount != release.BudgetAsked ? over with { Question = $"{question}{(char.IsPunctuation(question[^1]) ? " " : ". ")}{over.Question}" } : null;
    }

    /// <summary>A stage that would begin behind a guard that cannot be judged yet waits, and a person is asked, once for each stage. Until something stands where people buy there is nothing to judge.</summary>
    public async Task<IReadOnlyList<ReleaseStep>> JudgedAsync(NpgsqlConnection connection, ReleaseHeld release, IReadOnlyList<ReleaseStep> steps, CancellationToken cancel)
    {
        if (release.Rules.Guards is not { Count: > 0 } || steps.OfType<ReleaseStep.Start>().FirstOrDefault() is not { Stage: > 1 } next || release.Stages.First(s => s.Stage == next.Stage).UnjudgedLet
            || !release.Stages.Any(s => s is { StartedAt: not null, Sells: true }))
        {
            return steps;
        }

        return Unjudged(release.Rules, await FiguresAsync(connection, release, cancel), release.Now) is { Count: > 0 } open
            ? [.. steps.Where(s => s is not ReleaseStep.Start), new ReleaseStep.Ask($"Stage {next.Stage.ToString(CultureInfo.InvariantCulture)}, {next.Name}, waits: {string.Join("; ", open)}. It begins by itself once they can; go on without if it cannot wait", Guards: next.Stage)]
            : steps;
    }

    /// <summary>Every guard has enough to judge by.</summary>
    public async Task<bool> CanJudgeAsync(NpgsqlConnection connection, ReleaseHeld release, CancellationToken cancel) =>
        Unjudged(release.Rules, await FiguresAsync(connection, release, cancel), release.Now).Count == 0;

    /// <summary>
    /// Guards over sales that have too little to judge by, in words. Those over prices are never among them: every price is read back, and the share that a stage needs judges the few. Pure.
    /// </summary>
    public static IReadOnlyList<string> Unjudged(PromotionRules rules, GuardFigures figures, DateTimeOffset now) => [.. (rules.Guards ?? []).Select(g => Open(g.Kind, figures, now)).OfType<string>()];

    private static string? Open(GuardKind kind, GuardFigures f, DateTimeOffset now) => kind switch
    {
        GuardKind.TillRefusals when f.Till < FewestLines => Say($"overcharged tills cannot be judged by {f.Till} sold lines, {FewestLines} are needed"),
        GuardKind.Margin when f.Costed < FewestLines || f.Margin is null => Say($"the margin cannot be judged by {f.Costed} sold lines of known cost, {FewestLines} are needed"),
        GuardKind.OrderRate when f.Began is not { } began || now - began < TimeSpan.FromHours(1) => "the order rate cannot be judged before a whole hour has passed",
        GuardKind.UsualOrders when f.Hour is not { Usual: >= FewestUsual } => Say($"orders cannot be compared with what is usual, for this hour of the week brought fewer than {FewestUsual}, or nothing is known of it"),
        GuardKind.UsualOrders when !(f.Began <= f.Hour!.From) => "orders cannot be compared with what is usual before a whole hour of the clock has passed",
        _ => null,
    };

    private static async Task<GuardFigures> FiguresAsync(NpgsqlConnection connection, ReleaseHeld release, CancellationToken cancel)
    {
        var figures = await ReleaseStore.FiguresAsync(connection, release.Id, release.Now, cancel);
        return release.Rules.Guards?.Any(g => g.Kind == GuardKind.UsualOrders) == true ? figures with { Hour = await ReleaseStore.UsualAsync(connection, release.Id, release.Now, cancel) } : figures;
    }

    /// <summary>The gravest breach: one that rolls back comes before one that pauses, and that before a question. Pure.</summary>
    public static ReleaseStep? Judge(PromotionRules rules, GuardFigures figures, DateTimeOffset now)
    {
        var worst = Overspent(rules, figures);
        foreach (var guard in rules.Guards ?? [])
        {
            if (Words(guard, figures, now) is { } words && (worst is null or ReleaseStep.Ask || guard.Action == OnBreach.RollBack))
            {
                worst = ReleaseRule.Breach(guard.Action, words);
            }
        }

        return worst;
    }

    // Who let it go on beyond this budget knows that it is used up.
    private static ReleaseStep? Overspent(PromotionRules rules, GuardFigures figures) =>
        rules is { Budget: { } budget, BudgetCurrency: { } currency } && figures.Spent >= budget && !(figures.BudgetLet >= budget)
            ? ReleaseRule.Breach(rules.OnBudget, Say($"Its budget of {budget:0.##} {currency} is used up"), new BudgetLimit(budget, currency))
            : null;

    private static string? Words(PromotionGuard guard, GuardFigures f, DateTimeOffset now) => guard.Kind switch
    {
        GuardKind.TillRefusals when f.Till >= FewestLines && Share(f.Dearer, f.Till) > guard.Limit => Say($"{Share(f.Dearer, f.Till):0.##}% of promoted lines at tills were sold for more than the promotional price, more than {guard.Limit:0.##}%"),
        GuardKind.Margin when f.Costed >= FewestLines && f.Margin < guard.Limit => Say($"The margin on promoted lines is {f.Margin:0.##}%, less than {guard.Limit:0.##}%"),
        // The first hour is still filling, from the start or from when a person let it go on.
        GuardKind.OrderRate when f.Began is { } began && now - began >= TimeSpan.FromHours(1) && f.Orders < guard.Limit => Say($"{f.Orders} orders with promoted lines came in the last hour, fewer than {guard.Limit:0.##}"),
        // A whole hour of it, from the start or from when a person let it go on.
        GuardKind.UsualOrders when f.Hour is { Usual: >= FewestUsual } hour && f.Began <= hour.From && 100 * hour.Orders / hour.Usual < guard.Limit =>
            Say($"{hour.Orders} orders with promoted SKUs came between {hour.From:HH:mm} and {hour.From.AddHours(1):HH:mm} UTC, {100 * hour.Orders / hour.Usual:0.#}% of the {hour.Usual:0.#} that this hour of the week usually brings, less than {guard.Limit:0.##}%"),
        GuardKind.ChannelErrors when f.Prices >= FewestPrices && Share(f.Failed, f.Prices) > guard.Limit => Say($"Channels refused or did not answer for {Share(f.Failed, f.Prices):0.##}% of the prices, more than {guard.Limit:0.##}%"),
        GuardKind.Drift when f.Prices >= FewestPrices && Share(f.Drifted, f.Prices) > guard.Limit => Say($"{Share(f.Drifted, f.Prices):0.##}% of the prices were changed by somebody else, more than {guard.Limit:0.##}%"),
        _ => null,
    };

    private static decimal Share(long part, long all) => 100m * part / all;

    private static string Say(FormattableString words) => words.ToString(CultureInfo.InvariantCulture);
}
