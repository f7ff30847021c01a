using System.Text;
using System.Text.Json;
using ControlTower.Data.Notifications;
using ControlTower.Sync.Pumps;
using ControlTower.Tests.Support;
using Xunit;

namespace ControlTower.Tests.Sync.Notifications;

/// <summary>Messages go out as one for each person or place, wait in quiet hours, are tried again as the receiver asks, and are given up in sight of everybody.</summary>
public sealed class SendingTests : IAsyncLifetime
{
    private NotificationWorld world = null!;

    public async ValueTask InitializeAsync() => world = await NotificationWorld.CreateAsync();

    public ValueTask DisposeAsync() => world.DisposeAsync();

    [Fact]
    public async Task Several_things_are_one_message_with_counts_money_causes_and_a_link_and_nothing_of_customers()
    {
        await world.ChannelAsync(world.HookDraft(ChannelKind.Webhook));
        await world.CaseAsync("NL-1", TimeSpan.FromMinutes(50), value: 100m);
        await world.CaseAsync("NL-2", TimeSpan.FromMinutes(50), value: 50m);
        await world.CaseAsync("NL-3", TimeSpan.FromMinutes(-5), value: 20.5m);
        await NotificationWorld.TurnAsync(world.Node());

        using var body = JsonDocument.Parse(Assert.Single(world.Hook.Received).Body);
        var data = body.RootElement.GetProperty("data");
        Assert.Equal("1 overdue, 2 due within 1 h", data.GetProperty("title").GetString());
        Assert.Equal("https://tower.example/exceptions", data.GetProperty("link").GetString());
        Assert.Equal(["NL-1", "NL-2", "NL-3"], data.GetProperty("items").EnumerateArray().Select(item => item.GetProperty("order").GetString()!).Order());
        Assert.Equal(170.5m, data.GetProperty("items").EnumerateArray().Sum(item => item.GetProperty("atRisk").GetDecimal()));
        // Fields that a notice may have: a new one has to be thought about here.
        Assert.Subset(
            new HashSet<string> { "event", "case", "order", "failure", "cause", "value", "atRisk", "currency", "dueAt", "hoursLeft", "batch", "detail", "link" },
            data.GetProperty("items").EnumerateArray().SelectMany(item => item.EnumerateObject().Select(member => member.Name)).ToHashSet());
    }

    [Fact]
    public async Task A_channel_that_gathers_sends_one_message_when_the_first_has_waited_long_enough()
    {
        await world.ChannelAsync(world.HookDraft(gather: 30));
        await world.CaseAsync("NL-1", TimeSpan.FromMinutes(50));
        var node = world.Node();
        await NotificationWorld.TurnAsync(node);
        Assert.Empty(world.Hook.Received);
        Assert.Equal(30, await world.Database.ScalarAsync<int>("select round(extract(epoch from due_at - created_at) / 60)::int from notification"));

        await world.CaseAsync("NL-2", TimeSpan.FromMinutes(50));
        await world.Database.ExecuteAsync("update notification set due_at = now()");
        await NotificationWorld.TurnAsync(node);
        Assert.Contains("2 due within 1 h", Encoding.UTF8.GetString(Assert.Single(world.Hook.Received).Body), StringComparison.Ordinal);
    }

    [Fact]
    public async Task In_quiet_hours_only_what_is_overdue_is_told_and_the_rest_at_their_end()
    {
        var now = world.Clock.GetUtcNow();
        var quiet = new QuietHours(TimeOnly.FromDateTime(now.UtcDateTime.AddHours(-1)), TimeOnly.FromDateTime(now.UtcDateTime.AddHours(1)));
        await world.ChannelAsync(world.HookDraft(quiet: quiet));
        await world.CaseAsync("NL-SOON", TimeSpan.FromMinutes(50));
        await world.CaseAsync("NL-LATE", TimeSpan.FromMinutes(-5));
        var node = world.Node();
        await NotificationWorld.TurnAsync(node);
        Assert.Contains("Overdue: order NL-LATE", Encoding.UTF8.GetString(Assert.Single(world.Hook.Received).Body), StringComparison.Ordinal);

        world.Clock.Advance(TimeSpan.FromHours(1.1));
        await NotificationWorld.TurnAsync(node);
        Assert.Contains("Due within 1 h: order NL-SOON", Encoding.UTF8.GetString(world.Hook.Received.Last().Body), StringComparison.Ordinal);
        Assert.Equal(2, world.Hook.Received.Count);
    }

    [Fact]
    public async Task A_receiver_that_asks_to_wait_is_waited_for_and_the_same_message_keeps_its_id()
    {
        await world.ChannelAsync(world.HookDraft(ChannelKind.Webhook));
        await world.CaseAsync("NL-1", TimeSpan.FromMinutes(50));
        (world.Hook.Status, world.Hook.Shape) = (429, response => response.Headers["Retry-After"] = "1200");
        var node = world.Node();
        await NotificationWorld.TurnAsync(node);
        await NotificationWorld.TurnAsync(node);
        Assert.Single(world.Hook.Received);
        Assert.True(await world.Database.ScalarAsync<bool>("select due_at > now() + interval '19 minutes' and attempts = 1 and last_error like '%429%' from notification"));

        (world.Hook.Status, world.Hook.Shape) = (200, null);
        await world.PassAsync();
        await NotificationWorld.TurnAsync(node);
        Assert.Equal("sla sent", await world.StatesAsync());
        Assert.Single(world.Hook.Received.Select(one => one.Headers["webhook-id"]).Distinct());
    }

