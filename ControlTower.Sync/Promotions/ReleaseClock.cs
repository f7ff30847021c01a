namespace ControlTower.Sync.Promotions;

/// <summary>The moment by which tests let releases be judged; in production the database's.</summary>
public sealed record ReleaseClock(Func<DateTimeOffset> Read)
{
    public DateTimeOffset Now => Read();
}
