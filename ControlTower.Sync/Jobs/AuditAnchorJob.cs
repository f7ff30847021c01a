using ControlTower.Data.Audit;
using Hangfire;

namespace ControlTower.Sync.Jobs;

/// <summary>Each minute: the head of the audit chain goes where whoever rewrites the database cannot reach it.</summary>
public sealed class AuditAnchorJob(AuditAnchoring anchoring)
{
    // Not repeated: the next minute is soon enough. A run that failed is dropped, not kept, because a failing anchor would leave a row for ever each minute; the schedule shows the last.
    [AutomaticRetry(Attempts = 0, OnAttemptsExceeded = AttemptsExceededAction.Delete)]
    [BriefHistory(minutes: 5)]
    public async Task RunAsync(CancellationToken cancel) => await anchoring.RunAsync(cancel);
}
