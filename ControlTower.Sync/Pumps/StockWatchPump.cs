using ControlTower.Data.Db;
using ControlTower.Data.Inventory;
using ControlTower.Data.Live;

namespace ControlTower.Sync.Pumps;

/// <summary>Tells which watched levels fell or rose. Movements are stored with the stock that moved; whoever dies here leaves them to the next look.</summary>
public sealed class StockWatchPump(TowerDataSources data, ChangeNotifier changes) : IPump
{
    private const int Batch = 2_000;

    public string Name => "stock-watch";

    public string Bell => "#stock-watch";

    public TimeSpan Idle => TimeSpan.FromSeconds(2);

    public async Task<PumpRun> RunOnceAsync(CancellationToken cancel)
    {
        var looked = await StockWatchStore.LookAsync(data.Work, Batch, cancel);
        if (looked > 0)
        {
            changes.Announce(LiveTopics.Stock);
        }

        return new PumpRun(looked, 0, looked == Batch);
    }
}
