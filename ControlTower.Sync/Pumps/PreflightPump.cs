using ControlTower.Sync.Promotions;

namespace ControlTower.Sync.Pumps;

/// <summary>
/// Checks plans, the one that was asked for longest ago first. A large plan takes minutes: it is checked beside the runs of this pump, each of which only looks whether it is done, and apart from the
/// releases, whose hours, guards and rollbacks wait for no check. What a node that dies had in hand is taken by another at once.
/// </summary>
public sealed class PreflightPump(Preflight preflight, Doorbell doorbell) : IPump, IDisposable
{
    private readonly CancellationTokenSource ending = new();

    public string Name => "promotion-checks";

    public string Bell => Doorbell.Checks;

    public TimeSpan Idle => TimeSpan.FromSeconds(1);

    /// <summary>The check under way, with how many plans it came to; done if there is none.</summary>
    internal Task<int> Checking { get; private set; } = Task.FromResult(0);

    public async Task<PumpRun> RunOnceAsync(CancellationToken cancel)
    {
        if (!Checking.IsCompleted)
        {
            return PumpRun.Nothing;
        }

        (var ended, Checking) = (Checking, Task.FromResult(0));
        // What the database did to the last one shows here, and leads to the pause that every pump makes then.
        var plans = await ended;
        Checking = RunAsync();
        return new PumpRun(plans, 0, Again: false);
    }

    /// <summary>Breaks off what this node has in hand: it stays asked for.</summary>
    public async Task StopAsync(CancellationToken cancel)
    {
        await ending.CancelAsync();
        await ((Task)Checking).WaitAsync(cancel).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    public void Dispose() => ending.Dispose();

    private async Task<int> RunAsync()
    {
        // The run that began it must end: the first statement may take long.
        await Task.Yield();
        var plans = await preflight.RunDueAsync(ending.Token);
        if (plans > 0)
        {
            doorbell.Ring(Doorbell.Checks);
        }

        return plans;
    }
}
