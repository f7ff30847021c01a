using ControlTower.Data.Audit;
using ControlTower.Data.Db;
using ControlTower.Data.Live;
using ControlTower.Data.Promotions;
using ControlTower.Sync.Pumps;
using Npgsql;

namespace ControlTower.Sync.Promotions;

/// <summary>How every act on a promotion is done: under its lock, against the version that its person saw, with its audit entry, all or nothing.</summary>
public sealed class PromotionActing(TowerDataSources data, AuditLog audit, ChangeNotifier changes, Doorbell doorbell)
{
    public const int LongestReason = 500;

    /// <summary>The rule that nobody decides about what they had a hand in.</summary>
    public const string FourEyes = "four-eyes";

    /// <summary>Who acts where no person did.</summary>
    public static Actor Tower { get; } = Actor.Tower("release");

    /// <param name="seen">The version that the person saw; null where a repeat does no harm.</param>
    /// <param name="refuses">The rule and the words; null to go on.</param>
    /// <param name="act">Does it and says what it came to; an answer that refuses is rolled back.</param>
    public async Task<PromotionAnswer> ActAsync(
        long id, int? seen, Actor actor, string permission, string? reason, Func<PromotionHeld, (string Rule, string Words)?> refuses,
        Func<NpgsqlConnection, PromotionHeld, Task<PromotionAnswer>> act, CancellationToken cancel, IReadOnlyDictionary<string, string>? detail = null)
    {
        await using var connection = await data.Work.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        if (await PromotionActs.LockAsync(connection, id, PromotionActs.Id(actor), cancel) is not { } held)
        {
            return new PromotionAnswer.Refused("unknown", "There is no such promotion.");
        }

        if (seen is { } version && version != held.Version)
        {
            return new PromotionAnswer.Refused("moved", "Somebody changed this promotion since you opened it. Look at it again, then decide.");
        }

        if (refuses(held) is { } no)
        {
            // Who tries to agree to their own plan is written down, as whoever tries what their role may not.
            if (no.Rule == FourEyes)
            {
                await audit.AppendAsync(connection, transaction, new AuditEntry(actor, permission, held.Subject, AuditOutcome.Refused, no.Words), cancel);
                await transaction.CommitAsync(cancel);
            }

            return new PromotionAnswer.Refused(no.Rule, no.Words);
        }

        var answer = await act(connection, held);
        if (answer is PromotionAnswer.Done { Count: >= 0 } done)
        {
            await PromotionActs.ActedAsync(connection, id, cancel);
            await audit.AppendAsync(connection, transaction, new AuditEntry(actor, permission, held.Subject, Reason: reason, Detail: Detail(held, done, detail)), cancel);
            await transaction.CommitAsync(cancel);
            Announce();
        }

        return answer;
    }

    /// <summary>Screens look again, and the pumps of this node at once.</summary>
    public void Announce()
    {
        changes.Announce(LiveTopics.Promotions);
        doorbell.Ring(Doorbell.Promotions, Doorbell.Checks);
    }

    /// <exception cref="ArgumentException">No reason, or one that is too long.</exception>
    public static string Reason(string why)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(why);
        return why.Trim() is { Length: <= LongestReason } reason ? reason : throw new ArgumentException($"The reason has {why.Trim().Length} characters; at most {LongestReason} fit.", nameof(why));
    }

    private static Dictionary<string, string> Detail(PromotionHeld held, PromotionAnswer.Done done, IReadOnlyDictionary<string, string>? more)
    {
        var detail = new Dictionary<string, string>(more ?? new Dictionary<string, string>(StringComparer.Ordinal), StringComparer.Ordinal)
        {
            ["revision"] = held.Revision.ToString(System.Globalization.CultureInfo.InvariantCulture), ["was"] = PromotionText.Of(held.State),
        };
        if (done.Count > 0)
        {
            detail["prices"] = done.Count.ToString(System.Globalization.CultureInfo.InvariantCulture);
        }

        return detail;
    }
}
