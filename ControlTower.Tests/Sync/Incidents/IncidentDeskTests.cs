using ControlTower.Data.Incidents;
using ControlTower.Sync.Incidents;
using Npgsql;
using Xunit;
using static ControlTower.Tests.Sync.Incidents.IncidentWorld;

namespace ControlTower.Tests.Sync.Incidents;

/// <summary>What people do about incidents: once per key, with a line in the timeline and in the audit trail, and never over somebody else's act.</summary>
public sealed class IncidentDeskTests
{
    [Fact]
    public async Task An_act_is_done_once_and_the_second_of_two_people_is_told()
    {
        await using var world = await CreateAsync();
        var (key, draft) = (Guid.NewGuid(), new IncidentDraft(null, null, "Labels are wrong", "minor", "A store called."));
        var id = Done(await world.Desk.OpenAsync(draft, key, Ida, default));
        Assert.Equal(id, Done(await world.Desk.OpenAsync(draft, key, Ida, default)));
        Assert.Equal(1, await world.CountAsync());

        var take = Guid.NewGuid();
        Done(await world.Desk.RoleAsync(id, 1, IncidentRole.Lead, IdaId, take, Ida, default));
        Done(await world.Desk.RoleAsync(id, 1, IncidentRole.Lead, IdaId, take, Ida, default));
        Assert.Equal("moved", Refused(await world.Desk.RoleAsync(id, 1, IncidentRole.Lead, Boss.Id, Guid.NewGuid(), Boss, default)));
        Done(await world.Desk.RoleAsync(id, 2, IncidentRole.Comms, Boss.Id, Guid.NewGuid(), Ida, default));
        Assert.Equal("field", Refused(await world.Desk.RoleAsync(id, 3, IncidentRole.Lead, Guid.NewGuid(), Guid.NewGuid(), Ida, default)));
        Done(await world.Desk.NoteAsync(id, "Printer 4 as well.", Guid.NewGuid(), Boss, default));
        Done(await world.Desk.StakeholdersAsync(id, 3, "Stores use paper.", Guid.NewGuid(), Boss, default));

        var view = await world.OnlyAsync();
        Assert.Equal(("Ida Holm", "Bo Admin", "Stores use paper.", "Ida Holm"), (view.Row.Lead, view.Row.Comms, view.Row.StakeholderStatus, view.Row.OpenedBy));
        Assert.Equal(["Stores use paper.", "Printer 4 as well.", "Stakeholders: Bo Admin.", "Lead: Ida Holm.", "A store called."], view.Log.Select(l => l.Words));
        Assert.Equal(5, await world.Database.ScalarAsync<long>($"select count(*) from audit where subject = 'incident:{id}'"));
    }

    [Fact]
    public async Task Only_what_is_drained_can_be_closed_and_a_false_alarm_counts_in_no_mean()
    {
        await using var world = await CreateAsync();
        await world.HarmedAsync("NL-1", 10);
        await world.DownAsync();
        await world.LookAsync();
        var view = await world.OnlyAsync();
        Assert.Equal("state", Refused(await world.Desk.CloseAsync(view.Row.Id, view.Row.Version, "Over.", Guid.NewGuid(), Ida, default)));
        await world.UpAsync();
        await world.PostedAsync("NL-1");
        await world.LookAsync();
        view = await world.OnlyAsync();
        Done(await world.Desk.CloseAsync(view.Row.Id, view.Row.Version, "Over.", Guid.NewGuid(), Ida, default));
        Assert.Equal("state", Refused(await world.Desk.SeverityAsync(view.Row.Id, view.Row.Version + 1, "minor", "x", Guid.NewGuid(), Ida, default)));
        Done(await world.Desk.ReviewAsync(view.Row.Id, view.Row.Version + 1, "# What we learned", Guid.NewGuid(), Ida, default));

        await world.DownAsync();
        await world.LookAsync();
        var alarm = (await world.Queries.ListAsync(new IncidentFilter(["open"], [], null, null), 10, default))[0];
        Done(await world.Desk.DismissAsync(alarm.Id, alarm.Version, "A test of the provider.", Guid.NewGuid(), Boss, default));
        await world.LookAsync();
        Assert.Equal(2, await world.CountAsync());
        var figures = await world.Queries.FiguresAsync(new IncidentFilter([], [], null, null), default);
        Assert.Equal((1, 1, 1), (figures.Count, figures.Dismissed, figures.Resolved));

        // What was dismissed had to end before it may alarm again.
        await world.UpAsync();
        await world.LookAsync();
        await world.DownAsync();
        await world.LookAsync();
        Assert.Equal(3, await world.CountAsync());
    }

