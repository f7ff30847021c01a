using System.Globalization;
using ControlTower.Data.Audit;
using ControlTower.Data.Db;
using ControlTower.Data.Live;
using ControlTower.Data.Reconciliation;
using ControlTower.Sync.Pumps;
using Npgsql;

namespace ControlTower.Sync.Reconciliation;

/// <summary>How every act of reconciliation is done: in one transaction with its audit entry, refused whole or done whole.</summary>
public sealed class ReconActing(TowerDataSources data, AuditLog audit, ChangeNotifier changes, Doorbell doorbell)
{
    public const int LongestReason = 500;

    /// <summary>Does something to one item under its lock; what it comes to is settled before the answer.</summary>
    /// <param name="seen">The version that the person saw; null where a repeat does no harm.</param>
    public Task<ReconAnswer> OnItemAsync(
        long id, int? seen, Actor actor, string permission, string? reason, Func<NpgsqlConnection, ReconHeld, Task<ReconAnswer>> act, CancellationToken cancel, IReadOnlyDictionary<string, string>? detail = null) =>
        InAsync(
            actor, permission, $"reconciliation/{id.ToString(CultureInfo.InvariantCulture)}", reason, detail,
            async connection =>
            {
                if (await ReconActs.LockAsync(connection, id, cancel) is not { } held)
                {
                    return new ReconAnswer.Refused("unknown", "There is no such item.");
                }

                if (seen is { } version && version != held.Version)
                {
                    return Moved;
                }

                if (held.MonthClosed)
                {
                    return ClosedMonth;
                }

                var answer = await act(connection, held);
                if (answer is ReconAnswer.Done)
                {
                    await ReconActs.SettleAsync(connection, held.Comparison, [held.GroupKey], cancel);
                }

                return answer;
            },
            cancel);

    /// <summary>Does something and writes it down; an answer that refuses is rolled back.</summary>
    public async Task<ReconAnswer> InAsync(
        Actor actor, string permission, string subject, string? reason, IReadOnlyDictionary<string, string>? detail, Func<NpgsqlConnection, Task<ReconAnswer>> act, CancellationToken cancel)
    {
        await using var connection = await data.Work.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        ReconAnswer answer;
        try
        {
            answer = await act(connection);
        }
        catch (PostgresException wrong) when (wrong is { SqlState: PostgresErrorCodes.CheckViolation, ConstraintName: "recon_period_closed" })
        {
            return ClosedMonth;
        }
        catch (PostgresException wrong) when (wrong is { SqlState: PostgresErrorCodes.CheckViolation, ConstraintName: "recon_link_circle" })
        {
            return new ReconAnswer.Refused("circle", "These belong together already.");
        }

        catch (PostgresException wrong) when (wrong is { SqlState: PostgresErrorCodes.UniqueViolation, ConstraintName: "recon_link_once" })
        {
            return new ReconAnswer.Refused("moved", "One of these is matched elsewhere by now, or stands in two of the suggestions. Accept them one by one.");
        }
        catch (PostgresException wrong) when (wrong.SqlState is PostgresErrorCodes.LockNotAvailable or PostgresErrorCodes.DeadlockDetected)
        {
            return new ReconAnswer.Refused("busy", "The tower is matching just now. Try again in a moment; nothing was changed.");
        }

        if (answer is ReconAnswer.Done { Count: > 0 } done)
        {
            var more = new Dictionary<string, string>(detail ?? new Dictionary<string, string>(StringComparer.Ordinal), StringComparer.Ordinal) { ["count"] = done.Count.ToString(CultureInfo.InvariantCulture) };
            await audit.AppendAsync(connection, transaction, new AuditEntry(actor, permission, subject, Reason: reason, Detail: more), cancel);
            await transaction.CommitAsync(cancel);
            changes.Announce(LiveTopics.Reconciliation);
            doorbell.Ring(Doorbell.Ledger);
        }

        return answer;
    }

    public static ReconAnswer.Refused Moved { get; } = new("moved", "It changed since you opened it. Look at it again, then decide.");

    public static ReconAnswer.Refused ClosedMonth { get; } = new("closed-month", "The month is closed and signed. Open it again with a reason, then decide.");

    /// <summary>The problem with a reason; null if it will do.</summary>
    public static ReconAnswer.Refused? Reason(string? why) => string.IsNullOrWhiteSpace(why)
        ? new ReconAnswer.Refused("field", "Say why.", [new ReconProblem("reason", "Say why in a few words.")])
        : why.Trim().Length > LongestReason ? new ReconAnswer.Refused("field", "The reason is too long.", [new ReconProblem("reason", $"At most {LongestReason.ToString(CultureInfo.InvariantCulture)} characters fit.")]) : null;
}
