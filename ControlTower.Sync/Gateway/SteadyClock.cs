namespace ControlTower.Sync.Gateway;

/// <summary>
/// The time of day when this began, moved on by the stopwatch: whoever sets the machine's clock neither shortens a wait that a vendor asked for nor makes one last a day.
/// </summary>
internal sealed class SteadyClock(TimeProvider clock)
{
    private readonly DateTimeOffset began = clock.GetUtcNow();
    private readonly long at = clock.GetTimestamp();

    public DateTimeOffset Now => began + clock.GetElapsedTime(at);
}
