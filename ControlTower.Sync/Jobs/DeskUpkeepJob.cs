using ControlTower.Data.Db;
using ControlTower.Data.Flows;
using ControlTower.Data.Live;
using ControlTower.Data.Triage;
using ControlTower.Sync.Administration;
using ControlTower.Sync.Flows.OrderToCash;
using Hangfire;

namespace ControlTower.Sync.Jobs;

/// <summary>Each minute: cases that a dead process left retrying are open again, so that people can retry or close them; what was skipped goes on; what follows from rates and
/// from the clock is reckoned; the counts of the desk are added up; old cases get the words that they are found by.</summary>
public sealed class DeskUpkeepJob(TowerDataSources data, ChangeNotifier changes, StageLimitBook limits, TimeProvider clock)
{
    /// <summary>Longer than any retry of a flow's own check takes; deliveries and messages in work are never given back, however long they take.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    /// <summary>The next minute goes on where this one stopped.</summary>
    private static readonly TimeSpan ReckonAtMost = TimeSpan.FromSeconds(40);

    // Not repeated: the next minute is soon enough.
    [AutomaticRetry(Attempts = 0, OnAttemptsExceeded = AttemptsExceededAction.Delete)]
    [BriefHistory(minutes: 5)]
    public async Task RunAsync(CancellationToken cancel)
    {
        if (await RetryStore.GiveBackAsync(data.Work, Patience, cancel) > 0)
        {
            changes.Announce(LiveTopics.Cases);
        }

        await CaseDeskStore.SkipAgainAsync(data.Work, Acknowledging.Forgo, cancel);
        await CaseReckoning.LimitAsync(data.Work, limits.Current, cancel);
        await CaseReckoning.WorkAsync(data.Work, clock, ReckonAtMost, cancel);
        await CaseTally.AddUpAsync(data.Work, cancel);
        await CaseWordsUpkeep.FillAsync(data.Work, cancel);
    }
}
