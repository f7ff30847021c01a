using ControlTower.Sync.Webhooks;
using Xunit;

namespace ControlTower.Tests.Sync.Webhooks;

public sealed class WebhookScheduleTests
{
    [Fact]
    public void Pauses_grow_to_more_than_three_days_in_all_and_never_shrink()
    {
        var pauses = Enumerable.Range(1, 9).Select(tries => WebhookSchedule.After(tries, 0)).ToList();
        Assert.Equal(pauses.Order(), pauses);
        Assert.InRange(pauses.Aggregate((sum, pause) => sum + pause), TimeSpan.FromHours(72), TimeSpan.FromHours(80));
        Assert.Equal(pauses[^1], WebhookSchedule.After(40, 0));
        Assert.Equal(TimeSpan.FromSeconds(5.5), WebhookSchedule.After(1, 1));
    }

    [Theory]
    [InlineData(2, null, null)]
    [InlineData(3, null, 5)]
    [InlineData(4, 60, 300)]
    [InlineData(3, 60, 60)]
    [InlineData(0, 60, 60)]
    [InlineData(0, 86_400, 3_600)]
    public void A_receiver_is_left_in_peace_by_its_misses_or_by_its_own_wish_of_up_to_an_hour(int misses, int? asked, int? seconds) =>
        Assert.Equal(seconds, (int?)WebhookSchedule.Rest(misses, asked is { } wish ? TimeSpan.FromSeconds(wish) : null, 0)?.TotalSeconds);

    [Theory]
    [InlineData(5, true, false, 0)]
    [InlineData(1, false, false, 2)]
    [InlineData(1, false, true, 1)]
    [InlineData(3, false, true, 4)]
    public void An_event_that_is_never_taken_does_not_make_its_receiver_look_down(int before, bool taken, bool repeatsAlone, int after) =>
        Assert.Equal(after, WebhookSchedule.Misses(before, taken, repeatsAlone));
}
