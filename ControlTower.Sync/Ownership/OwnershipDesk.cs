using System.Globalization;
using ControlTower.Data.Audit;
using ControlTower.Data.Db;
using ControlTower.Data.Live;
using ControlTower.Data.Ownership;
using ControlTower.Sync.Connections;
using Npgsql;

namespace ControlTower.Sync.Ownership;

/// <summary>
/// What people do to the rules of ownership: draft, ask, approve, return. Each act is one transaction with its audit entry. A draft carries a key and is made once; every other act names the version that its person
/// saw, so the second of two changes nothing and is told. Nobody approves their own change: the database refuses it as well.
/// </summary>
public sealed class OwnershipDesk(TowerDataSources data, AuditLog audit, ConnectionDirectory connections, ChangeNotifier changes, TimeProvider clock)
{
    public const string DraftPermission = "ownership:rule:draft";
    public const string ApprovePermission = "ownership:rule:approve";

    private static readonly OwnershipAnswer.Refused Moved = new("moved", "Somebody changed it meanwhile. Nothing of yours was done; what stands now is on the screen.");
    private static readonly OwnershipAnswer.Refused Unknown = new("unknown", "There is no such change.");

    public Task<OwnershipAnswer> DraftAsync(OwnershipDraft draft, Guid key, Actor actor, CancellationToken cancel) => InAsync(
        actor, DraftPermission, "drafted",
        async connection =>
        {
            if (await OwnershipStore.MadeAsync(connection, key, cancel) is { } made)
            {
                return (new OwnershipAnswer.Done(made), false);
            }

            return Check(draft) is { } wrong ? (wrong, false)
                : (new OwnershipAnswer.Done(await OwnershipStore.AddAsync(connection, draft.Title.Trim(), draft.Why.Trim(), draft.Rules, draft.From, draft.Until, actor.Id!.Value, actor.Name, key, cancel)), true);
        },
        draft.Why.Trim(), cancel);

    /// <summary>Words it anew. What was asked or tried before is void.</summary>
    public Task<OwnershipAnswer> EditAsync(int number, int seen, OwnershipDraft draft, Actor actor, CancellationToken cancel) => OnAsync(
        number, seen, actor, DraftPermission, "worded anew", draft.Why.Trim(),
        held => held.State is not (OwnershipStates.Draft or OwnershipStates.Asked) ? State("Only what is not decided yet can be changed. Draft another change.") : NotTheirs(held, actor) ?? Check(draft),
        connection => OwnershipStore.EditAsync(connection, number, draft.Title.Trim(), draft.Why.Trim(), draft.Rules, draft.From, draft.Until, cancel), cancel);

    /// <summary>Asks another admin. It must have been tried on real writes before.</summary>
    public Task<OwnershipAnswer> AskAsync(int number, int seen, Actor actor, CancellationToken cancel) => OnAsync(
        number, seen, actor, DraftPermission, "asked for approval", null,
        held => held.State != OwnershipStates.Draft ? State("It is not a draft any more.") : NotTheirs(held, actor) ?? (held.Tried is null ? State("Try it on the writes of the last days first: whoever approves wants to know what it would do.") : null),
        connection => OwnershipStore.MoveAsync(connection, number, OwnershipStates.Asked, cancel), cancel);

    public Task<OwnershipAnswer> WithdrawAsync(int number, int seen, Actor actor, CancellationToken cancel) => OnAsync(
        number, seen, actor, DraftPermission, "withdrawn", null,
        held => held.State is not (OwnershipStates.Draft or OwnershipStates.Asked) ? State("It is decided already.") : NotTheirs(held, actor),
        connection => OwnershipStore.MoveAsync(connection, number, OwnershipStates.Withdrawn, cancel), cancel);

    /// <summary>Approves; it holds from its time on, on every node within a second or two.</summary>
    public Task<OwnershipAnswer> ApproveAsync(int number, int seen, string why, Actor actor, CancellationToken cancel) => OnAsync(
        number, seen, actor, ApprovePermission, "approved", why.Trim(),
        held => held.State != OwnershipStates.Asked ? State("Nobody asks for its approval.")
            : held.Author == actor.Id ? new OwnershipAnswer.Refused("own", "Another admin must approve what you drafted.")
            : held.UntilAt <= clock.GetUtcNow() ? State("Its time is over already.")
            : why.Trim().Length > OwnershipDraftRules.LongestWhy ? new OwnershipAnswer.Refused("field", "That is too long.", "why") : null,
        connection => OwnershipStore.DecideAsync(connection, number, OwnershipStates.Approved, actor.Id!.Value, actor.Name, why.Trim(), cancel), cancel);

