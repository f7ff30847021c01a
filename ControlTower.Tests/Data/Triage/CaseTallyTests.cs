using ControlTower.Data.Canonical;
using ControlTower.Data.Flows;
using ControlTower.Data.Triage;
using ControlTower.Tests.Support;
using Npgsql;
using Xunit;

namespace ControlTower.Tests.Data.Triage;

/// <summary>What the desk counts ahead is, at every moment, what counting the cases would give.</summary>
public sealed class CaseTallyTests : IAsyncLifetime
{
    // What the board says and what the cases say, dimension by dimension, wherever they differ.
    private const string Differences =
        """
        select count(*) from (
            select fingerprint, state, failure, connection_id, brand, currency, assignee, due_soon, cases, value, at_risk, rank from case_board
            union all select fingerprint, state, failure, connection_id, brand, currency, assignee, due_soon, -1, -value, -at_risk, -rank from exception_case
                      where state in ('open', 'retrying') and (shelf_until is null or shelf_until <= now())) c
        group by fingerprint, state, failure, connection_id, brand, currency, assignee, due_soon having sum(cases) <> 0 or sum(value) <> 0 or sum(at_risk) <> 0 or sum(rank) <> 0
        """;

    private const string TrendDifferences =
        """
        select count(*) from (
            select fingerprint, step, sum(cases) from (
                select fingerprint, step, cases from case_arrivals union all select fingerprint, trend_step(opened_at), -1 from exception_case where state in ('open', 'retrying')) c
            group by 1, 2 having sum(cases) <> 0) d
        """;

    private static readonly string[] Acts =
    [
        "insert into exception_case (fingerprint, failure, code, title, message, subject, value, currency, brand, connection_id) select 'f' || {0} % 3, (array['value', 'duplicate'])[1 + {0} % 2], 'c', 't', 'm', 's' || {0} || '/' || n, n + {0}, (array['EUR', 'JPY', null])[1 + n % 3], 'b' || n % 2, 'bc-eu' from generate_series(1, 4) n",
        "update exception_case set state = 'retrying' where state = 'open' and id % 3 = {0} % 3",
        "update exception_case set state = 'open', occurrences = occurrences + 1 where state = 'retrying' and id % 2 = {0} % 2",
        "update exception_case set state = 'resolved', closed_at = now(), closed_by = 'tower' where state = 'open' and id % 5 = {0} % 5",
        "update exception_case set value = value + 1, fingerprint = 'moved' where id % 4 = {0} % 4",
        "update exception_case set shelf = 'snoozed', shelf_until = case {0} % 3 when 0 then now() + interval '1 day' else now() - interval '1 second' end, shelf_by = 'x' where id % 3 = {0} % 3 and state = 'open'",
        "update exception_case set assignee = (select id from account), assigned_at = now() where id % 2 = {0} % 2",
        "delete from exception_case where id % 11 = {0} % 11",
        "update exception_case set failure = 'duplicate' where id % 7 = {0} % 7",
    ];

