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

    /// <summary>The id was used for other words.</summary>
    public sealed record Reused : OrderAnswer;
}

/// <summary>
/// What programs say about orders of a channel, in that channel's name: a message of its inbox and the audit entry in one transaction, applied once and in order like the channel's own. Each act carries an id made by
/// whoever asks; the same id again changes nothing. An order is named as its channel names it, because that is where acknowledgements and shipments are told.
/// </summary>
public sealed class OrderDesk(TowerDataSources data, AuditLog audit, ChangeNotifier changes, Doorbell doorbell)
{
    public const string Topic = ReturnMessages.Reserved + "order";

    public async Task<OrderAnswer> StateAsync(Guid act, Order order, Actor actor, CancellationToken cancel)
    {
        await using var connection = await data.Work.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        return await SayAsync(connection, transaction, act, order.Key, new OrderStated($"{order.Key.Id}/{act:N}", order, default), "orders:order:state", null,
            new(StringComparer.Ordinal) { ["value"] = order.Total.ToString(), ["version"] = order.Version.ToString(CultureInfo.InvariantCulture) }, actor, cancel);
    }

    /// <param name="seen">The flow's version that whoever asks has seen.</param>
    public async Task<OrderAnswer> CancelAsync(Guid act, long id, int seen, ApiReach reach, string reason, Actor actor, CancellationToken cancel)
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
        }

        return await SayAsync(
            connection, transaction, act, order.Key, new OrderCancelled($"{order.Key.Id}/{act:N}", order.Key, version, reason, default), "orders:order:cancel", reason,
            new(StringComparer.Ordinal) { ["order"] = order.Name }, actor, cancel);
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
