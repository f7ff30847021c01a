using System.Globalization;
using ControlTower.Data.Audit;
using ControlTower.Data.Db;
using ControlTower.Data.Live;
using ControlTower.Data.Triage;
using Npgsql;

namespace ControlTower.Sync.Triage;

public enum RuleAnswer
{
    Done,

    /// <summary>Somebody changed the rules since they were read. Nothing was done.</summary>
    ChangedMeanwhile,

    /// <summary>There is no such rule, it is at the end of the list already, or there are as many rules as there may be.</summary>
    NotPossible,
}

/// <summary>What a run of the rules did.</summary>
/// <param name="Cases">Cases that changed hands.</param>
/// <param name="Stale">The rules were changed since the preview: nothing more was done.</param>
public sealed record RuleRun(int Cases, bool Stale);

/// <summary>
/// The rules by which cases find somebody, as people keep them. Each act names the version of the list that its person saw, and is one transaction with its audit entry. New cases need nothing
/// of this: the database gives them their person as it opens them. The caller has checked the permission.
/// </summary>
public sealed class AssignmentDesk(TowerDataSources data, AuditLog audit, ChangeNotifier changes)
{
    /// <summary>The permission under which the audit keeps these acts.</summary>
    public const string Manage = "exceptions:rules:manage";

    private const int Slice = 2000;

    public Task<AssignmentRules> ListAsync(CancellationToken cancel = default) => AssignmentStore.ListAsync(data.Read, cancel);

    public Task<RuleChoices> ChoicesAsync(CancellationToken cancel = default) => AssignmentStore.ChoicesAsync(data.Read, cancel);

    public Task<RuleAnswer> AddAsync(RuleScope scope, CasePerson person, int version, Actor actor, CancellationToken cancel = default) =>
        ActAsync("rules", c => AssignmentStore.AddAsync(c, scope, person.Id, cancel), version, Detail("add", scope, person), actor, cancel);

    public Task<RuleAnswer> ChangeAsync(long id, RuleScope scope, CasePerson person, int version, Actor actor, CancellationToken cancel = default) =>
        ActAsync($"rule:{id}", c => AssignmentStore.ChangeAsync(c, id, scope, person.Id, cancel), version, Detail("change", scope, person), actor, cancel);

    /// <summary>Cases that the rule gave stay where they are.</summary>
    public Task<RuleAnswer> DeleteAsync(long id, int version, Actor actor, CancellationToken cancel = default) =>
        ActAsync($"rule:{id}", c => AssignmentStore.DeleteAsync(c, id, cancel), version, Act("delete"), actor, cancel);

    public Task<RuleAnswer> MoveAsync(long id, bool up, int version, Actor actor, CancellationToken cancel = default) =>
        ActAsync($"rule:{id}", c => AssignmentStore.MoveAsync(c, id, up, cancel), version, Act(up ? "move up" : "move down"), actor, cancel);

    /// <summary>What a run would do to the cases that are open now.</summary>
    /// <param name="byRule">Also those that a rule gave, not only those that nobody has.</param>
    public Task<List<RuleShare>> PreviewAsync(bool byRule, CancellationToken cancel = default) => AssignmentStore.ShareAsync(data.Read, byRule, cancel);

    /// <summary>
    /// Runs the rules over the open cases, slice by slice, each a transaction with its audit entry, so that a large desk keeps nobody waiting. What a hand gave is left alone; a second time changes
    /// nothing, and continues where a run was broken off. It ends where somebody changes the rules meanwhile.
    /// </summary>
    /// <param name="progress">Told how many cases have changed hands so far.</param>
    public async Task<RuleRun> RunAsync(bool byRule, int version, Actor actor, IProgress<int>? progress = null, CancellationToken cancel = default)
    {
        var (moved, after) = (0, (long?)0);
        while (after is { } last)
        {
            if (await Collision.TriedAgainAsync(() => SliceAsync(byRule, version, last, isEmpty: moved == 0, actor, cancel)) is not { } slice)
            {
                return new RuleRun(moved, Stale: true);
            }

            moved += slice.Moved;
            after = slice.Last;
            progress?.Report(moved);
        }

        changes.Announce(LiveTopics.Cases);
        return new RuleRun(moved, Stale: false);
    }

    private async Task<(long? Last, int Moved)?> SliceAsync(bool byRule, int version, long after, bool isEmpty, Actor actor, CancellationToken cancel)
    {
        await using var connection = await data.Work.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        if (await AssignmentStore.LockAsync(connection, cancel) != version)
        {
            return null;
        }

        var (last, moved) = await AssignmentStore.RunAsync(connection, byRule, after, Slice, cancel);
        // A run that found nothing to do is one, too.
        if (moved.Count > 0 || (last is null && isEmpty))
        {
            var detail = Act("run");
            detail["of"] = byRule ? "nobody and rules" : "nobody";
            detail["cases"] = Number(moved.Sum(share => share.Moves));
            foreach (var share in moved)
            {
                detail[$"by rule {share.Rule}"] = Number(share.Moves);
            }

            await audit.AppendAsync(connection, transaction, new AuditEntry(actor, Manage, "rules", AuditOutcome.Done, null, detail), cancel);
        }

        await transaction.CommitAsync(cancel);
        return (last, moved.Sum(share => share.Moves));
    }

    private async Task<RuleAnswer> ActAsync(
        string subject, Func<NpgsqlConnection, Task<int>> act, int version, Dictionary<string, string> detail, Actor actor, CancellationToken cancel)
    {
        await using var connection = await data.Work.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        if (await AssignmentStore.LockAsync(connection, cancel) != version)
        {
            return RuleAnswer.ChangedMeanwhile;
        }

        if (await act(connection) == 0)
        {
            return RuleAnswer.NotPossible;
        }

        await AssignmentStore.ChangedAsync(connection, cancel);
        await audit.AppendAsync(connection, transaction, new AuditEntry(actor, Manage, subject, AuditOutcome.Done, null, detail), cancel);
        await transaction.CommitAsync(cancel);
        changes.Announce(LiveTopics.Cases);
        return RuleAnswer.Done;
    }

    private static Dictionary<string, string> Act(string act) => new(StringComparer.Ordinal) { ["act"] = act };

    private static Dictionary<string, string> Detail(string act, RuleScope scope, CasePerson person)
    {
        var detail = Act(act);
        detail["to"] = person.Name;
        foreach (var (name, value) in new[] { ("failure", scope.Failure), ("brand", scope.Brand), ("shop", scope.Shop), ("location", scope.Location), ("target", scope.Target) })
        {
            if (value is not null)
            {
                detail[name] = value;
            }
        }

        return detail;
    }

    private static string Number(int number) => number.ToString(CultureInfo.InvariantCulture);
}