    private TestDatabase database = null!;
    private OrderWorld world = null!;
    private CaseQueries queries = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        database = await TestDatabase.CreateAsync();
        world = await new OrderWorld(database).ConnectAsync();
        queries = new CaseQueries(database.Sources);
        await database.ExecuteAsync("insert into account (id, email, name, role, security_stamp, created_at) values (gen_random_uuid(), 'a@b.test', 'A', 'Admin', gen_random_uuid(), now())");
    }

    public ValueTask DisposeAsync() => database.DisposeAsync();

    [Fact]
    public async Task Whatever_happens_to_cases_in_whatever_order_the_counts_are_exact_before_and_after_they_are_added_up()
    {
        for (var round = 0; round < 60; round++)
        {
            await database.ExecuteAsync(string.Format(System.Globalization.CultureInfo.InvariantCulture, Acts[round % 3 == 0 ? 0 : round * 7 % Acts.Length], round));
            Assert.True(await database.ScalarAsync<long>(Differences) == 0, $"round {round}");
            Assert.True(await database.ScalarAsync<long>(TrendDifferences) == 0, $"trend in round {round}");
            if (round % 4 == 3)
            {
                await CaseTally.AddUpAsync(database.Sources.Work, Cancel);
                Assert.True(await database.ScalarAsync<long>(Differences) == 0, $"added up in round {round}");
                Assert.True(await database.ScalarAsync<long>(TrendDifferences) == 0, $"trend added up in round {round}");
                Assert.Equal(0, await database.ScalarAsync<long>("select count(*) from case_tally_change"));
            }
        }

        Assert.True(await database.ScalarAsync<long>("select count(*) from case_board") > 5);
        Assert.Equal(0, await database.ScalarAsync<long>("select count(*) from case_tally where cases = 0 and value = 0 and at_risk = 0 and rank = 0"));
    }

    [Fact]
    public async Task Writers_readers_and_several_nodes_that_add_up_at_once_lose_and_double_nothing()
    {
        var writing = Task.WhenAll(Enumerable.Range(0, 4).Select(async writer =>
        {
            for (var i = 0; i < 25; i++)
            {
                await database.ExecuteAsync(string.Format(System.Globalization.CultureInfo.InvariantCulture, Acts[0], (writer * 1000) + i));
            }
        }));
        while (!writing.IsCompleted)
        {
            await Task.WhenAll(CaseTally.AddUpAsync(database.Sources.Work, Cancel), CaseTally.AddUpAsync(database.Sources.Work, Cancel));
            Assert.Equal(0, await database.ScalarAsync<long>(Differences));
        }

        await writing;
        await CaseTally.AddUpAsync(database.Sources.Work, Cancel);
        Assert.Equal(0, await database.ScalarAsync<long>(Differences));
        Assert.Equal(400, await database.ScalarAsync<long>("select sum(cases)::bigint from case_tally"));
    }

    [Fact]
    public async Task An_act_that_is_rolled_back_counts_for_nothing()
    {
        await using var connection = await database.Sources.Work.OpenConnectionAsync(Cancel);
        await using (var transaction = await connection.BeginTransactionAsync(Cancel))
        {
            await new NpgsqlCommand(string.Format(System.Globalization.CultureInfo.InvariantCulture, Acts[0], 1), connection).ExecuteNonQueryAsync(Cancel);
        }

        Assert.Empty(await queries.CausesAsync(new CaseFilter(), Cancel));
        Assert.Equal(0, (await queries.TotalAsync(new CaseFilter(), Cancel)).Count);
    }

    [Fact]
    public async Task Causes_totals_and_counts_are_the_same_from_the_tally_as_from_the_cases()
    {
        var order = await world.OrderAsync("NL-1");
        for (var i = 0; i < 30; i++)
        {
            await world.CaseAsync(order, $"f{i % 4}", value: 10 + i, currency: i % 5 == 0 ? "GBP" : "EUR", state: i % 6 == 0 ? "retrying" : "open", age: TimeSpan.FromHours(i), brand: i % 2 == 0 ? "Northlane" : "Fjord");
        }

        await database.ExecuteAsync("update exception_case set shelf = 'snoozed', shelf_until = 'infinity', shelf_by = 'x' where id % 7 = 0 and state = 'open'");
        foreach (var filter in new CaseFilter[] { new(), new() { Sort = CaseSort.Oldest }, new() { States = ["retrying"] }, new() { Brands = ["Fjord"] }, new() { Connections = ["bc-eu"], Brands = ["Northlane"] } })
        {
            // A batch that takes in everything asks for the same, and is not counted ahead.
            var looked = filter with { Text = OrderSearchText.Parse("NL-1") };
            Assert.Equal((await queries.CausesAsync(looked, Cancel)).Select(Told), (await queries.CausesAsync(filter, Cancel)).Select(Told));
            var total = await queries.TotalAsync(filter, Cancel);
            Assert.Equal((await queries.TotalAsync(looked, Cancel)).Values, total.Values);
            var added = await queries.TotalAsync(filter, await queries.CausesAsync(filter, Cancel), Cancel);
            Assert.Equal((total.Count, total.Values.OrderBy(v => v.Currency).ToList()), (added.Count, added.Values.OrderBy(v => v.Currency).ToList()), (a, b) => a.Count == b.Count && a.Item2.SequenceEqual(b.Item2));
            Assert.Equal((await queries.CountsAsync([looked], Cancel))[0], (await queries.CountsAsync([filter], Cancel))[0]);
        }

        static (string, int, int, string) Told(Cause cause) => (cause.Fingerprint, cause.Count, cause.Retrying, string.Join(' ', cause.Values.Select(Word)));

        static string Word(Money money) => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{money.Amount:0.00} {money.Currency}");
    }

    [Fact]
    public async Task Counting_one_by_one_ends_where_nobody_reads_the_difference()
    {
        await database.ExecuteAsync($"insert into exception_case (fingerprint, failure, code, title, message, subject, state, closed_at, closed_by) select 'f', 'value', 'c', 't', 'm', 's' || n, 'resolved', now(), 'tower' from generate_series(1, {CaseQueries.CountLimit + 5}) n");
        Assert.Equal(new CaseCount(CaseQueries.CountLimit, OrMore: true), Assert.Single(await queries.CountsAsync([new CaseFilter { States = ["resolved"] }], Cancel)));
    }
}
