using System.Globalization;
using ControlTower.Data.Audit;
using ControlTower.Data.Db;
using ControlTower.Data.Flows;
using ControlTower.Data.Live;
using ControlTower.Data.Overview;
using ControlTower.Sync.Flows.OrderToCash;
using ControlTower.Sync.Flows.ReturnToRefund;

namespace ControlTower.Sync.Administration;

/// <summary>A stage, how long something may stay in it, and what stands there now.</summary>
/// <param name="Rule">Null: nobody has set it.</param>
/// <param name="Figure">Null: nothing stands there.</param>
public sealed record StageLimitLine(string Flow, string Stage, TimeSpan Shipped, StageRule? Rule, StageFigure? Figure)
{
    public TimeSpan Most => Rule?.Most ?? Shipped;
}

/// <summary>Limits of stages in the hands of admins. A change is one transaction with its audit entry; it is in force on this node at once and on the others within <see cref="StageLimitWatch.Pace"/>.</summary>
public sealed class StageLimitDesk(TowerDataSources data, AuditLog audit, OverviewQueries overview, StageLimitBook book, ChangeNotifier changes)
{
    public const string Manage = "admin:limit:manage";
    public const int LongestReason = 300;
    public const int MostMinutes = 525_600;

    /// <summary>The stages in which something is under way, each with its flow.</summary>
    public static IReadOnlyList<(string Flow, string Stage)> Stages { get; } =
    [
        .. OrderStages.InOrder.Where(stage => stage != OrderStages.Paid).Select(stage => (OrderToCashFlow.Name, stage)),
        .. new[] { ReturnStages.Requested, ReturnStages.Authorised, ReturnStages.Received, ReturnStages.Inspected, ReturnStages.Credited, ReturnStages.Refunded }.Select(stage => (ReturnToRefundFlow.Name, stage)),
    ];

    public async Task<IReadOnlyList<StageLimitLine>> ListAsync(CancellationToken cancel)
    {
        var rules = await StageRuleStore.ListAsync(data.Read, cancel);
        var limits = book.Shipped.With(rules);
        var figures = new Dictionary<string, IReadOnlyList<StageFigure>>(StringComparer.Ordinal);
        foreach (var flow in Stages.Select(s => s.Flow).Distinct())
        {
            figures[flow] = await overview.StagesAsync(limits, flow, cancel: cancel);
        }

        return [.. Stages.Select(s => new StageLimitLine(s.Flow, s.Stage, book.Shipped.For(s.Stage), rules.Find(r => r.Stage == s.Stage), figures[s.Flow].FirstOrDefault(f => f.Stage == s.Stage)))];
    }

    /// <summary>How many of what stands in a stage now would be late.</summary>
    public async Task<long> LateAsync(StageLimitLine line, int? minutes, CancellationToken cancel)
    {
        var limits = new StageLimits { Otherwise = minutes is { } most ? TimeSpan.FromMinutes(most) : line.Shipped };
        limits.Stages.Clear();
        return (await overview.StagesAsync(limits, line.Flow, cancel: cancel)).FirstOrDefault(f => f.Stage == line.Stage)?.Late ?? 0;
    }

    /// <summary>False if somebody changed it since it was seen.</summary>
    /// <param name="minutes">Null: as the settings say again.</param>
    /// <exception cref="ArgumentException">There is no such stage, the time is out of bounds, or no reason is given.</exception>
    public async Task<bool> ChangeAsync(string stage, int? minutes, int seen, string reason, Actor actor, CancellationToken cancel)
    {
        if (!Stages.Any(s => s.Stage == stage))
        {
            throw new ArgumentException("There is no such stage.", nameof(stage));
        }

        if (minutes is < 1 or > MostMinutes)
        {
            throw new ArgumentException("Enter a minute to 365 days.", nameof(minutes));
        }

        reason = reason.Trim();
        if (reason.Length is 0 or > LongestReason)
        {
            throw new ArgumentException($"Give a reason of at most {LongestReason} characters.", nameof(reason));
        }

        await using (var connection = await data.Work.OpenConnectionAsync(cancel))
        {
            await using var transaction = await connection.BeginTransactionAsync(cancel);
            if (!await StageRuleStore.PutAsync(connection, stage, minutes, seen, actor.Name, cancel))
            {
                return false;
            }

            await audit.AppendAsync(
                connection, transaction,
                new AuditEntry(actor, Manage, $"stage:{stage}", Reason: reason, Detail: new Dictionary<string, string>(StringComparer.Ordinal) { ["minutes"] = minutes?.ToString(CultureInfo.InvariantCulture) ?? "as set up" }), cancel);
            await transaction.CommitAsync(cancel);
        }

        book.Take(await StageRuleStore.ListAsync(data.Work, cancel));
        changes.Announce(LiveTopics.Flows | LiveTopics.Cases);
        return true;
    }
}
