using ControlTower.Sync.Feeds;
using Hangfire;

namespace ControlTower.Sync.Jobs;

/// <summary>Each minute: business days of feeds whose time has come are planned; the pump carries them out.</summary>
public sealed class FeedJob(FeedPlanner planner)
{
    // Not repeated: the next minute is soon enough.
    [AutomaticRetry(Attempts = 0, OnAttemptsExceeded = AttemptsExceededAction.Delete)]
    [BriefHistory(minutes: 5)]
    public Task RunAsync(CancellationToken cancel) => planner.RunAsync(cancel);
}
