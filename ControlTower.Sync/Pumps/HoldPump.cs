using ControlTower.Data.Inventory;
using ControlTower.Sync.Telemetry;

namespace ControlTower.Sync.Pumps;

/// <summary>Gives back what was held when its time is up, and takes counts over that waited for promises to end. The database's clock decides; that a commit came first is decided by its locks.</summary>
public sealed class HoldPump(StockHoldStore holds) : IPump
{
    private const int Batch = 500;

    public string Name => "holds";

    public string Bell => "#holds";

    public TimeSpan Idle => TimeSpan.FromSeconds(1);

    public async Task<PumpRun> RunOnceAsync(CancellationToken cancel)
    {
        var ended = await holds.ExpireAsync(Batch, cancel);
        for (var i = 0; i < ended; i++)
        {
            TowerTelemetry.CountOutcome(Name, "expired");
        }

        var counts = await holds.CountAgainAsync(Batch, cancel);
        return new PumpRun(ended + counts, 0, ended == Batch);
    }
}
