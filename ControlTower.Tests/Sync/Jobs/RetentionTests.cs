using ControlTower.Data.Accounts;
using ControlTower.Data.Operations;
using ControlTower.Data.Outbox;
using ControlTower.Sync.Jobs;
using ControlTower.Tests.Support;
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

        var retention = new Retention(calls, new SessionStore(database.Sources, TimeProvider.System), new IntegrityStore(database.Sources));
        await retention.RunAsync(TestContext.Current.CancellationToken);

        Assert.Equal("/29 asked, /31 -, /179 -", await database.ScalarAsync<string>("select string_agg(path || ' ' || coalesce(request, '-'), ', ' order by id) from vendor_call"));
        Assert.Equal(1L, await database.ScalarAsync<long>("select count(*) from account_session"));
        Assert.Equal(1L, await database.ScalarAsync<long>("select count(*) from integrity_run"));
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
