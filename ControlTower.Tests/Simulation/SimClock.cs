using Microsoft.Extensions.Time.Testing;

namespace ControlTower.Tests.Simulation;

/// <summary>The clock of one machine: it runs while the machine does, and somebody may set its wall clock, which moves no timer and no stopwatch.</summary>
internal sealed class SimClock(DateTimeOffset start) : TimeProvider
{
    private readonly FakeTimeProvider steady = new(start);

    /// <summary>How far the wall clock was set off.</summary>
    public TimeSpan Skew { get; set; }

    public override long TimestampFrequency => steady.TimestampFrequency;

    public void Advance(TimeSpan by) => steady.Advance(by);

    public override DateTimeOffset GetUtcNow() => steady.GetUtcNow() + Skew;

    public override long GetTimestamp() => steady.GetTimestamp();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => steady.CreateTimer(callback, state, dueTime, period);
}
