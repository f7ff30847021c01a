using ControlTower.Data.Audit;
using ControlTower.Data.Triage;
using Npgsql;

namespace ControlTower.Sync.Triage.Repair;

/// <summary>One rule over many cases.</summary>
public sealed partial class RepairDesk
{
    /// <summary>What the rule would do to each of these cases, in the order given. Changes nothing.</summary>
    /// <exception cref="ArgumentException">More than <see cref="Most"/> cases, or none.</exception>
    public async Task<RulePreview> PreviewAsync(RepairRule rule, IReadOnlyCollection<long> caseIds, CancellationToken cancel)
    {
        Limit(caseIds.Count);
        List<RepairItem> items = [];
        foreach (var slice in caseIds.Distinct().Chunk(Slice))
        {
            var rows = (await RevisionStore.ReadAsync(data.Read, slice, cancel)).ToDictionary(r => r.CaseId);
            items.AddRange(slice.Select(id => rows.TryGetValue(id, out var row) ? Tried(rule, row).Item : Missing(id)));
        }

        return new RulePreview(rule, items);
    }

    /// <summary>
    /// Applies the rule to what the preview said would change, and retries exactly that: all at once, or by a plan as a batch that begins after <see cref="Grace"/>. Each slice of
    /// <see cref="Slice"/> is one transaction; each item is told by itself. A case that somebody changed, retried or closed since the preview is left out. Asking twice changes nothing
    /// twice: the second finds the cases retrying, or changed. If this process dies before the batch stands, the changed cases are open, and a retry sends what was made of them.
    /// </summary>
    /// <exception cref="ArgumentException">There is no reason, more than <see cref="Most"/> cases, or none, or the plan cannot be carried out.</exception>
    public async Task<RuleReceipt> ApplyAsync(RepairRule rule, IReadOnlyCollection<RepairItem> previewed, string reason, Actor actor, CancellationToken cancel, BatchPlan? plan = null)
    {
        Limit(previewed.Count);
        var why = Reason(reason) ?? throw new ArgumentException("Say why in a few words: it stands in the history for ever.", nameof(reason));
        if (plan?.Problems() is { Count: > 0 } problems)
        {
            throw new ArgumentException(string.Join(' ', problems.Values), nameof(plan));
        }

        var repair = Guid.CreateVersion7();
        List<RepairItem> items = [];
        foreach (var slice in previewed.OrderBy(i => i.CaseId).Chunk(Slice))
        {
            try
            {
                items.AddRange(await TriedAsync(() => ApplyOnceAsync(rule, slice, repair, why, retry: plan is null, actor, cancel)));
            }
            catch (NpgsqlException)
            {
                // What is committed stands, and is told; whether this slice is, the cases themselves show.
                items.AddRange(previewed.Where(p => items.All(i => i.CaseId != p.CaseId))
                    .Select(p => p with { Verdict = RepairVerdict.Uncertain, Why = "The database did not answer. Look before you try again." }).ToList());
                break;
            }
        }

        return new RuleReceipt(repair, items) { Batch = plan is null ? null : await StageAsync(repair, rule, items, why, plan, actor, cancel) };
    }

    // The act's own id is the key: undoing the act finds its batch.
    private async Task<FrozenBatch?> StageAsync(Guid repair, RepairRule rule, List<RepairItem> items, string why, BatchPlan plan, Actor actor, CancellationToken cancel)
    {
        var changed = items.Where(i => i.Verdict is RepairVerdict.Changed).Select(i => i.CaseId).ToList();
        return changed.Count == 0 ? null : (await batches.StartAsync(new NewBatch(repair, changed, rule.ToString(), why, plan) { Pause = Grace }, actor, cancel))?.Batch;
    }

    /// <summary>The rule that did best with this cause and has something to do for this case; null if there is none.</summary>
    /// <param name="filter">What the desk shows: so far the suggestion reaches.</param>
    public async Task<RepairSuggestion?> SuggestAsync(long caseId, CaseFilter filter, CancellationToken cancel)
    {
        if ((await RevisionStore.ReadAsync(data.Read, [caseId], cancel)).FirstOrDefault() is not { } row || WhyNot(row) is not null)
        {
            return null;
        }

        foreach (var use in await RevisionStore.UsesAsync(data.Read, row.Fingerprint, cancel))
        {
            if (RuleText.Parse(use.Rule).Rule is { } rule && Tried(rule, row).Item is { Verdict: RepairVerdict.Changed } here)
            {
                var (reach, more) = await GroupAsync(filter, row.Fingerprint, cancel);
                return new RepairSuggestion(rule, use, here, reach.Count, more);
            }
        }

        return null;
    }

