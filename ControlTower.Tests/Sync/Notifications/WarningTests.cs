using ControlTower.Data.Notifications;
using ControlTower.Sync.Pumps;
using ControlTower.Tests.Support;
using Xunit;

namespace ControlTower.Tests.Sync.Notifications;

/// <summary>What people are told about cases, and to whom: each step once, however many nodes look, and nothing that is not true any more.</summary>
public sealed class WarningTests : IAsyncLifetime
{
    private NotificationWorld world = null!;

    public async ValueTask InitializeAsync() => world = await NotificationWorld.CreateAsync();

    public ValueTask DisposeAsync() => world.DisposeAsync();

    [Fact]
    public async Task Each_step_before_the_due_time_is_told_once_by_two_nodes_that_race()
    {
        await world.ChannelAsync(world.HookDraft(ChannelKind.Webhook));
        foreach (var n in Enumerable.Range(1, 6))
        {
            await world.CaseAsync($"NL-{n}", TimeSpan.FromMinutes(170 - n));
        }

        var (one, two) = (world.Node(), world.NewNode());
        await RaceAsync(one, two);
        Assert.Equal(6, await CountAsync("state = 'sent' and (about ->> 'step') = '3'"));

        // An hour passes, and another, and two more: each time each case is told of once.
        foreach (var step in new[] { 2, 1, 0 })
        {
            await world.Database.ExecuteAsync("update flow set stage_since = stage_since - interval '1 hour'");
            await RaceAsync(one, two);
            Assert.Equal(6, await CountAsync($"state = 'sent' and (about ->> 'step') = '{step}'"));
        }

        await RaceAsync(one, two);
        Assert.Equal(24, await CountAsync("true"));
        Assert.Equal(24, world.Hook.Received.Sum(one => System.Text.Json.JsonDocument.Parse(one.Body).RootElement.GetProperty("data").GetProperty("items").GetArrayLength()));
    }

    [Fact]
    public async Task Of_steps_that_passed_together_the_last_alone_is_told_and_a_new_due_time_is_told_anew()
    {
        await world.ChannelAsync(world.HookDraft());
        await world.CaseAsync("NL-1", TimeSpan.FromMinutes(30));
        await NotificationWorld.TurnAsync(world.Node());
        Assert.Contains("Due within 1 h: order NL-1", Told(), StringComparison.Ordinal);
        Assert.Equal("sla sent", await world.StatesAsync());

        // The order moved on and is stuck again.
        await world.Database.ExecuteAsync("update flow set stage_since = now() - interval '47 hours 45 minutes'");
        await NotificationWorld.TurnAsync(world.Node());
        Assert.Equal("sla sent, sla sent", await world.StatesAsync());
    }

    [Fact]
    public async Task A_warning_goes_by_mail_to_whoever_has_the_case_and_to_the_places_where_nobody_can_be_reached()
    {
        await world.ChannelAsync(world.HookDraft());
        await world.ChannelAsync(world.MailDraft(to: ""));
        var (ida, mats) = (await world.PersonAsync("Ida Holm"), await world.PersonAsync("Mats Berg"));
        await world.Desk.ChooseAsync(mats.Id, new MailChoice(Assigned: true, Sla: false), NotificationWorld.Boss);
        await world.CaseAsync("NL-IDA", TimeSpan.FromMinutes(50), ida);
        await world.CaseAsync("NL-MATS", TimeSpan.FromMinutes(50), mats);
        await world.CaseAsync("NL-NOBODY", TimeSpan.FromMinutes(50));
        await NotificationWorld.TurnAsync(world.Node());

        var mail = Assert.Single(world.Mail.Mails);
        Assert.Equal(["ida@example.com"], mail.To);
        Assert.Equal("Due within 1 h: order NL-IDA", mail.Header("Subject"));
        Assert.DoesNotContain("NL-IDA", Told(), StringComparison.Ordinal);
        Assert.Equal(["NL-MATS", "NL-NOBODY"], await OrdersAsync("person is null"));
    }