    [Fact]
    public async Task A_rule_is_changed_by_version_and_within_bounds()
    {
        await using var world = await CreateAsync();
        var rule = (await world.Queries.RulesAsync(default)).First(r => r.Kind == "cause");
        Assert.Equal("field", Refused(await world.Desk.RuleAsync(rule with { Most = -1 }, Boss, default)));
        Done(await world.Desk.RuleAsync(rule with { Most = 7, Severity = "critical" }, Boss, default));
        Assert.Equal("moved", Refused(await world.Desk.RuleAsync(rule with { Most = 9 }, Boss, default)));
        Assert.Equal((7, "critical", "Bo Admin"), (await world.Queries.RulesAsync(default)).Where(r => r.Kind == "cause").Select(r => (r.Most, r.Severity, r.ChangedBy)).First());
        Assert.Equal(1, await world.Database.ScalarAsync<long>("select count(*) from audit where subject = 'incident-rule:cause'"));
    }

    [Fact]
    public async Task Any_number_of_people_and_nodes_at_once_make_one_incident()
    {
        await using var world = await CreateAsync();
        await world.DownAsync();
        var nodes = Enumerable.Range(0, 4).Select(_ => world.NewPump()).ToList();
        var people = Enumerable.Range(0, 8).Select(_ => world.Desk.OpenAsync(new IncidentDraft("bc-eu", null, "ERP", "major", "Seen."), Guid.NewGuid(), Ida, default)).ToList();
        var signals = Enumerable.Range(0, 8).Select(_ => world.Database.ScalarAsync<long>("select incident_signal('connection', 'bc-eu', 'ERP', 'major', 'again', now() - interval '1 hour', p_system => 'bc-eu')"));
        await Task.WhenAll([.. nodes.Select(n => (Task)n.RunOnceAsync(default)), .. people, .. signals]);
        Assert.Equal(1, await world.CountAsync());
        Assert.Equal((8L, 1L), (
            await world.Database.ScalarAsync<long>("select count(*) from incident_signal where act_key is not null"), await world.Database.ScalarAsync<long>("select count(*) from incident_signal where act_key is null")));
        Assert.Equal(60, (await world.OnlyAsync()).Row.Times.ToDetect.TotalMinutes, 0.2);
    }

    [Fact]
    public async Task A_node_that_dies_between_two_steps_leaves_whole_ones_and_the_next_goes_on()
    {
        await using var world = await CreateAsync();
        await world.HarmedAsync("NL-1", 10);
        await world.DownAsync();
        // It dies where the harm is written.
        await world.Database.ExecuteAsync("create function die() returns trigger language plpgsql as $$ begin raise 'died'; end $$; create trigger die before insert on incident_transaction for each row execute function die()");
        Assert.NotNull((await world.Pump.RunOnceAsync(default)).Trouble);
        Assert.Equal((1L, 0L), (await world.CountAsync(), await world.Database.ScalarAsync<long>("select count(*) from incident_transaction")));
        await world.Database.ExecuteAsync("drop trigger die on incident_transaction; update event_cursor set lease_until = now() - interval '1 second'");
        await world.NewPump().RunOnceAsync(default);
        Assert.Equal(1, (await world.OnlyAsync()).Row.Affected);

        // It dies where the end is written: the cause is over, the incident is neither restored nor drained by half.
        await world.UpAsync();
        await world.PostedAsync("NL-1");
        await world.Database.ExecuteAsync("create trigger die before insert on incident_log for each row when (new.kind = 'drained') execute function die(); update event_cursor set lease_until = now() - interval '1 second'");
        Assert.NotNull((await world.Pump.RunOnceAsync(default)).Trouble);
        var row = (await world.OnlyAsync()).Row;
        Assert.Equal(("open", (DateTimeOffset?)null, 1L), (row.Status, row.Times.Restored, row.Unsettled));
        await world.Database.ExecuteAsync("drop trigger die on incident_log");
        await world.LookAsync();
        Assert.Equal("drained", (await world.OnlyAsync()).Row.Status);
    }

    [Fact]
    public async Task The_timeline_is_not_changed_and_no_second_incident_of_a_subject_can_be_open()
    {
        await using var world = await CreateAsync();
        await world.DownAsync();
        await world.LookAsync();
        Assert.Equal("incident_log_stays", (await Assert.ThrowsAsync<PostgresException>(() => world.Database.ExecuteAsync("update incident_log set words = 'x'"))).ConstraintName);
        Assert.Equal("incident_log_stays", (await Assert.ThrowsAsync<PostgresException>(() => world.Database.ExecuteAsync("delete from incident_log"))).ConstraintName);
        Assert.Equal("incident_open", (await Assert.ThrowsAsync<PostgresException>(() => world.Database.ExecuteAsync("insert into incident (kind, subject, title, severity, began_at) values ('connection', 'bc-eu', 'x', 'minor', now())"))).ConstraintName);
    }

    private static long Done(IncidentAnswer answer) => answer is IncidentAnswer.Done done ? done.Id : throw new InvalidOperationException(answer.ToString());

    private static string Refused(IncidentAnswer answer) => Assert.IsType<IncidentAnswer.Refused>(answer).Rule;
}
