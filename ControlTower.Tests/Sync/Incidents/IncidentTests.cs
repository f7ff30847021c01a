using ControlTower.Data.Incidents;
using ControlTower.Sync.Incidents;
using ControlTower.Tests.Support;
using Xunit;
using static ControlTower.Tests.Sync.Incidents.IncidentWorld;

namespace ControlTower.Tests.Sync.Incidents;

/// <summary>An incident begins with the first harmed transaction and ends with the last one repaired, whoever notices when.</summary>
public sealed class IncidentTests
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 20, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Times_to_detect_and_to_resolve_are_as_computed_by_hand()
    {
        // Harmed 12:00, detected 12:04, cause over 12:30, last order posted 13:04.
        var times = new IncidentTimes(Noon, Noon.AddMinutes(4), Noon.AddMinutes(30), Noon.AddMinutes(64));
        Assert.Equal(TimeSpan.FromMinutes(4), times.ToDetect);
        Assert.Equal(TimeSpan.FromMinutes(60), times.ToResolve);
        Assert.Equal(TimeSpan.FromMinutes(64), times.ToResolveFromStart);
        Assert.Null((times with { Drained = null }).ToResolve);

        // 4, 2, 12 and, still open, 6 minutes to detect; 60, 20 and 10 to resolve. A false alarm of 500 minutes counts in neither.
        var figures = IncidentFigures.Of(
        [
            ("closed", times), ("closed", new(Noon, Noon.AddMinutes(2), Noon.AddMinutes(5), Noon.AddMinutes(22))), ("drained", new(Noon, Noon.AddMinutes(12), Noon.AddMinutes(12), Noon.AddMinutes(22))),
            ("open", new(Noon, Noon.AddMinutes(6))), ("dismissed", new(Noon, Noon.AddMinutes(500), null, null, Noon.AddMinutes(900))),
        ]);
        Assert.Equal(new IncidentFigures(4, 1, TimeSpan.FromMinutes(6), TimeSpan.FromMinutes(12), 3, TimeSpan.FromMinutes(30), TimeSpan.FromMinutes(60)), figures);
        Assert.Equal(new IncidentFigures(0, 0, null, null, 0, null, null), IncidentFigures.Of([]));
    }

    [Fact]
    public async Task A_system_that_is_away_is_an_incident_since_the_first_call_without_an_answer_and_until_the_last_order_is_posted()
    {
        await using var world = await CreateAsync();
        var fine = await world.Orders.OrderAsync("NL-1");
        await world.Orders.PostingAsync(fine, Key("NL-1"), state: "confirmed");
        await world.Orders.CallAsync(fine, Key("NL-1"), 201, "ok", null, ago: TimeSpan.FromMinutes(30));
        await world.HarmedAsync("NL-2", 20, 250m);
        await world.HarmedAsync("NL-3", 8, 50m);
        await world.DownAsync(7);
        await world.LookAsync();

        var view = await world.OnlyAsync();
        Assert.Equal(("connection", "bc-eu", "open", "major"), (view.Row.Kind, view.Row.Subject, view.Row.Status, view.Row.Severity));
        Assert.Equal(20, (view.Row.Times.Detected - view.Row.Times.Began).TotalMinutes, 0.2);
        Assert.Equal([new IncidentWorth("EUR", 2, 300m, 2, 300m)], view.Row.Worth);
        Assert.Equal(["NL-2", "NL-3"], view.Transactions.Select(t => t.Name));

        // The system is back and one order is posted: the incident goes on.
        await world.UpAsync();
        await world.PostedAsync("NL-2");
        await world.LookAsync();
        view = await world.OnlyAsync();
        Assert.Equal(("open", 1L), (view.Row.Status, view.Row.Unsettled));
        Assert.NotNull(view.Row.Times.Restored);
        Assert.Null(view.Row.Times.ToResolve);

        await world.PostedAsync("NL-3");
        await world.LookAsync();
        view = await world.OnlyAsync();
        Assert.Equal("drained", view.Row.Status);
        Assert.Equal(await world.Database.ScalarAsync<DateTime>($"select settled_at from posting where key = '{Key("NL-3")}'"), view.Row.Times.Drained!.Value.UtcDateTime);
        Assert.Equal(["drained", "restored", "opened"], view.Log.Select(l => l.Kind));
    }

    [Fact]
    public async Task An_order_that_was_refused_after_the_system_came_back_keeps_the_incident_open_until_it_is_written_off()
    {
        await using var world = await CreateAsync();
        var flow = await world.HarmedAsync("NL-2", 20);
        await world.DownAsync();
        await world.LookAsync();
        await world.UpAsync();
        await world.Database.ExecuteAsync("update delivery set state = 3, lane = 0");
        var refused = await world.Orders.CaseAsync(flow, postingKey: Key("NL-2"), age: TimeSpan.Zero);
        await world.LookAsync();
        Assert.Equal("open", (await world.OnlyAsync()).Row.Status);

        await world.Database.ExecuteAsync($"update exception_case set state = 'discarded', closed_at = now(), closed_by = 'Ida Holm' where id = {refused}; delete from delivery; update posting set state = 'withdrawn', settled_at = now()");
        await world.LookAsync();
        Assert.Equal("drained", (await world.OnlyAsync()).Row.Status);
    }

    [Fact]
    public async Task A_second_trigger_joins_and_one_that_comes_back_within_the_hour_opens_it_again()
    {
        await using var world = await CreateAsync();
        await world.DownAsync();
        await world.LookAsync();
        await world.LookAsync();
        var answer = await world.Desk.OpenAsync(new IncidentDraft("bc-eu", null, "ERP is slow", "critical", "Stores call."), Guid.NewGuid(), Ida, default);
        var view = await world.OnlyAsync();
        Assert.Equal(view.Row.Id, Assert.IsType<IncidentAnswer.Done>(answer).Id);
        Assert.Equal(("critical", true), (view.Row.Severity, view.Flagged));

        // What a person flagged only a person ends.
        await world.UpAsync();
        await world.LookAsync();
        Assert.Null((await world.OnlyAsync()).Row.Times.Restored);
        await world.Desk.RestoredAsync(view.Row.Id, "The provider says so.", Guid.NewGuid(), Ida, default);
        Assert.Equal("drained", (await world.OnlyAsync()).Row.Status);

        await world.DownAsync(0);
        await world.LookAsync();
        view = await world.OnlyAsync();
        Assert.Equal(("open", "reopened"), (view.Row.Status, view.Log[0].Kind));

        await world.UpAsync();
        await world.LookAsync();
        await world.Database.ExecuteAsync("update incident set began_at = began_at - interval '3 hours', detected_at = detected_at - interval '3 hours', restored_at = restored_at - interval '2 hours', drained_at = drained_at - interval '2 hours'");
        await world.DownAsync(0);
        await world.LookAsync();
        Assert.Equal(2, await world.CountAsync());
    }

    [Fact]
    public async Task A_condition_that_ends_within_its_time_leaves_nothing_behind()
    {
        await using var world = await CreateAsync();
        await world.Database.ExecuteAsync("update incident_rule set after_minutes = 10");
        await world.DownAsync(1);
        await world.LookAsync();
        Assert.Equal(0, await world.CountAsync());
        await world.UpAsync();
        await world.LookAsync();
        Assert.Equal(0, await world.Database.ScalarAsync<long>("select count(*) from incident_signal"));

        // A breaker that tries its door now and then does not begin anew each time.
        await world.DownAsync(1);
        await world.LookAsync();
        await world.Database.ExecuteAsync("update incident_signal set held_since = held_since - interval '10 minutes'; update connection_gate set breaker = 'half-open', breaker_since = now() where connection_id = 'bc-eu'");
        await world.LookAsync();
        Assert.Equal(1, await world.CountAsync());
    }

    [Fact]
    public async Task Cases_of_one_cause_are_an_incident_above_their_limit_and_it_drains_with_the_last_of_them()
    {
        await using var world = await CreateAsync();
        await world.Database.ExecuteAsync("update incident_rule set most = 2 where kind = 'cause'");
        foreach (var n in Enumerable.Range(1, 2))
        {
            await world.Orders.CaseAsync(await world.Orders.OrderAsync($"NL-{n}"), age: TimeSpan.FromMinutes(40 - n));
        }

        await world.LookAsync();
        Assert.Equal(0, await world.CountAsync());
        await world.Orders.CaseAsync(await world.Orders.OrderAsync("NL-3"), age: TimeSpan.FromMinutes(1));
        await world.LookAsync();
        var view = await world.OnlyAsync();
        Assert.Equal(("cause", "VAT code VAT19-DE not set up", "bc-eu", "Northlane", 3L), (view.Row.Kind, view.Row.Title, view.Row.System, view.Row.Brand, view.Row.Affected));
        Assert.Equal(39, view.Row.Times.ToDetect.TotalMinutes, 0.2);

        // Below the limit the cause counts as over; the orders are not.
        await world.Database.ExecuteAsync("update exception_case set state = 'resolved', closed_at = now(), closed_by = 'tower' where id = 1");
        await world.LookAsync();
        view = await world.OnlyAsync();
        Assert.Equal(("open", 2L, true), (view.Row.Status, view.Row.Unsettled, view.Row.Times.Restored is not null));
        await world.Database.ExecuteAsync("update exception_case set state = 'resolved', closed_at = now(), closed_by = 'tower' where state = 'open'");
        await world.LookAsync();
        Assert.Equal("drained", (await world.OnlyAsync()).Row.Status);
    }

    [Fact]
    public async Task A_backlog_is_an_incident_while_it_grows_and_until_it_is_small()
    {
        await using var world = await CreateAsync();
        await world.Database.ExecuteAsync("update incident_rule set most = 1 where kind = 'backlog'");
        // Two hours are the limit: late since an hour, since half an hour.
        await world.Orders.OrderAsync("NL-1", inStage: TimeSpan.FromMinutes(180));
        await world.Orders.OrderAsync("NL-2", inStage: TimeSpan.FromMinutes(150));
        await world.LookAsync();
        Assert.Equal(0, await world.CountAsync());
        await world.Orders.OrderAsync("NL-3", inStage: TimeSpan.FromMinutes(121));
        await world.LookAsync();
        var view = await world.OnlyAsync();
        Assert.Equal(("backlog", "order-to-cash/reserved", 3L), (view.Row.Kind, view.Row.Subject, view.Row.Affected));
        Assert.Equal(60, view.Row.Times.ToDetect.TotalMinutes, 0.2);

        await world.Database.ExecuteAsync("update flow set stage = 'posted', stage_since = now() where name <> 'NL-1'");
        await world.LookAsync();
        Assert.Equal(("open", 1L), ((await world.OnlyAsync()).Row.Status, (await world.OnlyAsync()).Row.Unsettled));
        await world.Database.ExecuteAsync("update flow set stage = 'posted', stage_since = now() where name = 'NL-1'");
        await world.LookAsync();
        Assert.Equal("drained", (await world.OnlyAsync()).Row.Status);
    }

    [Fact]
    public async Task A_broken_promise_and_a_pump_that_stands_still_are_incidents_and_a_rule_that_is_off_sees_nothing()
    {
        await using var world = await CreateAsync();
        await world.Database.ExecuteAsync(
            """
            insert into integrity_run (state, requested_by, requested_at, started_at, finished_at, checked, violations) values
                ('done', 'tower', now() - interval '3 hours', now() - interval '3 hours', now() - interval '3 hours', 9, '[]'),
                ('done', 'tower', now() - interval '2 hours', now() - interval '2 hours', now() - interval '2 hours', 9, '[{"name": "order-adds-up", "promise": "Header = lines", "count": 1}]'),
                ('done', 'tower', now() - interval '1 hour', now() - interval '1 hour', now() - interval '1 hour', 9, '[{"name": "order-adds-up", "promise": "Header = lines", "count": 2}]');
            insert into node (id, roles, host, version, pumps) values
                (gen_random_uuid(), 'worker', 'a', '1', jsonb_build_object('outbox', jsonb_build_object('state', 'running', 'lastRunAt', now() - interval '9 minutes'), 'inbox', jsonb_build_object('state', 'running', 'lastRunAt', now()),
                    'relay', jsonb_build_object('state', 'stopped', 'lastRunAt', now() - interval '9 minutes')))
            """);
        await world.Database.ExecuteAsync("update incident_rule set active = false where kind = 'pump'");
        await world.LookAsync();
        var broken = await world.OnlyAsync();
        Assert.Equal(("integrity", "order-adds-up", "critical"), (broken.Row.Kind, broken.Row.Subject, broken.Row.Severity));
        Assert.Equal(120, broken.Row.Times.ToDetect.TotalMinutes, 0.2);

        await world.Database.ExecuteAsync("update incident_rule set active = true");
        await world.LookAsync();
        var list = await world.Queries.ListAsync(new IncidentFilter([], ["pump"], null, null), 10, default);
        Assert.Equal("outbox", Assert.Single(list).Subject);

        await world.Database.ExecuteAsync("insert into integrity_run (state, requested_by, started_at, finished_at, checked) values ('done', 'tower', now(), now(), 9); update node set pumps = '{}'");
        await world.LookAsync();
        Assert.Equal(["drained", "drained"], (await world.Queries.ListAsync(new IncidentFilter([], [], null, null), 10, default)).Select(i => i.Status));
    }

    [Fact]
    public async Task An_inbox_that_stood_still_is_over_when_the_last_message_that_waited_was_read_and_its_order_is_completed()
    {
        await using var world = await CreateAsync();
        await RanAsync("now() - interval '20 minutes'");
        await world.Database.ExecuteAsync("update incident_rule set after_minutes = 10 where kind = 'pump'");
        var read = await world.Orders.MessageAsync(null, ago: TimeSpan.FromMinutes(15));
        var waits = await world.Orders.MessageAsync(null, ago: TimeSpan.FromMinutes(12), lane: "order/2");
        await world.Database.ExecuteAsync($"insert into inbox_work (message_id, connection_id, lane) select id, connection_id, lane from inbox_message where id in ({read}, {waits})");
        await world.LookAsync();
        Assert.Equal(("pump", "inbox", "open"), await world.OnlyAsync() is var one ? (one.Row.Kind, one.Row.Subject, one.Row.Status) : default);

        // It runs again; one message is read, the other is still to come.
        await RanAsync("now()");
        var first = await ReadAsync(read, "#1");
        await world.LookAsync();
        await world.LookAsync();
        Assert.Equal(("open", 1), await world.OnlyAsync() is var still ? (still.Row.Status, (int)still.Row.Affected) : default);

        await ReadAsync(waits, "#2");
        await world.Database.ExecuteAsync($"insert into exception_case (fingerprint, failure, code, title, message, subject, flow_id) values ('f', 'value', 'c', 't', 'm', 'flow/{first}/c', {first})");
        await world.LookAsync();
        await world.LookAsync();
        Assert.Equal(("open", 2), await world.OnlyAsync() is var held ? (held.Row.Status, (int)held.Row.Affected) : default);

        await world.Database.ExecuteAsync("update exception_case set state = 'resolved', closed_at = now(), closed_by = 'tower'");
        await world.LookAsync();
        await world.LookAsync();
        Assert.Equal("drained", (await world.OnlyAsync()).Row.Status);

        async Task<long> ReadAsync(long message, string name)
        {
            var flow = await world.Orders.OrderAsync(name);
            await world.Database.ExecuteAsync($"delete from inbox_work where message_id = {message}; insert into inbox_outcome (message_id, outcome, flow_id) values ({message}, 'processed', {flow})");
            return flow;
        }

        Task RanAsync(string at) => world.Database.ExecuteAsync(
            $"delete from node; insert into node (id, roles, host, version, pumps) values (gen_random_uuid(), 'worker', 'a', '1', jsonb_build_object('inbox', jsonb_build_object('state', 'running', 'lastRunAt', {at})))");
    }

    [Fact]
    public void A_store_that_is_silent_is_charged_with_its_own_orders()
    {
        var silent = SilentRule.Judge(new SilenceReading("shop", "Shop", "Brand", "store 7", 12, 0, Silent: true, null), new IncidentRule("silent", true, 0, 0, "major", 0, 1, "", default))!;
        Assert.Equal("""{"store": "store 7"}""", silent.About);
        Assert.Null(SilentRule.Judge(new SilenceReading("shop", "Shop", "Brand", null, 12, 0, Silent: true, null), new IncidentRule("silent", true, 0, 0, "major", 0, 1, "", default))!.About);
    }

    [Fact]
    public async Task An_objective_that_burns_its_budget_names_what_it_harmed()
    {
        await using var world = await CreateAsync();
        var one = await world.Orders.OrderAsync("NL-1");
        await world.Orders.CaseAsync(one, fingerprint: "other", age: TimeSpan.FromMinutes(3));
        await world.Database.ExecuteAsync(
            $"select incident_signal('burn', 'acknowledgement', 'Acknowledgement burns its budget', 'critical', '14 times too fast', now() - interval '1 hour', p_flows => array[{one}]::bigint[])");
        await world.LookAsync();
        var view = await world.OnlyAsync();
        Assert.Equal(("burn", "critical", 1L), (view.Row.Kind, view.Row.Severity, view.Row.Unsettled));
        // No objective burns any more, which the look has seen; the order still waits.
        Assert.False(await world.Database.ScalarAsync<bool>("select incident_signal_over('burn', 'acknowledgement')"));
        await world.Database.ExecuteAsync("update exception_case set state = 'resolved', closed_at = now(), closed_by = 'tower'");
        await world.LookAsync();
        Assert.Equal("drained", (await world.OnlyAsync()).Row.Status);
    }
}
