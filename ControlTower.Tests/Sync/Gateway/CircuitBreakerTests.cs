using ControlTower.Sync.Gateway;
using ControlTower.Tests.Support;
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
            breaker.TryBegin(out var call);
            Assert.Equal(0, breaker.Admit(10));
            breaker.Succeeded(call);
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
            breaker.TryBegin(out var call);
            breaker.Succeeded(call);
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
            breaker.TryBegin(out var call);
            breaker.Failed(call, "still down");
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
        breaker.TryBegin(out var call);
        breaker.Abandoned(call);
        Assert.Equal(BreakerState.HalfOpen, breaker.State);
        Assert.Equal(1, breaker.Admit(1));
    }

    [Promise(13)]
    [Fact]
    public void A_call_from_before_the_outage_that_ends_late_neither_frees_the_place_of_the_probe_nor_counts_as_one()
    {
        var breaker = new CircuitBreaker(new BreakerRule(), clock);
        breaker.TryBegin(out var fails);
        breaker.TryBegin(out var succeeds);
        Trip(breaker);
        clock.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal(1, breaker.Admit(10));
        breaker.TryBegin(out var probe);

        breaker.Succeeded(succeeds);
        breaker.Failed(fails, "no answer in time");

        Assert.Equal((BreakerState.HalfOpen, 0, 0), (breaker.State, breaker.ProbesDone, breaker.Admit(10)));
        breaker.Succeeded(probe);
        Assert.Equal((1, 1), (breaker.ProbesDone, breaker.Admit(10)));
    }

    private CircuitBreaker Tripped()
    {
        var breaker = new CircuitBreaker(new BreakerRule(), clock);
        Trip(breaker);
        return breaker;
    }

    private static void Trip(CircuitBreaker breaker)
    {
        for (var i = 0; i < 5; i++)
        {
            breaker.TryBegin(out var call);
            breaker.Failed(call, "down");
        }
    }
}