    [Theory]
    [InlineData(500)]
    [InlineData(404)]
    [InlineData(302)]
    public async Task Only_an_answer_of_2xx_is_sent_and_after_so_many_tries_it_is_given_up_until_somebody_asks_again(int status)
    {
        var channel = await world.ChannelAsync(world.HookDraft());
        await world.CaseAsync("NL-1", TimeSpan.FromMinutes(50));
        (world.Hook.Status, world.Hook.Shape) = (status, response => response.Headers["Location"] = world.Hook.Url + "/elsewhere");
        var node = world.Node();
        for (var tries = 1; tries <= NotificationPump.Tries + 3; tries++)
        {
            await NotificationWorld.TurnAsync(node);
            await world.PassAsync();
        }

        Assert.Equal("sla failed", await world.StatesAsync());
        Assert.Equal(NotificationPump.Tries, world.Hook.Received.Count);
        Assert.All(world.Hook.Received, one => Assert.Equal("/hook", one.Path));
        var health = Assert.Single(await new NotificationQueries(world.Database.Sources).HealthAsync());
        Assert.Equal((1, true), (health.Failed, health.Trouble!.Contains(status.ToString(System.Globalization.CultureInfo.InvariantCulture), StringComparison.Ordinal)));

        (world.Hook.Status, world.Hook.Shape) = (204, null);
        Assert.Equal(1, await world.Desk.AgainAsync(channel, NotificationWorld.Boss));
        Assert.Equal(0, await world.Desk.AgainAsync(channel, NotificationWorld.Boss));
        await NotificationWorld.TurnAsync(node);
        Assert.Equal("sla sent", await world.StatesAsync());
    }

    [Fact]
    public async Task A_dead_receiver_keeps_no_other_channel_waiting()
    {
        await world.ChannelAsync(world.HookDraft(name: "Dead", url: "http://127.0.0.1:1/hook"));
        await world.ChannelAsync(world.HookDraft(name: "Alive"));
        await world.CaseAsync("NL-1", TimeSpan.FromMinutes(50));
        await NotificationWorld.TurnAsync(world.Node());
        Assert.Single(world.Hook.Received);
        Assert.Equal("The connection was refused.", await world.Database.ScalarAsync<string>("select last_error from notification where state = 'waiting'"));
    }

    [Fact]
    public async Task A_node_that_lost_its_turn_settles_nothing_and_another_takes_over_after_the_lease()
    {
        await world.ChannelAsync(world.HookDraft());
        await world.CaseAsync("NL-1", TimeSpan.FromMinutes(50));
        await world.Node().GatherAsync(default);
        var (dead, alive) = (Guid.NewGuid(), Guid.NewGuid());
        var work = world.Database.Sources.Work;
        var turn = Assert.Single(await NoticeWork.HoldAsync(work, dead, TimeSpan.FromMinutes(1), default));
        Assert.Empty(await NoticeWork.HoldAsync(work, alive, TimeSpan.FromMinutes(1), default));
        var parcel = await NoticeWork.NextAsync(work, turn.Channel.Id, quiet: false, default);

        await world.Database.ExecuteAsync("update notification_channel set lease_until = now() - interval '1 second'");
        Assert.Single(await NoticeWork.HoldAsync(work, alive, TimeSpan.FromMinutes(1), default));
        Assert.Equal(0, await NoticeWork.SentAsync(work, turn, parcel!, default));
        Assert.Equal("sla waiting", await world.StatesAsync());
    }

    [Fact]
    public void Pauses_grow_are_spread_and_never_shorter_than_asked()
    {
        Assert.InRange(NotificationPump.PauseAfter(1, null, 0), TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(5));
        Assert.Equal(TimeSpan.FromSeconds(80), NotificationPump.PauseAfter(4, null, 1));
        Assert.Equal(TimeSpan.FromMinutes(30), NotificationPump.PauseAfter(40, null, 1));
        Assert.True(NotificationPump.PauseAfter(1, TimeSpan.FromMinutes(10), 0) >= TimeSpan.FromMinutes(10));
        Assert.True(NotificationPump.PauseAfter(1, TimeSpan.FromDays(9), 1) < TimeSpan.FromHours(1.1));
    }

    [Fact]
    public async Task What_ended_long_ago_is_forgotten_but_not_what_would_be_told_anew()
    {
        await world.ChannelAsync(world.HookDraft());
        var (open, closed) = (await world.CaseAsync("NL-1", TimeSpan.FromMinutes(50)), await world.CaseAsync("NL-2", TimeSpan.FromMinutes(50)));
        await NotificationWorld.TurnAsync(world.Node());
        await world.Database.ExecuteAsync($"update notification set ended_at = now() - interval '91 days'; update exception_case set state = 'discarded', closed_at = now(), closed_by = 'Ida' where id = {closed}");
        Assert.Equal(1, await NoticeWork.ForgetAsync(world.Database.Sources.Work, TimeSpan.FromDays(90), default));
        Assert.Equal(open, await world.Database.ScalarAsync<long>("select case_id from notification"));
    }
}
