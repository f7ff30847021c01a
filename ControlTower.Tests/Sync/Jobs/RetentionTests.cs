using ControlTower.Data.Accounts;
using ControlTower.Data.Audit;
using ControlTower.Data.Exports;
using ControlTower.Data.Inbox;
using ControlTower.Data.Live;
using ControlTower.Data.Operations;
using ControlTower.Data.Outbox;
using ControlTower.Sync.Administration;
using ControlTower.Sync.Jobs;
using ControlTower.Sync.Operations;
using ControlTower.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Xunit;

namespace ControlTower.Tests.Sync.Jobs;

public sealed class RetentionTests
{
    [Fact]
    public async Task Bodies_go_after_30_days_calls_after_180_and_sessions_after_they_ended()
    {
        await using var database = await TestDatabase.CreateAsync();
        await using var calls = new CallLog(database.Sources);
        await database.ExecuteAsync(
            """
            insert into vendor_call (connection_id, purpose, verb, path, outcome, request, response, started_at, took_ms)
            select 'erp', 'test', 'GET', '/' || days, 'ok', 'asked', 'answered', now() - make_interval(days => days), 1 from unnest(array[29, 31, 179, 181]) as days;
            insert into account (id, email, name, role, security_stamp, created_at) values (gen_random_uuid(), 'a@b.test', 'A', 'Admin', gen_random_uuid(), now());
            insert into account_session (id_hash, account_id, stamp, created_at, last_seen_at, address)
            select sha256(hours::text::bytea), a.id, a.security_stamp, now() - make_interval(hours => hours), now() - make_interval(hours => hours), '127.0.0.1'
            from account a, unnest(array[1, 60]) as hours;
            insert into integrity_run (state, requested_by, started_at, finished_at) select 'done', 'tower', now() - make_interval(days => days), now() - make_interval(days => days) from unnest(array[91, 89]) as days
            """);

        var retention = new Retention(new InboxUpkeep(database.Sources), calls, new SessionStore(database.Sources, TimeProvider.System), new PauseBook(database.Sources, new AuditLog(database.Sources, TimeProvider.System), TimeProvider.System), new IntegrityStore(database.Sources), new ExportStore(database.Sources), database.Sources,
            new ErasureDesk(database.Sources, new AuditLog(database.Sources, TimeProvider.System), new ChangeNotifier(database.Sources, TimeProvider.System, NullLogger<ChangeNotifier>.Instance), NullLogger<ErasureDesk>.Instance),
            new RetentionDesk(database.Sources, new AuditLog(database.Sources, TimeProvider.System), Options.Create(new RetentionOptions())));
        await retention.RunAsync(TestContext.Current.CancellationToken);

        Assert.Equal("/29 asked, /31 -, /179 -", await database.ScalarAsync<string>("select string_agg(path || ' ' || coalesce(request, '-'), ', ' order by id) from vendor_call"));
        Assert.Equal(1L, await database.ScalarAsync<long>("select count(*) from account_session"));
        Assert.Equal(1L, await database.ScalarAsync<long>("select count(*) from integrity_run"));
    }

    [Fact]
    public async Task What_an_admin_sets_is_in_force_at_the_next_run_and_the_slower_of_two_is_told()
    {
        await using var database = await TestDatabase.CreateAsync();
        var cancel = TestContext.Current.CancellationToken;
        var tess = new Actor(Guid.Parse("0199b2a0-0000-7000-8000-000000000001"), "Tess Visser", "Admin");
        var desk = new RetentionDesk(database.Sources, new AuditLog(database.Sources, TimeProvider.System), Options.Create(new RetentionOptions { PersonalDays = 500 }));
        Assert.Equal((30, 500), ((await desk.TimesAsync(cancel))(RetentionKinds.Bodies).Days, (await desk.TimesAsync(cancel))(RetentionKinds.Buyers).Days));

        Assert.True(await desk.ChangeAsync(RetentionKinds.Bodies, 14, 0, "asked by the works council", tess, cancel));
        Assert.False(await desk.ChangeAsync(RetentionKinds.Bodies, 21, 0, "no", tess, cancel));
        await Assert.ThrowsAsync<ArgumentException>(() => desk.ChangeAsync(RetentionKinds.Bodies, 6, 1, "too short", tess, cancel));
        await Assert.ThrowsAsync<ArgumentException>(() => desk.ChangeAsync(RetentionKinds.Bodies, 21, 1, " ", tess, cancel));
        Assert.Equal(14, (await desk.TimesAsync(cancel))(RetentionKinds.Bodies).Days);

        var lines = await desk.ListAsync(cancel);
        Assert.Equal(RetentionKinds.All.Count, lines.Count);
        Assert.All(lines, line => Assert.True(line.Size.Bytes > 0, line.Kind.Id));
        Assert.Equal((14, 30), lines.Where(line => line.Kind.Id == RetentionKinds.Bodies).Select(line => (line.Days, line.Shipped)).Single());

        Assert.True(await desk.ChangeAsync(RetentionKinds.Bodies, null, 1, "back", tess, cancel));
        Assert.Equal(30, (await desk.TimesAsync(cancel))(RetentionKinds.Bodies).Days);
        Assert.Equal("14 as shipped", await database.ScalarAsync<string>("select string_agg(detail::jsonb ->> 'days', ' ' order by seq) from audit where action = 'admin:retention:manage'"));
    }

