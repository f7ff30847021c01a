using System.Globalization;
using ControlTower.Data.Incidents;
using ControlTower.Data.Kpis;
using ControlTower.Sync.Kpis;

namespace ControlTower.Sync.Incidents;

/// <summary>A figure spends its error budget faster than its objective allows. A fast burn is as grave as the rule says, a slow one is minor.</summary>
public static class BudgetRule
{
    public static Condition Judge(KpiBudget budget, Burn burn, IReadOnlyList<(long Flow, DateTimeOffset At)> bad, IncidentRule rule)
    {
        var (kpi, target) = (budget.Kpi, budget.Target);
        var (window, words) = burn == Burn.Fast ? (TimeSpan.FromHours(1), "hour") : (TimeSpan.FromHours(6), "six hours");
        var measured = budget.Windows.First(w => w.Length == window);
        return new Condition(
            IncidentKind.Burn, target.Brand.Length == 0 ? kpi.Id : $"{kpi.Id}/{target.Brand}", $"{kpi.Title} spends its error budget", burn == Burn.Fast ? rule.Severity : IncidentSeverity.Minor,
            string.Create(
                CultureInfo.InvariantCulture,
                $"{measured.Bad} of {measured.N} {kpi.Basis} of the last {words} were not good, {budget.Burn(window):0.#} times what the objective of {target.Objective * 100:0.###} % allows. Of four weeks' budget {budget.Spent * 100:0} % is spent."),
            bad.Count == 0 ? null : bad.Min(b => b.At), null, target.Brand, Flows: [.. bad.Select(b => b.Flow).Distinct()]);
    }
}
