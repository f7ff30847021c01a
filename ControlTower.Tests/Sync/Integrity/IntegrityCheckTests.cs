using ControlTower.Data.Audit;
using ControlTower.Data.Live;
using ControlTower.Data.Operations;
using ControlTower.Sync.Integrity;
using ControlTower.Tests.Support;
using ControlTower.Tests.Verify;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Xunit;

namespace ControlTower.Tests.Sync.Integrity;

public sealed class IntegrityCheckTests
{
    [Fact]
    public async Task A_check_that_is_due_is_run_once_and_tells_what_is_broken_without_anything_personal()
    {
        await using var database = await SoundTower.CreateAsync();
        await database.ExecuteAsync("delete from event_log where flow_id = (select min(id) from flow) and step = 2");
        var order = await database.ScalarAsync<string>("select min(id)::text from flow");
        var store = new IntegrityStore(database.Sources);
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Check(database).RunAsync(TestContext.Current.CancellationToken)));

        Assert.Equal(1L, await database.ScalarAsync<long>("select count(*) from integrity_run where state = 'done' and requested_by = 'tower'"));
        var last = (await store.ReadAsync(TestContext.Current.CancellationToken)).Last!;
        var gap = Assert.Single(last.Violations, v => v.Name == "flow-steps-without-gap");
        Assert.Equal((1L, "order", order), (gap.Count, gap.What, gap.Sample.Single()));
        Assert.False(last.OwnRole);
        Assert.True(last.Checked > 50, $"{last.Checked} were checked");
        Assert.Equal(0L, await database.ScalarAsync<long>("select count(*) from audit where action = 'operations:integrity:check'"));
    }

    [Fact]
    public async Task A_run_whose_process_died_is_taken_over_and_the_dead_one_writes_nothing_any_more()
    {
        await using var database = await SoundTower.CreateAsync();
        var store = new IntegrityStore(database.Sources);
        await store.AskIfDueAsync(TimeSpan.FromMinutes(15), TestContext.Current.CancellationToken);
        var dead = (await store.TakeAsync(TimeSpan.FromMinutes(12), TestContext.Current.CancellationToken))!.Value;
        Assert.Null(await store.TakeAsync(TimeSpan.FromMinutes(12), TestContext.Current.CancellationToken));
        await database.ExecuteAsync("update integrity_run set started_at = now() - interval '13 minutes'");
        Assert.NotNull(await store.TakeAsync(TimeSpan.FromMinutes(12), TestContext.Current.CancellationToken));
        Assert.Equal(0, await store.EndAsync(dead, 1, 0, false, [], null, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_database_that_refuses_the_checker_is_told_as_a_check_that_failed()
    {
        await using var database = await SoundTower.CreateAsync();
        await Check(database, "Host=127.0.0.1;Port=1;Username=checker;Database=x;Password=hush;Timeout=2").RunAsync(TestContext.Current.CancellationToken);
        var last = (await new IntegrityStore(database.Sources).ReadAsync(TestContext.Current.CancellationToken)).Last!;
        Assert.StartsWith("The database was not reached", last.Failure, StringComparison.Ordinal);
        Assert.DoesNotContain("hush", last.Failure, StringComparison.Ordinal);
    }

    private static IntegrityCheck Check(TestDatabase database, string reader = "") => new(
        database.Sources, new IntegrityStore(database.Sources), new AuditAnchorFile("/nowhere/anchors"),
        new ChangeNotifier(database.Sources, TimeProvider.System, NullLogger<ChangeNotifier>.Instance),
        Options.Create(new IntegrityOptions { ConnectionString = reader }), NullLogger<IntegrityCheck>.Instance);
}