    [Fact]
    public async Task A_case_off_the_board_is_not_warned_of_until_it_is_back()
    {
        await world.ChannelAsync(world.HookDraft());
        var id = await world.CaseAsync("NL-1", TimeSpan.FromMinutes(30));
        await world.Database.ExecuteAsync($"update exception_case set shelf = 'snoozed', shelf_until = now() + interval '1 hour', shelf_by = 'Ida' where id = {id}");
        await NotificationWorld.TurnAsync(world.Node());
        Assert.Empty(world.Hook.Received);
        await world.Database.ExecuteAsync($"update exception_case set shelf_until = now() - interval '1 second' where id = {id}");
        await NotificationWorld.TurnAsync(world.Node());
        Assert.Single(world.Hook.Received);
    }

    [Fact]
    public async Task What_happened_before_a_channel_was_set_up_is_not_told_there()
    {
        await world.CaseAsync("NL-OLD", TimeSpan.FromHours(-5));
        var id = await world.ChannelAsync(world.HookDraft());
        await world.Database.ExecuteAsync($"update notification_channel set since = now() where id = '{id}'");
        await NotificationWorld.TurnAsync(world.Node());
        Assert.Empty(world.Hook.Received);
    }

    [Fact]
    public async Task A_warning_that_waited_goes_to_whoever_has_the_case_now_and_nowhere_when_it_is_closed()
    {
        await world.ChannelAsync(world.MailDraft());
        var (ida, mats) = (await world.PersonAsync("Ida Holm"), await world.PersonAsync("Mats Berg"));
        var (moved, closed) = (await world.CaseAsync("NL-1", TimeSpan.FromMinutes(50), ida), await world.CaseAsync("NL-2", TimeSpan.FromMinutes(50), ida));
        var node = world.Node();
        await node.GatherAsync(default);
        await world.GiveAsync(moved, mats, TimeSpan.Zero);
        await world.Database.ExecuteAsync($"update exception_case set state = 'discarded', closed_at = now(), closed_by = 'Ida' where id = {closed}");
        await NotificationWorld.TurnAsync(node);

        Assert.Equal(["mats@example.com"], Assert.Single(world.Mail.Mails).To);
        Assert.Equal(1, await CountAsync("state = 'dropped'"));
    }

    [Fact]
    public async Task An_assignment_is_told_after_a_while_unless_its_person_looked_or_acted_or_it_is_not_theirs_any_more()
    {
        await world.ChannelAsync(world.MailDraft(events: [NoticeKind.Assigned]));
        var (ida, mats) = (await world.PersonAsync("Ida Holm"), await world.PersonAsync("Mats Berg"));
        var far = TimeSpan.FromDays(1);
        var (untouched, looked, acted, young, closed) =
            (await world.CaseAsync("NL-1", far), await world.CaseAsync("NL-2", far), await world.CaseAsync("NL-3", far), await world.CaseAsync("NL-4", far), await world.CaseAsync("NL-5", far));
        foreach (var id in new[] { untouched, looked, acted, closed })
        {
            await world.GiveAsync(id, ida, TimeSpan.FromMinutes(16));
        }

        await world.GiveAsync(young, ida, TimeSpan.FromMinutes(14));
        await world.Cases.LookedAsync(looked, mats.Id, default);
        await world.Cases.LookedAsync(untouched, mats.Id, default);
        await world.Cases.LookedAsync(looked, ida.Id, default);
        var version = await world.Database.ScalarAsync<int>($"select version from exception_case where id = {acted}");
        await world.Cases.ShelveAsync([new(acted, version)], ControlTower.Data.Triage.ShelfKind.Held, world.Clock.GetUtcNow().AddHours(1), null, new(ida.Id, ida.Name, "Operations"), default);
        await world.Database.ExecuteAsync($"update exception_case set shelf_until = now() - interval '1 second' where id = {acted}");
        await world.Database.ExecuteAsync($"update exception_case set state = 'resolved', closed_at = now(), closed_by = 'Ida' where id = {closed}");
        await NotificationWorld.TurnAsync(world.Node());
        await NotificationWorld.TurnAsync(world.Node());

        var mail = Assert.Single(world.Mail.Mails);
        Assert.Equal("Assigned to Ida Holm: order NL-1", mail.Header("Subject"));
        Assert.Equal(["ida@example.com"], mail.To);

        await world.GiveAsync(untouched, mats, TimeSpan.FromMinutes(20));
        await NotificationWorld.TurnAsync(world.Node());
        Assert.Equal(["mats@example.com"], world.Mail.Mails.Last().To);
    }