    /// <param name="changes">Back to its author as a draft instead of an end.</param>
    public Task<OwnershipAnswer> RejectAsync(int number, int seen, string why, bool changes, Actor actor, CancellationToken cancel) => OnAsync(
        number, seen, actor, ApprovePermission, changes ? "sent back for changes" : "rejected", why.Trim(),
        held => held.State != OwnershipStates.Asked ? State("Nobody asks for its approval.") : Why(why),
        connection => OwnershipStore.DecideAsync(connection, number, changes ? OwnershipStates.Draft : OwnershipStates.Rejected, actor.Id!.Value, actor.Name, why.Trim(), cancel), cancel);

    /// <summary>Goes back to what held with this change as the newest: ends whatever was approved after it. Those rules had their approval, so one admin is enough.</summary>
    public Task<OwnershipAnswer> ReturnAsync(int number, int seen, string why, Actor actor, CancellationToken cancel)
    {
        List<int> ended = [];
        return OnAsync(
            number, seen, actor, ApprovePermission, "returned to", why.Trim(),
            held => held.State != OwnershipStates.Approved || held.EndedAt is not null || held.UntilAt <= clock.GetUtcNow() ? State("These rules do not hold any more. Draft a change with them instead.") : Why(why),
            async connection => ended = await OwnershipStore.ReturnAsync(connection, number, actor.Name, why.Trim(), cancel),
            cancel,
            () => ended.Count == 0 ? State("Nothing was approved after it.") : null,
            () => new Dictionary<string, string>(StringComparer.Ordinal) { ["ended"] = string.Join(' ', ended) });
    }

    private OwnershipAnswer.Refused? Check(OwnershipDraft draft) => OwnershipDraftRules.Check(draft, source => source.StartsWith("client:", StringComparison.Ordinal) ? Guid.TryParse(source[7..], out _) : connections.Get(source) is not null, clock.GetUtcNow());

    private static OwnershipAnswer.Refused? NotTheirs(OwnershipChange held, Actor actor) => held.Author == actor.Id ? null : new OwnershipAnswer.Refused("own", $"This is {held.AuthorName}'s draft. Ask them, or draft your own.");

    private static OwnershipAnswer.Refused? Why(string why) =>
        why.Trim().Length is < 3 or > OwnershipDraftRules.LongestWhy ? new OwnershipAnswer.Refused("field", "Say why in 3 to 1,000 characters. It stands in the audit.", "why") : null;

    private static OwnershipAnswer.Refused State(string words) => new("state", words);

    private Task<OwnershipAnswer> OnAsync(
        int number, int seen, Actor actor, string permission, string what, string? why, Func<OwnershipChange, OwnershipAnswer.Refused?> refuses, Func<NpgsqlConnection, Task> act, CancellationToken cancel,
        Func<OwnershipAnswer.Refused?>? unless = null, Func<Dictionary<string, string>>? detail = null) => InAsync(
        actor, permission, what,
        async connection =>
        {
            if (await OwnershipStore.LockAsync(connection, number, cancel) is not { } held)
            {
                return (Unknown, false);
            }

            if (held.Version != seen)
            {
                return (Moved, false);
            }

            if (refuses(held) is { } refused)
            {
                return (refused, false);
            }

            await act(connection);
            return unless?.Invoke() is { } nothing ? (nothing, false) : (new OwnershipAnswer.Done(number), true);
        },
        why, cancel, detail);

    private async Task<OwnershipAnswer> InAsync(
        Actor actor, string permission, string what, Func<NpgsqlConnection, Task<(OwnershipAnswer Answer, bool Changed)>> act, string? why, CancellationToken cancel, Func<Dictionary<string, string>>? detail = null)
    {
        await using var connection = await data.Work.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        var (answer, changed) = await act(connection);
        if (answer is OwnershipAnswer.Done done && changed)
        {
            var more = detail?.Invoke() ?? new Dictionary<string, string>(StringComparer.Ordinal);
            more["what"] = what;
            await audit.AppendAsync(
                connection, transaction,
                new AuditEntry(actor, permission, $"ownership:{done.Number.ToString(CultureInfo.InvariantCulture)}", Reason: why is { Length: > 500 } ? why[..500] : why is { Length: > 0 } ? why : null, Detail: more), cancel);
            await transaction.CommitAsync(cancel);
            changes.Announce(LiveTopics.Ownership);
        }

        return answer;
    }
}