    /// <summary>
    /// The open cases of a cause that a filter shows, as they are now and in its order, for a rule to be frozen over: what is of another brand or batch, or put off, is left alone. The first
    /// <see cref="Most"/>, and whether there are more.
    /// </summary>
    public async Task<(IReadOnlyList<long> Ids, bool More)> GroupAsync(CaseFilter filter, string fingerprint, CancellationToken cancel)
    {
        var all = await cases.WholeAsync(filter with { Fingerprint = fingerprint, States = ["open"] }, Most + 1, cancel);
        return all.Count > Most ? ([.. all.Take(Most)], true) : (all, false);
    }

    private async Task<List<RepairItem>> ApplyOnceAsync(RepairRule rule, RepairItem[] slice, Guid repair, string why, bool retry, Actor actor, CancellationToken cancel)
    {
        await using var connection = await data.Work.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        var rows = (await RevisionStore.LockAsync(connection, [.. slice.Select(i => i.CaseId)], cancel)).ToDictionary(r => r.CaseId);
        List<RepairItem> items = [];
        List<NewRevision> revisions = [];
        foreach (var asked in slice)
        {
            var (item, body) = !rows.TryGetValue(asked.CaseId, out var row) ? (Missing(asked.CaseId), null)
                : row.Revision != asked.Revision ? (Left(row, $"{row.By ?? "Somebody"} changed it since the preview."), null)
                : Tried(rule, row);
            items.Add(item);
            if (body is not null)
            {
                revisions.Add(new NewRevision(row!, body, repair, rule.ToString(), actor.Name, actor.Id, why));
            }
        }

        if (revisions.Count > 0)
        {
            await (retry ? ReviseAsync(connection, revisions, actor, cancel) : RevisionStore.AddAsync(connection, revisions, cancel));
            var cases = revisions.Select(r => r.Of.CaseId).ToList();
            await audit.AppendAsync(connection, transaction, new AuditEntry(
                actor, Action, Subject(cases), AuditOutcome.Done, why, Detail(("rule", rule.ToString()), ("cases", Ids(cases)), ("repair", repair.ToString()))), cancel);
        }

        await transaction.CommitAsync(cancel);
        Told(revisions.Select(r => r.Of.ConnectionId!));
        return items;
    }

    /// <summary>What the rule makes of one document; the body only if it may be sent.</summary>
    private (RepairItem Item, string? Body) Tried(RepairRule rule, RepairRow row)
    {
        if (WhyNot(row) is { } not)
        {
            return (Left(row, not), null);
        }

        var document = OrderPaper.Node(OrderPaper.Stored(row.Body!));
        rule.Apply(document);
        var reading = OrderPaper.Read(document.ToJsonString(), row.Body!, flows.Value.TotalTolerance);
        return reading switch
        {
            { Body: null } => (new RepairItem(row.CaseId, row.Name, row.Revision, RepairVerdict.Invalid, reading.Changes, string.Join(" ", reading.Problems.Take(3))), null),
            { Changes.Count: 0 } => (new RepairItem(row.CaseId, row.Name, row.Revision, RepairVerdict.Unchanged, [], null), null),
            _ => (new RepairItem(row.CaseId, row.Name, row.Revision, RepairVerdict.Changed, reading.Changes, null), reading.Body),
        };
    }

    private static RepairItem Left(RepairRow row, string why) => new(row.CaseId, row.Name, row.Revision, RepairVerdict.LeftOut, [], why);

    private static RepairItem Missing(long id) => new(id, "", 0, RepairVerdict.LeftOut, [], "There is no such case.");

    private static void Limit(int count)
    {
        if (count is 0 or > Most)
        {
            throw new ArgumentException($"Choose between 1 and {Most} cases; {count} were chosen.", nameof(count));
        }
    }
}
