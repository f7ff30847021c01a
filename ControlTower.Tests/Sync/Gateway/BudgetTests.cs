using ControlTower.Data.Outbox;
using ControlTower.Sync.Connectors;
using ControlTower.Sync.Gateway;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace ControlTower.Tests.Sync.Gateway;

public sealed class BudgetTests
{
    private readonly FakeTimeProvider clock = new();

    [Fact]
    public void Lanes_behind_live_stop_at_85_percent_and_live_may_use_the_rest()
    {
        var budget = new Budget(new VendorLimits(5, RequestsPerWindow: 100, Window: TimeSpan.FromMinutes(5)), clock);
        Assert.Equal(85, Take(budget, DeliveryLane.Deferred, 200));
        Assert.Equal(15, Take(budget, DeliveryLane.Live, 200));
        Assert.False(budget.TryTake(DeliveryLane.Live, out var wait));
        Assert.Equal(TimeSpan.FromMinutes(5), wait);
    }

    [Fact]
    public void The_window_slides_so_that_no_five_minutes_hold_more_than_the_limit()
    {
        var budget = new Budget(new VendorLimits(5, RequestsPerWindow: 60, Window: TimeSpan.FromMinutes(5)), clock);
        var taken = new Queue<DateTimeOffset>();
        for (var second = 0; second < 1200; second++)
        {
            while (budget.TryTake(DeliveryLane.Live, out _))
            {
                taken.Enqueue(clock.GetUtcNow());
            }

            clock.Advance(TimeSpan.FromSeconds(1));
            while (taken.Count > 0 && taken.Peek() <= clock.GetUtcNow() - TimeSpan.FromMinutes(5))
            {
                taken.Dequeue();
            }

            Assert.True(taken.Count <= 60);
        }
    }

    [Fact]
    public void A_new_owner_goes_on_from_what_the_last_one_used()
    {
        var window = TimeSpan.FromMinutes(5);
        var budget = new Budget(new VendorLimits(5, RequestsPerWindow: 60, Window: window), clock);
        budget.Inherit(Enumerable.Range(0, 50).Select(i => (clock.GetUtcNow() - window + TimeSpan.FromSeconds(i + 1), DeliveryLane.Live)));
        Assert.Equal(10, Take(budget, DeliveryLane.Live, 200));
        clock.Advance(TimeSpan.FromSeconds(7));
        Assert.Equal(7, Take(budget, DeliveryLane.Live, 200));

        var bucket = new Budget(new VendorLimits(5, PointsPerSecond: 100, PointsCapacity: 1000), clock);
        bucket.Inherit(left: 0, age: TimeSpan.FromSeconds(1));
        Assert.Equal(5, Take(bucket, DeliveryLane.Live, 200));
    }

    [Fact]
    public void The_vendors_own_count_of_points_replaces_ours_and_refills_at_its_rate()
    {
        var budget = new Budget(new VendorLimits(5, PointsPerSecond: 100, PointsCapacity: 1000), clock);
        budget.Correct(available: 0, restoreRate: 100);
        Assert.False(budget.TryTake(DeliveryLane.Live, out var wait));
        clock.Advance(wait);
        Assert.True(budget.TryTake(DeliveryLane.Live, out _));
    }

    [Theory]
    [InlineData(1, 0.0, 0.1)]
    [InlineData(1, 1.0, 1.1)]
    [InlineData(5, 1.0, 16.1)]
    [InlineData(40, 1.0, 300.1)]
    public void Pauses_between_attempts_double_with_full_jitter_up_to_five_minutes(int attempts, double chance, double seconds) =>
        Assert.Equal(seconds, Backoff.After(attempts, null, chance).TotalSeconds, 3);

    [Fact]
    public void Retry_After_is_never_undercut()
    {
        for (var chance = 0.0; chance <= 1; chance += 0.1)
        {
            Assert.True(Backoff.After(1, TimeSpan.FromSeconds(30), chance) >= TimeSpan.FromSeconds(30));
        }
    }

    private static int Take(Budget budget, DeliveryLane lane, int tries) => Enumerable.Range(0, tries).Count(_ => budget.TryTake(lane, out var _));
}
