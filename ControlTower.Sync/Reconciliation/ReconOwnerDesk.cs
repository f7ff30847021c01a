using System.Globalization;
using ControlTower.Data.Audit;
using ControlTower.Data.Reconciliation;

namespace ControlTower.Sync.Reconciliation;

/// <summary>Who gets which breaks, and how long they may take. The rules hold for breaks that open, open again or become another kind; over those that are open they are run by a person.</summary>
public sealed class ReconOwnerDesk(ReconActing acting)
{
    private const string Subject = "reconciliation/owners";

    /// <summary>Longest time that a kind of break may stay open.</summary>
    public const int MostDays = 366;

    private static readonly ReconAnswer.Refused Stale = new("moved", "Somebody changed these rules since you opened them. Look at them again.");

    /// <summary>Puts a list of rules in the place of the one that the person saw.</summary>
    /// <param name="seen">Version of the list that the person saw.</param>
    public Task<ReconAnswer> SaveAsync(int seen, IReadOnlyList<ReconOwnerRule> rules, Actor actor, CancellationToken cancel)
    {
        if (rules.Count > ReconOwners.Most)
        {
            return Refuse("rules", $"At most {ReconOwners.Most.ToString(CultureInfo.InvariantCulture)} rules fit. Delete one first.");
        }

        foreach (var rule in rules)
        {
            if (Problem(rule) is { } problem)
            {
                return Refuse(problem.Field, problem.Words);
            }
        }

        return acting.InAsync(
            actor, ReconRuleDesk.RulePermission, Subject, null, new Dictionary<string, string>(StringComparer.Ordinal) { ["rules"] = string.Join("; ", rules.Select(Words)) },
            async connection =>
            {
                if (await ReconOwners.LockAsync(connection, cancel) != seen)
                {
                    return Stale;
                }

                foreach (var rule in rules)
                {
                    if (await ReconOwners.MissingAsync(connection, rule, cancel) is { } field)
                    {
                        return new ReconAnswer.Refused("field", "Choose from what is there.", [new(field, "It is not there any more. Choose another.")]);
                    }
                }

                await ReconOwners.ReplaceAsync(connection, rules, cancel);
                return new ReconAnswer.Done();
            },
            cancel);
    }

    /// <summary>Runs the rules over the breaks that are open. What a hand gave stays.</summary>
    /// <param name="seen">Version of the list that the person saw.</param>
    public Task<ReconAnswer> RunAsync(int seen, Actor actor, CancellationToken cancel) => acting.InAsync(
        actor, ReconRuleDesk.RulePermission, Subject, null, new Dictionary<string, string>(StringComparer.Ordinal) { ["act"] = "run over open breaks" },
        async connection => await ReconOwners.LockAsync(connection, cancel) != seen ? Stale : new ReconAnswer.Done(await ReconOwners.RunAsync(connection, actor.Name, cancel)),
        cancel);

    /// <summary>Says how many days breaks of a kind may stay open once they are late. It holds at once for all.</summary>
    public Task<ReconAnswer> WithinAsync(string kind, int days, Actor actor, CancellationToken cancel) =>
        !BreakKinds.All.Contains(kind, StringComparer.Ordinal) ? Refuse("kind", "Choose a kind of break.")
        : days is < 0 or > MostDays ? Refuse("days", "Enter days from 0 to 366.")
        : acting.InAsync(
            actor, ReconRuleDesk.RulePermission, $"reconciliation/sla/{kind}", null, new Dictionary<string, string>(StringComparer.Ordinal) { ["days"] = days.ToString(CultureInfo.InvariantCulture) },
            async connection => new ReconAnswer.Done(await ReconOwners.WithinAsync(connection, kind, TimeSpan.FromDays(days), actor.Name, cancel) ? 1 : 0),
            cancel);

    private static ReconProblem? Problem(ReconOwnerRule rule) =>
        rule.Comparison is { } comparison && !Comparisons.All.Contains(comparison, StringComparer.Ordinal) ? new("comparison", "Choose what the rule is about.")
        : rule.Kind is { } kind && !BreakKinds.All.Contains(kind, StringComparer.Ordinal) ? new("kind", "Choose a kind of break.")
        : (rule.OwnerId is null) == (rule.Team is null) || (rule.Team is { } team && !ReconTeams.All.Contains(team, StringComparer.Ordinal)) ? new("owner", "Choose who gets these breaks.") : null;

    private static Task<ReconAnswer> Refuse(string field, string words) => Task.FromResult<ReconAnswer>(new ReconAnswer.Refused("field", words, [new(field, words)]));

    private static string Words(ReconOwnerRule rule) =>
        $"{string.Join(", ", new[] { rule.Comparison, rule.Kind, rule.Source, rule.Books }.OfType<string>().DefaultIfEmpty("every break"))} to {rule.OwnerId?.ToString() ?? rule.Team}";
}
