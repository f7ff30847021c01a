using ControlTower.Data.ApiClients;

namespace ControlTower.Web.Api;

/// <summary>What a limit says of a request.</summary>
/// <param name="Left">Requests that may come at once after this one.</param>
/// <param name="Wait">Seconds until one more may come.</param>
/// <param name="Busy">It was refused because too many are under way, not because too many came.</param>
internal readonly record struct ApiPass(bool In, long Left, int Wait, bool Busy);

/// <summary>
/// Requests of one client on this node: so many a second in the long run, so many in one moment, so many under way. Exact, without a timer: what has come back since is reckoned when somebody asks. The limits are
/// told with each request, so that new ones hold from the next on.
/// </summary>
internal sealed class ApiBucket(TimeProvider clock)
{
    private readonly Lock gate = new();
    private double tokens = double.MaxValue;
    private long at = clock.GetTimestamp();
    private int underWay;

    public ApiPass Enter(ApiLimits limits)
    {
        lock (gate)
        {
            var now = clock.GetTimestamp();
            tokens = Math.Min(limits.Burst, tokens + (clock.GetElapsedTime(at, now).TotalSeconds * limits.PerSecond));
            at = now;
            if (underWay >= limits.AtOnce)
                return new ApiPass(false, (long)tokens, 1, Busy: true);
            if (tokens < 1)
                return new ApiPass(false, 0, (int)Math.Ceiling((1 - tokens) / limits.PerSecond), Busy: false);
            tokens--;
            underWay++;
            return new ApiPass(true, (long)tokens, (int)Math.Ceiling((limits.Burst - tokens) / limits.PerSecond), Busy: false);
        }
    }

    /// <param name="done">False: it was refused by another limit and counts nothing here.</param>
    public void Leave(bool done)
    {
        lock (gate)
        {
            underWay--;
            if (!done)
                tokens++;
        }
    }
}
