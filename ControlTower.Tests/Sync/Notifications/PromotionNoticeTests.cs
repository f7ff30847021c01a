using ControlTower.Data.Notifications;
using ControlTower.Tests.Support;
using Xunit;

namespace ControlTower.Tests.Sync.Notifications;

/// <summary>People hear of promotions that wait for them or went wrong.</summary>
public sealed class PromotionNoticeTests
{
    [Fact]
    public async Task What_waits_for_a_person_or_goes_back_is_told_once_and_the_steps_between_are_not()
    {
        await using var world = await NotificationWorld.CreateAsync();
        await world.ChannelAsync(world.HookDraft(events: [NoticeKind.Promotion]));
        await world.Database.ExecuteAsync(
            """
            insert into promotion (name, made_by) values ('Black Friday outerwear', 'A');
            insert into promotion_log (promotion_id, tone, words) select id, t, w from promotion, (values ('ask', 'Revision 1 sent for approval'), ('ok', 'Revision 1 approved'), ('start', 'Stage 1 begins'), ('hold', 'Held: odd prices')) x (t, w);
            """);
        await NotificationWorld.TurnAsync(world.Node());
        Assert.Equal("promotion sent, promotion sent", await world.StatesAsync());
        var body = System.Text.Encoding.UTF8.GetString(Assert.Single(world.Hook.Received).Body);
        Assert.Contains("2 of promotions", body, StringComparison.Ordinal);
        Assert.Contains("R-101 Black Friday outerwear: Held: odd prices", body, StringComparison.Ordinal);
    }
}
