using ControlTower.Data.Db;
using ControlTower.Data.Flows;
using ControlTower.Data.Incidents;
using ControlTower.Data.Kpis;
using ControlTower.Sync.Administration;
using ControlTower.Sync.Kpis;

namespace ControlTower.Sync.Incidents;

/// <summary>
/// Looks for trouble kind by kind: what the database shows, judged by its rule, becomes conditions that hold; those that held before and are not among them are over. A kind whose rule is off holds nothing.
/// </summary>
public sealed class IncidentDetection(TowerDataSources data, KpiBudgets budgets, StageLimitBook limits, TimeProvider clock)
{
    private static readonly IReadOnlyList<string> Looked =
        [IncidentKind.Connection, IncidentKind.Silent, IncidentKind.Backlog, IncidentKind.Completeness, IncidentKind.Pump, IncidentKind.Integrity, IncidentKind.Cause, IncidentKind.Burn];

    // These read weeks of orders, or all that is open: a minute is soon enough for what builds up over many.
    private static readonly IReadOnlyList<string> Heavy = [IncidentKind.Silent, IncidentKind.Backlog, IncidentKind.Completeness, IncidentKind.Burn];

    private readonly Dictionary<string, long> looked = new(StringComparer.Ordinal);

    /// <summary>Between two looks for what costs much to look for.</summary>
    internal TimeSpan Pace { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>May be repeated and run on several nodes at once.</summary>
    /// <exception cref="AggregateException">Kinds that could not be looked at; their conditions stay as they are, the others were looked at.</exception>
    public async Task LookAsync(CancellationToken cancel)
    {
        var failures = new List<Exception>();
        foreach (var rule in await IncidentWork.RulesAsync(data.Work, cancel))
        {
            if (!Looked.Contains(rule.Kind) || (Heavy.Contains(rule.Kind) && looked.TryGetValue(rule.Kind, out var last) && clock.GetElapsedTime(last) < Pace))
            {
                continue;
            }

            looked[rule.Kind] = clock.GetTimestamp();
            try
            {
                await LookAsync(rule, cancel);
            }
            catch (Npgsql.NpgsqlException wrong)
            {
                failures.Add(wrong);
            }
        }

        if (failures.Count > 0)
        {
            throw new AggregateException("Some kinds of trouble could not be looked for.", failures);
        }
    }

    private async Task LookAsync(IncidentRule rule, CancellationToken cancel)
    {
        var holding = rule.Active ? (await FoundAsync(rule, cancel)).OfType<Condition>().ToList() : [];
        foreach (var condition in holding)
        {
            // How long a pump may stand still is in its condition already.
            await IncidentWork.HoldsAsync(data.Work, condition, rule.Kind == IncidentKind.Pump ? TimeSpan.Zero : TimeSpan.FromMinutes(rule.AfterMinutes), cancel);
        }

        await IncidentWork.OverAsync(data.Work, rule.Kind, [.. holding.Select(c => c.Subject)], cancel);
    }

    private async Task<IEnumerable<Condition?>> FoundAsync(IncidentRule rule, CancellationToken cancel)
    {
        switch (rule.Kind)
        {
            case IncidentKind.Connection:
                return (await IncidentLooks.GatesAsync(data.Work, cancel)).Select(gate => ConnectionRule.Judge(gate, rule));
            case IncidentKind.Silent:
                return (await IncidentLooks.SilencesAsync(data.Work, cancel)).Select(place => SilentRule.Judge(place, rule));
            case IncidentKind.Backlog:
                var held = await IncidentWork.HeldAsync(data.Work, rule.Kind, cancel);
                return (await IncidentLooks.BacklogsAsync(data.Work, limits.Current, cancel)).Select(stage => BacklogRule.Judge(stage, rule, held.Contains(BacklogRule.Subject(stage))));
            case IncidentKind.Completeness:
                return (await IncidentLooks.GapsAsync(data.Work, cancel)).Select(gap => CompletenessRule.Judge(gap, rule));
            case IncidentKind.Pump:
                return (await IncidentLooks.PumpsAsync(data.Work, cancel)).Select(pump => PumpRule.Judge(pump, rule));
            case IncidentKind.Integrity:
                return (await IncidentLooks.BrokenAsync(data.Work, cancel)).Select(broken => IntegrityRule.Judge(broken, rule));
            case IncidentKind.Burn:
                return await BurningAsync(rule, cancel);
            default:
                return (await IncidentLooks.CausesAsync(data.Work, rule.Most, cancel)).Select(cause => CauseRule.Judge(cause, rule));
        }
    }

    private async Task<List<Condition?>> BurningAsync(IncidentRule rule, CancellationToken cancel)
    {
        var burning = new List<Condition?>();
        foreach (var budget in await budgets.AllAsync(cancel))
        {
            if (BurnRule.Of(budget) is not Burn.None and var burn)
            {
                burning.Add(BudgetRule.Judge(budget, burn, await budgets.BadAsync(budget, cancel), rule));
            }
        }

        return burning;
    }
}
