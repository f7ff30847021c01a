using System.Globalization;
using System.Text.Json;
using ControlTower.Data.Audit;
using ControlTower.Data.Db;
using ControlTower.Data.Live;
using ControlTower.Data.Triage;
using ControlTower.Sync.Flows;
using ControlTower.Sync.Pumps;
using Microsoft.Extensions.Options;
using Npgsql;

namespace ControlTower.Sync.Triage.Repair;

/// <summary>
/// Changes what held deliveries will send, and retries them: revision, audit and retry are one transaction, so that a process that dies leaves all of it or nothing. The shop's statement
/// is never touched, nor is the posting key. A revision goes out after <see cref="Grace"/>, and can be taken back until then; those of a rule may go out as a batch, in growing stages.
/// </summary>
public sealed partial class RepairDesk(TowerDataSources data, CaseQueries cases, AuditLog audit, BatchDesk batches, ChangeNotifier changes, Doorbell doorbell, IOptions<FlowOptions> flows)
{
    /// <summary>Cases that one rule may touch.</summary>
    public const int Most = 10_000;

    /// <summary>Cases per transaction.</summary>
    public const int Slice = 500;

    public const string Action = "exceptions:case:edit";

    /// <summary>What was changed goes out no sooner, so that there is something to undo.</summary>
    public static readonly TimeSpan Grace = TimeSpan.FromSeconds(10);

    /// <summary>Where nothing went out, because the target is away, an act can be undone for longer; not for ever, because others build on it.</summary>
    public static readonly TimeSpan UndoWithin = TimeSpan.FromMinutes(10);

    /// <summary>Characters that a reason has at least.</summary>
    public const int ShortestReason = 4;

    private const int LongestReason = 1000;

    /// <summary>The document of a case for the editor; null if there is no such case. For people who may read personal data only.</summary>
    public async Task<RepairPaper?> OpenAsync(long caseId, CancellationToken cancel) =>
        (await RevisionStore.ReadAsync(data.Read, [caseId], cancel)).FirstOrDefault() is { } row
            ? WhyNot(row) is { } not
                ? new RepairPaper(caseId, row.Name, null, null, row.Revision, row.By, row.At, flows.Value.TotalTolerance, not)
                : new RepairPaper(caseId, row.Name, OrderPaper.Text(row.Body!), OrderPaper.Text(row.Original!), row.Revision, row.By, row.At, flows.Value.TotalTolerance, null)
            : null;

    /// <summary>Takes an edited document of one case and retries it.</summary>
    /// <param name="startedFrom">The revision that the editor opened.</param>
    /// <returns>Whatever is not <see cref="EditAnswer.Done"/> changed nothing.</returns>
    public async Task<EditAnswer> EditAsync(long caseId, int startedFrom, string text, string reason, Actor actor, CancellationToken cancel)
    {
        if (Reason(reason) is not { } why)
        {
            return new EditAnswer.Refused([new FieldProblem("", "Say why in a few words: it stands in the history for ever.")]);
        }

        var answer = await TriedAsync(() => EditOnceAsync(caseId, startedFrom, text, why, actor, cancel));
        if (answer is EditAnswer.Refused { Problems: var problems } && problems.Where(p => p.Locked).ToList() is { Count: > 0 } locked)
        {
            // Not a slip of the pen: somebody tried to make it another order. The values stay out of the audit.
            await audit.AppendAsync(
                new AuditEntry(actor, Action, $"case:{caseId}", AuditOutcome.Refused, "locked fields", Detail(("fields", string.Join(' ', locked.Select(p => OrderSchema.Pattern(p.Path)).Distinct().Take(20))))), cancel);
        }

        return answer;
    }

    /// <summary>
    /// Undoes an act where its deliveries have not gone out since: they are held again and send what they would have sent before; the cases are open. A batch of the act sends nothing more.
    /// Safe to repeat.
    /// </summary>
    public Task<UndoReceipt> UndoAsync(Guid repair, Actor actor, CancellationToken cancel) => TriedAsync(async () =>
    {
        await using var connection = await data.Work.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        var batch = await BatchStore.LockAsync(connection, repair, cancel);
        var (cases, left) = await RevisionStore.UndoAsync(connection, repair, UndoWithin, actor.Name, cancel);
        if (cases.Count > 0)
        {
            await AwaitedOutcomes.CalledOffAsync(connection, [.. cases], actor.Name, cancel);
            if (batch is { } id)
            {
                await BatchStore.TakeBackAsync(connection, id, [.. cases], actor.Name, cancel);
                changes.Announce(LiveTopics.Batches);
            }

            await audit.AppendAsync(
                connection, transaction, new AuditEntry(actor, "exceptions:case:undo-edit", Subject(cases), AuditOutcome.Done, null, Detail(("cases", Ids(cases)), ("repair", repair.ToString()))), cancel);
            if (batch is { } ended)
            {
                await batches.RecordOutcomeAsync(connection, transaction, ended, BatchKind.Retry, cancel);
            }
        }

        await transaction.CommitAsync(cancel);
        Told([]);
        return new UndoReceipt(cases, left);
    });

