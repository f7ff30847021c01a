using ControlTower.Sync.Gateway;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace ControlTower.Tests.Sync.Gateway;

public sealed class CircuitBreakerTests
{
    private readonly FakeTimeProvider clock = new();

    [Fact]
    public void It_trips_when_half_of_the_last_calls_failed_and_lets_nobody_through()
    {
        var breaker = Tripped();
        Assert.Equal(BreakerState.Open, breaker.State);
        Assert.Equal(0, breaker.Admit(10));
    }

    [Fact]
    public void After_its_pause_it_lets_one_call_through_at_a_time_and_closes_after_three_successes()
    {
        var breaker = Tripped();
        clock.Advance(TimeSpan.FromSeconds(5));
        for (var probe = 1; probe <= 3; probe++)
        {
            Assert.Equal(1, breaker.Admit(10));
            breaker.TryBegin();
            Assert.Equal(0, breaker.Admit(10));
            breaker.Succeeded();
        }

        Assert.Equal(BreakerState.Closed, breaker.State);
        Assert.Equal(10, breaker.Admit(10));
    }

    [Fact]
    public void Real_work_is_let_through_only_as_the_last_probe()
    {
        var breaker = Tripped();
        clock.Advance(TimeSpan.FromSeconds(5));
        for (var probe = 1; probe <= 3; probe++)
        {
            breaker.Admit(10);
            Assert.Equal(probe == 3, breaker.AdmitsWork);
            breaker.TryBegin();
            breaker.Succeeded();
        }

        Assert.True(breaker.AdmitsWork);
    }

    [Fact]
    public void A_failed_probe_doubles_the_pause_up_to_twenty_seconds_and_keeps_the_time_of_the_outage()
    {
        var breaker = Tripped();
        var since = breaker.Since;
        foreach (var expected in new[] { 10, 20, 20, 20, 20 })
        {
            clock.Advance(breaker.NextProbeAt!.Value - clock.GetUtcNow());
            Assert.Equal(1, breaker.Admit(1));
            breaker.TryBegin();
            breaker.Failed("still down");
            Assert.Equal(TimeSpan.FromSeconds(expected), breaker.NextProbeAt - clock.GetUtcNow());
        }

        Assert.Equal(BreakerState.Open, breaker.State);
        Assert.True(since <= breaker.Since);
    }

    [Fact]
    public void A_call_that_we_cancelled_says_nothing_and_frees_the_probe()
    {
        var breaker = Tripped();
        clock.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal(1, breaker.Admit(1));
        breaker.TryBegin();
        breaker.Abandoned();
        Assert.Equal(BreakerState.HalfOpen, breaker.State);
        Assert.Equal(1, breaker.Admit(1));
    }

    private CircuitBreaker Tripped()
    {
        var breaker = new CircuitBreaker(new BreakerRule(), clock);
        for (var i = 0; i < 5; i++)
        {
            breaker.TryBegin();
            breaker.Failed("down");
        }

        return breaker;
    }
}
