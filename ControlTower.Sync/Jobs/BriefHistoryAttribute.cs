using Hangfire.Common;
using Hangfire.States;
using Hangfire.Storage;

namespace ControlTower.Sync.Jobs;

/// <summary>Ended runs of a frequent job are forgotten after minutes instead of a day.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class BriefHistoryAttribute(int minutes) : JobFilterAttribute, IApplyStateFilter
{
    public int Minutes => minutes;

    public void OnStateApplied(ApplyStateContext context, IWriteOnlyTransaction transaction) => context.JobExpirationTimeout = TimeSpan.FromMinutes(minutes);

    public void OnStateUnapplied(ApplyStateContext context, IWriteOnlyTransaction transaction)
    {
        // Nothing was changed that would have to be undone.
    }
}