    /// <summary>Why a case cannot be changed now; null if it can.</summary>
    internal static string? WhyNot(RepairRow row) => row switch
    {
        { State: "resolved" or "discarded" } => "The case is closed.",
        { State: not "open" } => "It is being retried. Wait for its outcome.",
        { Kind: null } => "Nothing that could be changed waits here: what was sent is not held any more, or nothing was being sent.",
        { Original: null, Kind: { } kind } when RepairRow.Kinds.Contains(kind) => "The document that it sends is not stored.",
        { CarriesOrder: false } => $"A {Playbook.Document(row.Kind)} does not carry the order, so there is nothing in it to change.",
        { Delivery: not 3 } => "It is on its way to the target. Wait for its outcome.",
        { Posting: "unknown" } => "It is not known whether the target has it. Retry asks there first; it can be changed once it is certain that it was not done.",
        { Posting: not ("intended" or "refused") } => "Its document is settled.",
        _ => null,
    };

    private async Task<EditAnswer> EditOnceAsync(long caseId, int startedFrom, string text, string why, Actor actor, CancellationToken cancel)
    {
        await using var connection = await data.Work.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        if ((await RevisionStore.LockAsync(connection, [caseId], cancel)).FirstOrDefault() is not { } row)
        {
            return new EditAnswer.NotNow("There is no such case.");
        }

        // Said before "it is being retried": that is what the first of two editors leaves behind, and the second wants to know what was changed.
        if (row.CarriesOrder && row.Revision != startedFrom)
        {
            return await ConflictAsync(connection, row, startedFrom, cancel);
        }

        if (WhyNot(row) is { } not)
        {
            return new EditAnswer.NotNow(not);
        }

        var reading = OrderPaper.Read(text, row.Body!, flows.Value.TotalTolerance);
        if (reading.Body is null)
        {
            return new EditAnswer.Refused(reading.Problems);
        }

        if (reading.Changes.Count == 0)
        {
            return new EditAnswer.Refused([new FieldProblem("", "Nothing was changed. To send it as it is, retry.")]);
        }

        var revision = new NewRevision(row, reading.Body, Guid.CreateVersion7(), RepairRule.Of(reading.Changes)?.ToString(), actor.Name, actor.Id, why);
        await ReviseAsync(connection, [revision], actor, cancel);
        await audit.AppendAsync(connection, transaction, new AuditEntry(actor, Action, $"case:{caseId}", AuditOutcome.Done, why, Detail(
            ("document", row.PostingKey!), ("from", Number(row.Revision)), ("revision", Number(row.Newest + 1)), ("changes", Difference.Told(reading.Changes)))), cancel);
        await transaction.CommitAsync(cancel);
        Told([row.ConnectionId!]);
        return new EditAnswer.Done(revision.Repair, row.Newest + 1, reading.Changes);
    }

    private static async Task<EditAnswer> ConflictAsync(NpgsqlConnection connection, RepairRow row, int startedFrom, CancellationToken cancel)
    {
        var theirs = OrderPaper.Node(OrderPaper.Stored(row.Body!));
        var mine = await RevisionStore.BodyAsync(connection, row, startedFrom, cancel);
        return new EditAnswer.Conflict(row.By ?? "Somebody who undid it", row.At ?? default, row.Revision, mine is null ? [] : Difference.Of(OrderPaper.Node(OrderPaper.Stored(mine)), theirs));
    }

    // The revisions, and then the same retry as for an unchanged document.
    private static async Task ReviseAsync(NpgsqlConnection connection, IReadOnlyList<NewRevision> revisions, Actor actor, CancellationToken cancel)
    {
        var keys = revisions.Select(r => r.Of.PostingKey!).ToArray();
        await RevisionStore.AddAsync(connection, revisions, cancel);
        await RetryStore.FreezeAsync(connection, [.. revisions.Select(r => r.Of.CaseId)], cancel);
        await AwaitedOutcomes.RetriesAsync(connection, [.. revisions.Select(r => r.Of.CaseId)], actor, cancel);
        await RetryStore.ReleaseDeliveriesAsync(connection, keys, cancel);
        await RevisionStore.DelayAsync(connection, keys, Grace, cancel);
    }

    // Two cases may share a document: then the database refuses the second revision of one number, and the next try sees the first.
    private static Task<T> TriedAsync<T>(Func<Task<T>> act) => Collision.TriedAgainAsync(act, PostgresErrorCodes.UniqueViolation);

    private void Told(IEnumerable<string> connections)
    {
        changes.Announce(LiveTopics.Cases | LiveTopics.Flows | LiveTopics.Connections);
        doorbell.Ring([.. connections.Distinct(StringComparer.Ordinal)]);
    }

    private static string? Reason(string? reason) => reason?.Trim() is { Length: >= ShortestReason } text ? text.Length > LongestReason ? text[..LongestReason] : text : null;

    private static string Subject(List<long> cases) => cases.Count == 1 ? $"case:{cases[0]}" : $"{cases.Count} cases";

    private static string Ids(IEnumerable<long> cases) => string.Join(' ', cases.Select(id => id.ToString(CultureInfo.InvariantCulture)));

    private static string Number(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static Dictionary<string, string> Detail(params ReadOnlySpan<(string Name, string Value)> entries)
    {
        var detail = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, value) in entries)
        {
            detail[name] = value;
        }

        return detail;
    }
}
