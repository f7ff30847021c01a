using ControlTower.Data.Currencies;
using ControlTower.Data.Flows;
using ControlTower.Data.Triage;
using ControlTower.Tests.Support;
using Xunit;

namespace ControlTower.Tests.Data.Triage;

/// <summary>What follows for open cases when rates, limits, orders or the clock change.</summary>
public sealed class CaseReckoningTests : IAsyncLifetime
{
    private const string Due = "select coalesce(bool_and(due_soon), false) from exception_case where state = 'open'";

    private TestDatabase database = null!;
    private OrderWorld world = null!;
    private long order;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        database = await TestDatabase.CreateAsync();
        world = await new OrderWorld(database).ConnectAsync();
        order = await world.OrderAsync("NL-1");
        await CaseReckoning.LimitAsync(database.Sources.Work, new StageLimits { Otherwise = TimeSpan.FromHours(5) }, Cancel);
        await CaseReckoning.WorkAsync(database.Sources.Work, TimeProvider.System, TimeSpan.FromMinutes(1), Cancel);
    }

    public ValueTask DisposeAsync() => database.DisposeAsync();

    [Fact]
    public async Task A_rate_reaches_every_open_case_of_its_currency_though_the_work_is_broken_off_after_any_slice()
    {
        await database.ExecuteAsync(
            """
            insert into exception_case (fingerprint, failure, code, title, message, subject, value, currency)
            select 'f', 'value', 'c', 't', 'm', 's' || n, 10, case when n % 2 = 0 then 'SEK' else 'EUR' end from generate_series(1, 4500) n
            """);
        await using (var connection = await database.Sources.Work.OpenConnectionAsync(Cancel))
        {
            Assert.True(await CurrencyStore.PutAsync(connection, "SEK", 0.5m, new DateOnly(2026, 11, 26), 0, "Ida", Cancel));
        }

        // Each look is as long as one slice, as if its process died after it.
        var reckoned = 0L;
        for (var look = 0; look < 2; look++)
        {
            await CaseReckoning.WorkAsync(database.Sources.Work, TimeProvider.System, TimeSpan.FromTicks(1), Cancel);
            var now = await database.ScalarAsync<long>("select count(*) from exception_case where rank = 5");
            Assert.InRange(now, reckoned + 1, reckoned + 2000);
            reckoned = now;
        }

        Assert.Equal((2250, 0), (reckoned, await database.ScalarAsync<long>("select count(*) from case_reckon")));
        Assert.Equal(2250, await database.ScalarAsync<long>("select count(*) from exception_case where currency = 'EUR' and rank = 10"));
    }

    [Fact]
    public async Task A_case_is_due_soon_an_hour_before_its_order_has_been_too_long_in_its_stage_and_is_not_once_it_moves_on_or_ends()
    {
        await database.ExecuteAsync($"update flow set stage = 'strange', stage_since = now() where id = {order}");
        await world.CaseAsync(order);
        Assert.False(await database.ScalarAsync<bool>(Due));

        // Four hours later, as the clock alone has it.
        await database.ExecuteAsync("alter table flow disable trigger user; update flow set stage_since = now() - interval '4 hours 1 minute'; alter table flow enable trigger user");
        await database.ExecuteAsync("alter table exception_case disable trigger case_follow; update exception_case set due_at = due_at - interval '4 hours 1 minute'; alter table exception_case enable trigger case_follow");
        await CaseReckoning.WorkAsync(database.Sources.Work, TimeProvider.System, TimeSpan.FromMinutes(1), Cancel);
        Assert.True(await database.ScalarAsync<bool>(Due));

        await database.ExecuteAsync("update flow set stage = 'next', stage_since = now()");
        Assert.False(await database.ScalarAsync<bool>(Due));

        await database.ExecuteAsync("update flow set stage_since = now() - interval '9 hours'");
        Assert.True(await database.ScalarAsync<bool>(Due));
        await database.ExecuteAsync("update flow set status = 'done'");
        Assert.False(await database.ScalarAsync<bool>(Due));
    }

    [Fact]
    public async Task Another_limit_reaches_the_cases_that_are_open_and_the_same_limit_costs_nothing()
    {
        await database.ExecuteAsync($"update flow set stage = 'strange', stage_since = now() - interval '2 hours' where id = {order}");
        await world.CaseAsync(order);
        Assert.False(await database.ScalarAsync<bool>(Due));

        var shorter = new StageLimits { Otherwise = TimeSpan.FromHours(2) };
        await CaseReckoning.LimitAsync(database.Sources.Work, shorter, Cancel);
        await CaseReckoning.LimitAsync(database.Sources.Work, shorter, Cancel);
        Assert.Equal(1, await database.ScalarAsync<long>("select count(*) from case_reckon"));
        await CaseReckoning.WorkAsync(database.Sources.Work, TimeProvider.System, TimeSpan.FromMinutes(1), Cancel);
        Assert.True(await database.ScalarAsync<bool>(Due));
        Assert.Equal(0, await database.ScalarAsync<long>("select count(*) from case_reckon"));
    }

    [Fact]
    public async Task A_case_of_a_return_is_due_by_the_limit_of_its_stage_and_of_a_journal_never()
    {
        var back = await world.OrderAsync("R-1", stage: "strange", inStage: TimeSpan.FromHours(4.5));
        var journal = await world.OrderAsync("J-1", stage: "strange", inStage: TimeSpan.FromHours(4.5));
        await database.ExecuteAsync($"update flow set kind = case id when {back} then 'return-to-refund' else 'journal' end where id in ({back}, {journal})");
        var (due, never) = (await world.CaseAsync(back), await world.CaseAsync(journal));
        var queries = new CaseQueries(database.Sources);

        Assert.Equal([due], (await queries.KeysAsync(new CaseFilter { DueSoon = true }, cancel: Cancel)).Ids);
        var rows = (await queries.RowsAsync([due, never], Cancel)).ToDictionary(row => row.Id);
        Assert.Equal(rows[due].StageSince + TimeSpan.FromHours(5), rows[due].DueAt);
        Assert.Null(rows[never].DueAt);
    }
}
