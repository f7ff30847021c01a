using System.Globalization;
using ControlTower.Data.Audit;
using ControlTower.Data.Canonical;
using ControlTower.Data.Db;
using ControlTower.Data.Live;
using ControlTower.Data.Promotions;
using ControlTower.Sync.Connections;
using ControlTower.Sync.Connectors;

namespace ControlTower.Sync.Promotions;

/// <summary>In which order systems get what a promotion changes, as administrators say. Each change is one transaction with its audit entry, against the version that was seen; rules never go round in a circle.</summary>
public sealed class SequenceDesk(TowerDataSources data, ConnectionDirectory connections, AuditLog audit, ChangeNotifier changes)
{
    public const string Permission = "promotions:sequence:write";

    /// <summary>What a rule may name: roles that show prices, then connections that do, with their words.</summary>
    public IReadOnlyList<(string Key, string Words)> Parts() =>
    [
        .. SequenceCircle.Roles.Select(r => (r.Key, r.Value)),
        .. Able().OrderBy(c => c.Profile.Name, StringComparer.CurrentCulture).Select(c => (c.Profile.Id, c.Profile.Name)),
    ];

    private IEnumerable<LiveConnection> Able() => connections.All.Where(c => c.Connector is { } able && able.Prices(c.Profile) != PriceAbilities.None);

    /// <summary>What is in the list, in words; its own key for one that is gone.</summary>
    public string Words(string key) => Parts().FirstOrDefault(p => p.Key == key).Words ?? key;

    /// <param name="rule">With the version that was seen; 0 for a new one.</param>
    public async Task<PromotionAnswer> PutAsync(SequenceRule rule, Actor actor, CancellationToken cancel)
    {
        var parts = Parts().Select(p => p.Key).ToHashSet(StringComparer.Ordinal);
        List<PlanProblem> problems =
        [
            .. SequenceRule.Domains.Contains(rule.Domain) ? Array.Empty<PlanProblem>() : [new PlanProblem("domain", "Choose prices, or reductions at the checkout.")],
            .. parts.Contains(rule.First) ? Array.Empty<PlanProblem>() : [new PlanProblem("first", "Choose which system has it first.")],
            .. !parts.Contains(rule.Later) ? [new PlanProblem("later", "Choose which system shows it later.")] : rule.First == rule.Later ? [new PlanProblem("later", "A system cannot come after itself. Choose another.")] : Array.Empty<PlanProblem>(),
        ];
        if (problems.Count > 0)
        {
            return new PromotionAnswer.Refused("rule", problems[0].Message, problems);
        }

        await using var connection = await data.Work.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        var others = (await SequenceStore.LockAsync(connection, cancel)).Where(r => r.Id != rule.Id || rule.Version == 0).ToList();
        if (rule.Enabled && SequenceCircle.Of([.. others, rule], [.. Able().Select(c => (c.Profile.Id, c.Connector!.Role.Word()))]) is { } round)
        {
            return new PromotionAnswer.Refused("circle", $"With this rule {string.Join(" comes before ", round.Select(Words))}: nothing could ever begin. Switch off or change the rule that says the opposite.");
        }

        if (await SequenceStore.PutAsync(connection, rule, actor.Name, cancel) is not { } id)
        {
            return new PromotionAnswer.Refused("moved", rule.Version == 0 ? "There is such a rule already." : "Somebody changed this rule since you opened it, or there is such a rule already. Look at it again, then decide.");
        }

        await audit.AppendAsync(connection, transaction, new AuditEntry(actor, Permission, Subject(id), Detail: Detail(rule, rule.Version == 0 ? "add" : "change")), cancel);
        await transaction.CommitAsync(cancel);
        changes.Announce(LiveTopics.Promotions);
        return new PromotionAnswer.Done(id);
    }

    public async Task<PromotionAnswer> RemoveAsync(SequenceRule rule, Actor actor, CancellationToken cancel)
    {
        await using var connection = await data.Work.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        if (!await SequenceStore.RemoveAsync(connection, rule.Id, rule.Version, cancel))
        {
            return new PromotionAnswer.Refused("moved", "Somebody changed or removed this rule since you opened it. Look at it again, then decide.");
        }

        await audit.AppendAsync(connection, transaction, new AuditEntry(actor, Permission, Subject(rule.Id), Detail: Detail(rule, "remove")), cancel);
        await transaction.CommitAsync(cancel);
        changes.Announce(LiveTopics.Promotions);
        return new PromotionAnswer.Done(rule.Id);
    }

    private static string Subject(long id) => string.Create(CultureInfo.InvariantCulture, $"sequence-rule:{id}");

    private static Dictionary<string, string> Detail(SequenceRule rule, string act) => new(StringComparer.Ordinal)
    {
        ["act"] = act, ["domain"] = rule.Domain, ["first"] = rule.First, ["later"] = rule.Later, ["enabled"] = rule.Enabled ? "yes" : "no",
    };
}

/// <summary>How a broken rule is told.</summary>
internal static class SequenceWords
{
    public static string Of(OutOfOrder broken, int stage) => string.Create(
        CultureInfo.InvariantCulture,
        $"Stage {stage} would show at {broken.Later} what {broken.First} does not have before: rule S-{broken.Rule} puts {broken.First} first. Change the stages as a new revision, or have an administrator change the rule");
}
