using ControlTower.Data.Db;
using ControlTower.Data.Live;
using ControlTower.Data.PosImports;
using ControlTower.Data.Reconciliation;
using ControlTower.Sync.PosImports;
using Hangfire;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace ControlTower.Sync.Jobs;

/// <summary>Each hour: everything is settled anew and the days are reckoned. It proves what was kept as lines came, and finds nothing new unless something was kept wrong.</summary>
public sealed partial class ReconciliationJob(TowerDataSources data, ChangeNotifier changes, TimeProvider clock, IOptions<PosImportOptions> tills, ILogger<ReconciliationJob> log)
{
    private const int Days = 62;

    // Not repeated: the next hour is soon enough.
    [AutomaticRetry(Attempts = 0, OnAttemptsExceeded = AttemptsExceededAction.Delete)]
    [BriefHistory(minutes: 120)]
    public async Task RunAsync(CancellationToken cancel)
    {
        // What is only marked is late, not wrong.
        while (await ReconWork.SettleAsync(data.Work, 10_000, cancel) > 0)
        {
        }

        var today = DateOnly.FromDateTime(clock.GetUtcNow().UtcDateTime);
        var found = await ReconWork.ProveAsync(data.Work, today.AddDays(-Days), today.AddDays(1), cancel);
        if (found > 0)
        {
            Found(log, found);
        }

        changes.Announce(LiveTopics.Reconciliation);
    }

    /// <summary>Every five minutes: a backlog beyond its limits and a channel or a store that fell silent are told, once a day.</summary>
    [AutomaticRetry(Attempts = 0, OnAttemptsExceeded = AttemptsExceededAction.Delete)]
    [BriefHistory(minutes: 15)]
    public async Task TellAsync(CancellationToken cancel)
    {
        await ReconWork.TellAsync(data.Work, cancel);
        await PosFileStore.TellSilentAsync(data.Work, tills.Value.SilentAfter, cancel);
    }

    [LoggerMessage(EventId = 2670, Level = LogLevel.Warning, Message = "The full pass of the reconciliation changed {Count} items that were not marked")]
    private static partial void Found(ILogger log, int count);
}