    [Fact]
    public async Task Whoever_takes_a_case_is_not_told_that_they_have_it()
    {
        await world.ChannelAsync(world.MailDraft(events: [NoticeKind.Assigned]));
        var ida = await world.PersonAsync("Ida Holm");
        var id = await world.CaseAsync("NL-1", TimeSpan.FromDays(1));
        await world.Cases.AssignAsync([new(id, 1)], ida, null, new(ida.Id, ida.Name, "Operations"), default);
        await world.Database.ExecuteAsync("update exception_case set assigned_at = assigned_at - interval '20 minutes', looked_at = looked_at - interval '20 minutes'");
        await NotificationWorld.TurnAsync(world.Node());
        Assert.Empty(world.Mail.Mails);
    }

    [Fact]
    public async Task A_batch_that_stops_by_itself_and_a_new_finding_in_the_data_are_told_with_their_cause_in_its_own_transaction()
    {
        await world.ChannelAsync(world.HookDraft());
        await world.Database.ExecuteAsync(
            """
            insert into batch (key, kind, what, actor_name, actor_role, count, left_out, currencies, amounts, stages, per_second, failure_limit, state_by)
            select gen_random_uuid(), 'retry', 'w', 'Ida', 'Operations', 10, 0, '{}', '{}', '{1}', 1, 0.1, 'Ida' from generate_series(1, 2);
            update batch set state = 'stopped', why = '3 of 10 failed in stage 2, more than 10%', state_by = 'tower', finished_at = now() where id = 1;
            update batch set state = 'cancelled', state_by = 'Ida', finished_at = now() where id = 2;
            insert into integrity_run (state, requested_by, started_at) values ('running', 'tower', now());
            update integrity_run set state = 'done', finished_at = now(), violations = '[{"name": "case-once-per-subject"}]';
            insert into integrity_run (state, requested_by, started_at) values ('running', 'tower', now());
            update integrity_run set state = 'done', finished_at = now(), violations = '[{"name": "case-once-per-subject"}]' where state = 'running';
            """);
        Assert.Equal("batch waiting, integrity waiting", await world.StatesAsync());
        await NotificationWorld.TurnAsync(world.Node());
        Assert.Contains("3 of 10 failed in stage 2", Told(), StringComparison.Ordinal);
        Assert.Contains("case-once-per-subject", Told(), StringComparison.Ordinal);
    }

    private static Task RaceAsync(NotificationPump one, NotificationPump two) => Task.WhenAll(NotificationWorld.TurnAsync(one), NotificationWorld.TurnAsync(two));

    private string Told() => string.Concat(world.Hook.Received.Select(one => System.Text.Encoding.UTF8.GetString(one.Body)));

    private Task<long> CountAsync(string where) => world.Database.ScalarAsync<long>($"select count(*) from notification where {where}");

    private async Task<IReadOnlyList<string>> OrdersAsync(string where) => await world.Database.ScalarAsync<string[]>(
        $"select array_agg(f.name order by f.name) from notification n join exception_case c on c.id = n.case_id join flow f on f.id = c.flow_id where n.{where}") ?? [];

    [Fact]
    public async Task Of_an_order_that_has_ended_nobody_is_told_that_it_is_overdue()
    {
        await world.ChannelAsync(world.HookDraft());
        await world.CaseAsync("NL-OPEN", TimeSpan.FromHours(-1));
        await world.CaseAsync("NL-ENDED", TimeSpan.FromHours(-1));
        await world.Database.ExecuteAsync("update flow set status = 'done' where name = 'NL-ENDED'");
        await NotificationWorld.TurnAsync(world.Node());
        Assert.Equal(["NL-OPEN"], await OrdersAsync("event = 'sla'"));
    }

    [Fact]
    public async Task A_warning_that_waits_for_an_order_that_ends_meanwhile_is_not_told()
    {
        await world.ChannelAsync(world.HookDraft());
        await world.CaseAsync("NL-1", TimeSpan.FromMinutes(-5));
        await world.Node().GatherAsync(default);
        await world.Database.ExecuteAsync("update flow set status = 'done'");
        await NotificationWorld.TurnAsync(world.Node());
        Assert.Empty(world.Hook.Received);
        Assert.Equal(1, await CountAsync("state = 'dropped'"));
    }
}
