using ControlTower.Sync.Gateway;
using Xunit;

namespace ControlTower.Tests.Sync.Gateway;

public sealed class DrainForecastTests
{
    private static readonly DrainInput Draining = new(
        Waiting: 1200, Paused: false, Shut: false, Probing: false, RequestsAllowed: 20, LiveRequests: 5, RequestsPerPosting: 2, Concurrency: 10, SecondsPerRequest: 0.4,
        Settled: 3, Arriving: 1);

    [Fact]
    public void An_empty_queue_is_said_to_be_empty_even_while_paused() =>
        Assert.IsType<DrainOutlook.Empty>(DrainForecast.Of(Draining with { Waiting = 0, Paused = true }));

    [Fact]
    public void A_paused_connection_gets_no_time() =>
        Assert.Contains("Paused", Assert.IsType<DrainOutlook.NotDraining>(DrainForecast.Of(Draining with { Paused = true })).Why, StringComparison.Ordinal);

    [Fact]
    public void An_open_circuit_gets_no_time_whatever_was_settled_before() =>
        Assert.IsType<DrainOutlook.NotDraining>(DrainForecast.Of(Draining with { Shut = true }));

    [Fact]
    public void A_queue_that_grows_gets_no_time() =>
        Assert.IsType<DrainOutlook.NotDraining>(DrainForecast.Of(Draining with { Arriving = 3 }));

    [Fact]
    public void A_queue_of_which_nothing_was_settled_gets_no_time() =>
        Assert.IsType<DrainOutlook.NotDraining>(DrainForecast.Of(Draining with { Settled = 0, Arriving = 0 }));

    [Fact]
    public void Live_traffic_that_takes_the_whole_budget_leaves_nothing_to_drain_with() =>
        Assert.IsType<DrainOutlook.NotDraining>(DrainForecast.Of(Draining with { LiveRequests = 17 }));

    [Fact]
    public void The_likely_time_is_the_queue_over_what_left_it_on_balance()
    {
        var outlook = Assert.IsType<DrainOutlook.Draining>(DrainForecast.Of(Draining));
        Assert.Equal(600, outlook.Likely.TotalSeconds, 0.5);
        Assert.True(outlook.Low < outlook.Likely && outlook.Likely < outlook.High, $"{outlook}");
    }

    [Fact]
    public void What_the_vendor_allows_beside_live_traffic_bounds_a_burst()
    {
        // 20 requests a second less 15 % less 5 live, at 2 per posting: 6 postings a second.
        var outlook = Assert.IsType<DrainOutlook.Draining>(DrainForecast.Of(Draining with { Settled = 50, Arriving = 0 }));
        Assert.Equal(6, outlook.Ahead!.Value, 0.001);
        Assert.Equal(200, outlook.Likely.TotalSeconds, 0.5);
    }

    [Fact]
    public void The_number_of_calls_at_a_time_bounds_it_where_the_vendor_states_no_limit()
    {
        var outlook = Assert.IsType<DrainOutlook.Draining>(
            DrainForecast.Of(Draining with { RequestsAllowed = null, Concurrency = 2, SecondsPerRequest = 0.25, LiveRequests = 0, RequestsPerPosting = 1, Settled = 40 }));
        Assert.Equal(8, outlook.Ahead!.Value, 0.001);
    }

    [Fact]
    public void Without_any_known_limit_only_what_was_measured_counts()
    {
        var outlook = Assert.IsType<DrainOutlook.Draining>(DrainForecast.Of(Draining with { RequestsAllowed = null, SecondsPerRequest = null }));
        Assert.Null(outlook.Ahead);
        Assert.Equal(600, outlook.Likely.TotalSeconds, 0.5);
    }

    [Fact]
    public void A_half_open_circuit_is_expected_to_speed_up()
    {
        var closed = (DrainOutlook.Draining)DrainForecast.Of(Draining with { Settled = 2 });
        var half = (DrainOutlook.Draining)DrainForecast.Of(Draining with { Settled = 2, Probing = true });
        Assert.True(half.Likely < closed.Likely);
        Assert.Equal(closed.High, half.High);
    }

    [Fact]
    public void A_queue_that_would_take_longer_than_three_days_gets_no_time() =>
        Assert.IsType<DrainOutlook.NotDraining>(DrainForecast.Of(Draining with { Waiting = 2_000_000 }));
}