    [Fact]
    public async Task Bodies_of_old_messages_go_but_not_of_those_in_work_or_before_a_person_and_what_came_twice_is_still_known()
    {
        await using var database = await TestDatabase.CreateAsync();
        await new OrderWorld(database).ConnectAsync();
        var upkeep = new InboxUpkeep(database.Sources);
        await database.ExecuteAsync(
            """
            insert into inbox_message (connection_id, topic, event_id, lane, body, body_hash, received_at)
            select (select min(id) from connection), 'orders/create', name, name, name::bytea, sha256(name::bytea), now() - make_interval(days => days)
            from unnest(array['oldest', 'in-work', 'undecided', 'old', 'young'], array[40, 39, 38, 31, 29]) as m (name, days);
            insert into inbox_work (message_id, connection_id, lane, state, reason, park_until) select id, connection_id, lane, 1, 'waits', now() + interval '1 day' from inbox_message where event_id = 'in-work';
            insert into inbox_outcome (message_id, outcome) select id, case event_id when 'undecided' then 'excepted' else 'processed' end from inbox_message where event_id <> 'in-work';
            insert into exception_case (subject, fingerprint, failure, code, title, message, message_id, connection_id)
            select 'message/' || id, 'f', 'value', 'unreadable', 'A title', 'words', id, connection_id from inbox_message where event_id = 'undecided'
            """);

        await upkeep.EraseBodiesAsync(TimeSpan.FromDays(30), TestContext.Current.CancellationToken);
        await upkeep.EraseBodiesAsync(TimeSpan.FromDays(30), TestContext.Current.CancellationToken);
        Assert.Equal("in-work, undecided, young", await KeptAsync(database));
        Assert.Equal(5L, await database.ScalarAsync<long>("select count(*) from inbox_message where body_hash = sha256(event_id::bytea)"));

        await database.ExecuteAsync("update exception_case set state = 'discarded', closed_at = now(), closed_by = 'Ida Holm', resolution = 'no use'");
        await upkeep.EraseBodiesAsync(TimeSpan.FromDays(30), TestContext.Current.CancellationToken);
        Assert.Equal("in-work, young", await KeptAsync(database));

        static Task<string?> KeptAsync(TestDatabase database) => database.ScalarAsync<string>("select string_agg(convert_from(body, 'utf8'), ', ' order by id) from inbox_message where body is not null");
    }

    [Fact]
    public async Task The_call_log_is_kept_by_month_and_a_month_that_is_too_old_goes_as_a_whole()
    {
        await using var database = await TestDatabase.CreateAsync();
        await using var calls = new CallLog(database.Sources);
        // As if the upkeep had not run for a year: these found no month of their own.
        await database.ExecuteAsync(
            """
            insert into vendor_call (connection_id, purpose, verb, path, outcome, started_at, took_ms)
            select 'erp', 'test', 'GET', '/' || months, 'ok', now() - make_interval(months => months), 1 from unnest(array[9, 8, 1]) as months
            """);
        Assert.Equal(3L, await database.ScalarAsync<long>("select count(*) from vendor_call_other"));

        await database.ExecuteAsync("select vendor_call_prepare(now() - interval '9 months')");
        Assert.Equal(0, await calls.PrepareAsync(TestContext.Current.CancellationToken));
        Assert.Equal("/9 own, /8 own, /1 own", await database.ScalarAsync<string>(
            "select string_agg(path || case when tableoid::regclass::text = 'vendor_call_' || to_char(started_at at time zone 'UTC', 'YYYY_MM') then ' own' else ' other' end, ', ' order by id) from vendor_call"));

        // Half a year is six months, or five and the days before today.
        Assert.InRange(await calls.ForgetAsync(TimeSpan.FromDays(180), TestContext.Current.CancellationToken), 3, 4);
        Assert.Equal("/1", await database.ScalarAsync<string>("select string_agg(path, ', ') from vendor_call"));
        // What comes next month has its place already.
        Assert.NotEqual("vendor_call_other", await database.ScalarAsync<string>(
            """
            insert into vendor_call (connection_id, purpose, verb, path, outcome, started_at, took_ms) values ('erp', 'test', 'GET', '/next', 'ok', now() + interval '1 month', 1)
            returning tableoid::regclass::text
            """));
    }
}
