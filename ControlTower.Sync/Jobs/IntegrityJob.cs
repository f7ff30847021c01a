using ControlTower.Sync.Integrity;
using Hangfire;

namespace ControlTower.Sync.Jobs;

/// <summary>Each minute, and when somebody asks: the check of the data that is due.</summary>
public sealed class IntegrityJob(IntegrityCheck check)
{
    // Not repeated: the next minute is soon enough.
    [AutomaticRetry(Attempts = 0, OnAttemptsExceeded = AttemptsExceededAction.Delete)]
    [BriefHistory(minutes: 5)]
    public Task RunAsync(CancellationToken cancel) => check.RunAsync(cancel);
}
