using ControlTower.Data.Outbox;
using ControlTower.Sync.Connections;
using ControlTower.Sync.Connectors;
using ControlTower.Sync.Gateway;
using ControlTower.Tests.Simulation;
using ControlTower.Tests.Support;
using Xunit;

namespace ControlTower.Tests.Sync.Gateway;

/// <summary>Somebody sets the clock of the machine while the tower waits for a vendor.</summary>
public sealed class SetClockTests
{
    private static readonly DateTimeOffset Start = new(2026, 3, 1, 10, 0, 0, TimeSpan.Zero);

    private readonly SimClock clock = new(Start);

    [Promise(13)]
    [Promise(25)]
    [Theory]
    [InlineData(1)]
    [InlineData(-1)]
    public void Retry_After_lasts_as_long_as_the_vendor_asked(int days)
    {
        var profile = new ConnectionProfile("erp", "estate", "ERP", "", null, null, "UTC", null, new Dictionary<string, string>(), new Dictionary<string, string>());
        var connector = new EstateConnector(new Estate(new Random(1), new Coverage()), SystemRole.Erp);
        using var gate = new ConnectionGate(new LiveConnection(profile, connector, false, null, 1, null), new HttpClientHandler(), new BreakerRule(), clock);
        gate.Wait(TimeSpan.FromMinutes(2));
        clock.Skew = TimeSpan.FromDays(days);

        clock.Advance(TimeSpan.FromSeconds(119));
        Assert.Equal(0, gate.FreeSlots);
        clock.Advance(TimeSpan.FromSeconds(2));
        Assert.NotEqual(0, gate.FreeSlots);
    }

    [Promise(13)]
    [Promise(25)]
    [Theory]
    [InlineData(1)]
    [InlineData(-1)]
    public void An_open_door_is_tried_again_after_its_pause(int days)
    {
        var breaker = new CircuitBreaker(new BreakerRule(Least: 1), clock);
        breaker.Failed(default, "down");
        clock.Skew = TimeSpan.FromDays(days);

        Assert.Equal(0, breaker.Admit(1));
        clock.Advance(breaker.Rule.First);
        Assert.Equal(1, breaker.Admit(1));
    }

    [Promise(13)]
    [Promise(25)]
    [Theory]
    [InlineData(1)]
    [InlineData(-1)]
    public void The_window_of_a_limit_moves_on_as_time_does(int days)
    {
        var budget = new Budget(new VendorLimits(Concurrency: 1, RequestsPerWindow: 1, Window: TimeSpan.FromMinutes(1)), clock);
        Assert.True(budget.TryTake(DeliveryLane.Live, out _));
        clock.Skew = TimeSpan.FromDays(days);

        Assert.False(budget.TryTake(DeliveryLane.Live, out _));
        clock.Advance(TimeSpan.FromMinutes(1));
        Assert.True(budget.TryTake(DeliveryLane.Live, out _));
    }

    [Sabotage(25)]
    [Fact]
    public void P25_sabotage_who_measures_by_the_clock_on_the_wall_calls_a_day_too_early_or_for_a_day_not_at_all()
    {
        var wall = new WallClock(clock);
        var breaker = new CircuitBreaker(new BreakerRule(Least: 1), wall);
        var budget = new Budget(new VendorLimits(Concurrency: 1, RequestsPerWindow: 1, Window: TimeSpan.FromMinutes(1)), wall);
        breaker.Failed(default, "down");
        Assert.True(budget.TryTake(DeliveryLane.Live, out _));

        clock.Skew = TimeSpan.FromDays(1);
        Assert.Equal(1, breaker.Admit(1));
        Assert.True(budget.TryTake(DeliveryLane.Live, out _));

        clock.Skew = TimeSpan.FromDays(-1);
        clock.Advance(TimeSpan.FromHours(1));
        Assert.False(budget.TryTake(DeliveryLane.Live, out _));
    }

    /// <summary>What somebody has who takes the difference of two times of day: a stopwatch that anybody can set.</summary>
    private sealed class WallClock(TimeProvider machine) : TimeProvider
    {
        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override DateTimeOffset GetUtcNow() => machine.GetUtcNow();

        public override long GetTimestamp() => machine.GetUtcNow().Ticks;
    }
}
