using ControlTower.Data.Outbox;
using ControlTower.Sync.Connectors;

namespace ControlTower.Sync.Gateway;

/// <summary>What is used of a vendor's limits, for screens. Shares by lane are of the whole limit.</summary>
public sealed record BudgetView(int Used, int? Limit, double WindowSeconds, int[] UsedByLane, double? Points, double? PointsCapacity, double? PointsRestore, int Concurrent, int Concurrency);

/// <summary>
/// Keeps within the vendor's limits before the vendor has to say so. Requests per sliding window and cost points per second; live traffic may use all of it, the
/// lanes behind it stop at 85 %, so that a drain or a replay never takes the last of the budget from a new order.
/// </summary>
public sealed class Budget(VendorLimits limits, TimeProvider clock)
{
    private const double BehindLive = 0.85;
    private const double PointsOfOneCall = 20;

    private readonly Lock gate = new();
    private readonly SteadyClock steady = new(clock);
    private readonly Queue<(DateTimeOffset At, DeliveryLane Lane)> window = new();
    private readonly int[] byLane = new int[4];
    private readonly double capacity = limits.PointsCapacity ?? 0;
    private double points = limits.PointsCapacity ?? 0;
    private double restore = limits.PointsPerSecond ?? 0;
    private DateTimeOffset pointsAt = clock.GetUtcNow();

    public TimeSpan Window => limits.Window ?? TimeSpan.FromMinutes(5);

    /// <summary>Takes one request of the budget, or says how long to wait before asking again.</summary>
    public bool TryTake(DeliveryLane lane, out TimeSpan wait)
    {
        lock (gate)
        {
            var now = steady.Now;
            Slide(now);
            Restore(now);
            var share = lane == DeliveryLane.Live ? 1 : BehindLive;
            if (limits.RequestsPerWindow is { } most && window.Count >= (int)(most * share))
            {
                wait = Positive(window.Peek().At + Window - now);
                return false;
            }

            var floor = lane == DeliveryLane.Live ? 0 : capacity * (1 - BehindLive);
            if (limits.PointsPerSecond is not null && points - PointsOfOneCall < floor)
            {
                wait = Positive(TimeSpan.FromSeconds((floor + PointsOfOneCall - points) / Math.Max(restore, 1)));
                return false;
            }

            window.Enqueue((now, lane));
            byLane[(int)lane]++;
            points -= limits.PointsPerSecond is null ? 0 : PointsOfOneCall;
            wait = TimeSpan.Zero;
            return true;
        }
    }

    /// <summary>Requests that were made before this owner began, oldest first.</summary>
    public void Inherit(IEnumerable<(DateTimeOffset At, DeliveryLane Lane)> made)
    {
        lock (gate)
        {
            foreach (var request in made)
            {
                window.Enqueue(request);
                byLane[(int)request.Lane]++;
            }
        }
    }

    /// <summary>What was left of the bucket, and how long ago. Null: nothing is known, it is taken to be full.</summary>
    public void Inherit(double? left, TimeSpan age)
    {
        lock (gate)
        {
            if (left is { } known && limits.PointsPerSecond is not null)
            {
                points = Math.Min(capacity, known + (restore * age.TotalSeconds));
            }
        }
    }

    /// <summary>The vendor's own count replaces ours.</summary>
    public void Correct(double available, double restoreRate)
    {
        lock (gate)
        {
            points = available;
            restore = restoreRate;
            pointsAt = steady.Now;
        }
    }

    public BudgetView View(int concurrent)
    {
        lock (gate)
        {
            var now = steady.Now;
            Slide(now);
            Restore(now);
            return new BudgetView(
                window.Count, limits.RequestsPerWindow, Window.TotalSeconds, [.. byLane], limits.PointsPerSecond is null ? null : Math.Round(points),
                limits.PointsCapacity, limits.PointsPerSecond is null ? null : restore, concurrent, limits.Concurrency);
        }
    }

    private void Slide(DateTimeOffset now)
    {
        while (window.TryPeek(out var oldest) && oldest.At + Window <= now)
        {
            byLane[(int)window.Dequeue().Lane]--;
        }
    }

    private void Restore(DateTimeOffset now)
    {
        points = Math.Min(capacity, points + (restore * Math.Max(0, (now - pointsAt).TotalSeconds)));
        pointsAt = now;
    }

    private static TimeSpan Positive(TimeSpan time) => time > TimeSpan.Zero ? time : TimeSpan.FromMilliseconds(10);
}
