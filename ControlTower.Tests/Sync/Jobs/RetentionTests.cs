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
}
