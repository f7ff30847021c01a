namespace ControlTower.Sync.Pumps;

/// <summary>Endless work, one piece at a time. The loop around it is dull and elsewhere; <see cref="RunOnceAsync"/> holds the meaning and is what tests call.</summary>
public interface IPump
{
    /// <summary>Stable, shown to operators.</summary>
    string Name { get; }

    /// <summary>The bell that wakes this pump early.</summary>
    string Bell { get; }

    /// <summary>Longest pause between two looks when nobody rings.</summary>
    TimeSpan Idle { get; }

    Task<PumpRun> RunOnceAsync(CancellationToken cancel);

    /// <summary>Called once when the node stops: finish or hand over what is in hand.</summary>
    Task StopAsync(CancellationToken cancel) => Task.CompletedTask;
}

/// <param name="Taken">Pieces of work taken in this run.</param>
/// <param name="Failed">Of those, how many failed.</param>
/// <param name="Again">True if there is probably more: run again at once.</param>
/// <param name="Trouble">What outside keeps the pump from its work, shown to operators; null if nothing does. The run itself ended well, and the node stays ready.</param>
public readonly record struct PumpRun(int Taken, int Failed, bool Again, string? Trouble = null)
{
    public static readonly PumpRun Nothing = new(0, 0, false);
}
