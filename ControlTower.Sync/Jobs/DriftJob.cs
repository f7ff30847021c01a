using ControlTower.Data.Db;
using ControlTower.Data.Inventory;
using ControlTower.Data.Live;
using Hangfire;

namespace ControlTower.Sync.Jobs;

/// <summary>Each minute: some of what channels show is compared, so that all of it is within a day; what moved while no connection was at work is reckoned.</summary>
public sealed class DriftJob(TowerDataSources data, ChangeNotifier changes)
{
    // Not repeated: the next minute is soon enough.
    [AutomaticRetry(Attempts = 0, OnAttemptsExceeded = AttemptsExceededAction.Delete)]
    [BriefHistory(minutes: 5)]
    public async Task RunAsync(CancellationToken cancel)
    {
        await DriftStore.SampleAsync(data.Work, cancel);
        while (await PublicationStore.MarkAsync(data.Work, cancel) > 0)
        {
        }

        changes.Announce(LiveTopics.Stock);
    }

    /// <summary>Each hour: what a channel should show and nobody reckoned is.</summary>
    [AutomaticRetry(Attempts = 0, OnAttemptsExceeded = AttemptsExceededAction.Delete)]
    public Task FillAsync(CancellationToken cancel) => DriftStore.FillAsync(data.Work, cancel);
}
