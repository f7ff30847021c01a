using System.Globalization;
using ControlTower.Data.ApiClients;
using ControlTower.Data.Audit;
using ControlTower.Data.Canonical;
using ControlTower.Data.Db;
using ControlTower.Data.Flows;
using ControlTower.Data.Inbox;
using ControlTower.Data.Live;
using ControlTower.Sync.Pumps;
using ControlTower.Sync.Returns;
using Npgsql;

namespace ControlTower.Sync.Orders;

public abstract record OrderAnswer
{
    /// <summary>It is on disk and will be done; also the answer to every repeat.</summary>
    public sealed record Taken(OrderKey Key) : OrderAnswer;

    /// <summary>There is no such order for whoever asks.</summary>
    public sealed record Unknown : OrderAnswer;

    /// <summary>It has changed since it was seen; now it has this version.</summary>
    public sealed record Stale(int Version) : OrderAnswer;

    /// <summary>Nothing was changed, because of the stage that it is in.</summary>
    public sealed record TooLate(string Stage) : OrderAnswer;

    /// <summary>Nothing was changed: the flow does not allow it, for a reason that people can read.</summary>
    public sealed record NotAllowed(string Why) : OrderAnswer;

    /// <summary>The id was used for other words.</summary>
    public sealed record Reused : OrderAnswer;
}

/// <summary>
/// What programs and people say about orders of a channel, in that channel's name: a message of its inbox and the audit entry in one transaction, applied once and in order like the channel's own. Each act carries an id made by
/// whoever asks; the same id again changes nothing. An order is named as its channel names it, because that is where acknowledgements and shipments are told.
/// </summary>
public sealed class OrderDesk(TowerDataSources data, AuditLog audit, ChangeNotifier changes, Doorbell doorbell)
{
    public const string Topic = ReturnMessages.Reserved + "order";

    public const int ShortestReason = 4;

    /// <summary>It goes to the ERP with the cancellation.</summary>
    public const int LongestReason = 200;

    public async Task<OrderAnswer> StateAsync(Guid act, Order order, Actor actor, CancellationToken cancel)
    {
        await using var connection = await data.Work.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        return await SayAsync(connection, transaction, act, order.Key, new OrderStated($"{order.Key.Id}/{act:N}", order, default), "orders:order:state", null,
            new(StringComparer.Ordinal) { ["value"] = order.Total.ToString(), ["version"] = order.Version.ToString(CultureInfo.InvariantCulture) }, actor, cancel);
    }

    /// <summary>What calling the order off would lead to; null if there is no such order.</summary>
    public async Task<CancelOutlook?> OutlookAsync(long id, CancellationToken cancel) => await OrderActs.FindAsync(data.Read, id, cancel) is { } order ? CancelOutlook.Of(id, order) : null;

    /// <summary>A person calls an order off. Unlike a channel, which states what is so, a person is refused where the flow could only report a contradiction.</summary>
    /// <param name="seen">The version of the outlook that the person read.</param>
    /// <exception cref="ArgumentException">The reason is shorter than <see cref="ShortestReason"/>, longer than <see cref="LongestReason"/>, or cannot be shown.</exception>
    public Task<OrderAnswer> CallOffAsync(Guid act, long id, int seen, string reason, Actor actor, CancellationToken cancel)
    {
        var why = reason.Trim();
        return why.Length is < ShortestReason or > LongestReason || why.Any(char.IsControl)
            ? throw new ArgumentException($"Say why in {ShortestReason} to {LongestReason} characters on one line: the ERP is told, and it stands in the history for ever.", nameof(reason))
            : CancelAsync(act, id, seen, new ApiReach([], []), why, order => CancelOutlook.Of(id, order).WhyNot, actor, cancel);
    }

    /// <param name="seen">The flow's version that whoever asks has seen.</param>
    public Task<OrderAnswer> CancelAsync(Guid act, long id, int seen, ApiReach reach, string reason, Actor actor, CancellationToken cancel) => CancelAsync(act, id, seen, reach, reason, _ => null, actor, cancel);

    private async Task<OrderAnswer> CancelAsync(Guid act, long id, int seen, ApiReach reach, string reason, Func<FoundOrder, string?> refusal, Actor actor, CancellationToken cancel)
    {
        await using var connection = await data.Work.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        if (await OrderActs.LockAsync(connection, id, reach, cancel) is not { } order)
        {
            return new OrderAnswer.Unknown();
        }

        // A repeat finds the order changed by the very act that it repeats, and perhaps by later words of the shop: it is told as it was told then.
        var version = order.AppliedVersion;
        if (await OrderActs.SaidAsync(connection, order.Key.Source, Topic, $"{order.Key.Id}/{act:N}", cancel) is { } said)
        {
            if (ReturnMessages.Read(said) is not [OrderCancelled before])
            {
                return new OrderAnswer.Taken(order.Key);
            }

            version = before.Version;
        }
        else
        {
            if (order.Version != seen)
            {
                return new OrderAnswer.Stale(order.Version);
            }

            if (order.Status is "done" or "cancelled")
            {
                return new OrderAnswer.TooLate(order.Stage);
            }

            if (refusal(order) is { } why)
            {
                return new OrderAnswer.NotAllowed(why);
            }

            await AwaitedOutcomes.CancellationAsync(connection, id, actor, cancel);
        }

        return await SayAsync(
            connection, transaction, act, order.Key, new OrderCancelled($"{order.Key.Id}/{act:N}", order.Key, version, reason, default), "orders:order:cancel", reason,
            new(StringComparer.Ordinal) { ["order"] = order.Name, ["before"] = $"{order.Stage}, {order.Status}" }, actor, cancel);
    }

    private async Task<OrderAnswer> SayAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, Guid act, OrderKey key, CanonicalEvent what, string action, string? reason, Dictionary<string, string> detail, Actor actor, CancellationToken cancel)
    {
        var stored = await InboxStore.StoreAsync(connection, [new Arrival(key.Source, Topic, $"{key.Id}/{act:N}", $"order/{key.Id}", "{}", ReturnMessages.Write([what]), null)], cancel);
        if (stored[0] != Stored.New)
        {
            await transaction.RollbackAsync(cancel);
            return stored[0] == Stored.Duplicate ? new OrderAnswer.Taken(key) : new OrderAnswer.Reused();
        }

        await audit.AppendAsync(connection, transaction, new AuditEntry(actor, action, $"order:{key}", AuditOutcome.Done, reason, detail), cancel);
        await transaction.CommitAsync(cancel);
        doorbell.Ring(Doorbell.Inbox);
        changes.Announce(LiveTopics.Arrivals);
        return new OrderAnswer.Taken(key);
    }
}
