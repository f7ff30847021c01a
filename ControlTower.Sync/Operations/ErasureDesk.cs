using ControlTower.Data.Audit;
using ControlTower.Data.Db;
using ControlTower.Data.Flows;
using ControlTower.Data.Live;
using Microsoft.Extensions.Logging;

namespace ControlTower.Sync.Operations;

public enum ErasureAnswer
{
    /// <summary>The buyer's data is gone.</summary>
    Erased,

    /// <summary>The order or a case of it is still open; the data goes when both have ended.</summary>
    Waits,

    /// <summary>Somebody asked before.</summary>
    AskedBefore,

    NoSuchOrder,

    /// <summary>A case of the message is open, and nobody could read it any more: close it first.</summary>
    StillOpen,

    /// <summary>The message belongs to an order or a return: the buyer is erased there.</summary>
    OfAnOrder,
}

/// <summary>
/// The buyer's wish to be forgotten, order by order. One transaction with its audit entry; asking twice asks once. What shop and ERP keep is theirs: a later message of the shop about the order
/// is kept for its thirty days like any other.
/// </summary>
public sealed partial class ErasureDesk(TowerDataSources data, AuditLog audit, ChangeNotifier changes, ILogger<ErasureDesk> log)
{
    public const int LongestReason = 500;

    /// <exception cref="ArgumentException">No reason, or one that is too long.</exception>
    public async Task<ErasureAnswer> EraseAsync(long flowId, string why, Actor actor, CancellationToken cancel)
    {
        var reason = Reason(why);
        await using var connection = await data.Work.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        if (!await connection.Command("select exists (select from flow where id = $1)", Sql.Of(flowId)).ScalarAsync<bool>(cancel))
        {
            return ErasureAnswer.NoSuchOrder;
        }

        if (!await ErasureStore.AskAsync(connection, flowId, actor.Name, reason, cancel))
        {
            return ErasureAnswer.AskedBefore;
        }

        var erased = await ErasureStore.EraseAsync(connection, flowId, cancel);
        await audit.AppendAsync(connection, transaction, new AuditEntry(actor, "orders:personal:erase", $"order:{flowId}", AuditOutcome.Done, reason,
            new Dictionary<string, string>(StringComparer.Ordinal) { ["erased"] = erased ? "at once" : "when the order has ended" }), cancel);
        await transaction.CommitAsync(cancel);
        changes.Announce(LiveTopics.Flows | LiveTopics.Cases);
        return erased ? ErasureAnswer.Erased : ErasureAnswer.Waits;
    }

    /// <summary>
    /// Somebody's wish to be forgotten, of a message that never became an order: what it says is erased, with the words of its cases. Its key and its hash stay, and so does that there was a case.
    /// </summary>
    /// <exception cref="ArgumentException">No reason, or one that is too long.</exception>
    public async Task<ErasureAnswer> EraseMessageAsync(long caseId, string why, Actor actor, CancellationToken cancel)
    {
        var reason = Reason(why);
        await using var connection = await data.Work.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        switch (await ErasureStore.LockMessageAsync(connection, caseId, cancel))
        {
            case null:
                return ErasureAnswer.NoSuchOrder;
            case { FlowId: not null }:
                return ErasureAnswer.OfAnOrder;
            case { IsErased: true }:
                return ErasureAnswer.AskedBefore;
            case { IsOpen: true }:
                return ErasureAnswer.StillOpen;
            case var message:
                await ErasureStore.EraseMessageAsync(connection, message.Id, cancel);
                break;
        }

        await audit.AppendAsync(connection, transaction, new AuditEntry(
            actor, "orders:personal:erase", $"case:{caseId}", AuditOutcome.Done, reason, new Dictionary<string, string>(StringComparer.Ordinal) { ["erased"] = "the message and the words of its cases" }), cancel);
        await transaction.CommitAsync(cancel);
        changes.Announce(LiveTopics.Cases);
        return ErasureAnswer.Erased;
    }

    /// <summary>Erases what is due by age or waited for its order to end, order by order. May be broken off and repeated at any time.</summary>
    public async Task CatchUpAsync(TimeSpan age, CancellationToken cancel)
    {
        await ErasureStore.ListOldAsync(data.Work, age, cancel);
        for (var due = await ErasureStore.DueAsync(data.Work, 0, cancel); due.Count > 0; due = await ErasureStore.DueAsync(data.Work, due[^1], cancel))
        {
            foreach (var flow in due)
            {
                await EraseAsync(flow, cancel);
            }
        }

        await ErasureStore.EraseWordsAsync(data.Work, cancel);
        await ErasureStore.ForgetGoneAsync(data.Work, age, cancel);
    }

    private static string Reason(string why)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(why);
        var reason = why.Trim();
        return reason.Length <= LongestReason ? reason : throw new ArgumentException($"The reason has {reason.Length} characters; at most {LongestReason} fit.", nameof(why));
    }

    // One order that cannot be erased tonight keeps no other waiting; it stays on the list.
    private async Task EraseAsync(long flow, CancellationToken cancel)
    {
        try
        {
            await using var connection = await data.Work.OpenConnectionAsync(cancel);
            await using var transaction = await connection.BeginTransactionAsync(cancel);
            await ErasureStore.EraseAsync(connection, flow, cancel);
            await transaction.CommitAsync(cancel);
        }
        catch (Npgsql.PostgresException error)
        {
            NotErased(log, flow, error.SqlState);
        }
    }

    [LoggerMessage(EventId = 2516, Level = LogLevel.Error, Message = "The buyer of order {Flow} could not be erased ({State}); it is tried again the next night")]
    private static partial void NotErased(ILogger log, long flow, string state);
}
