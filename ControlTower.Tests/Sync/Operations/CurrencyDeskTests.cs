using ControlTower.Data.Audit;
using ControlTower.Data.Currencies;
using ControlTower.Data.Live;
using ControlTower.Data.Triage;
using ControlTower.Sync.Operations;
using ControlTower.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace ControlTower.Tests.Sync.Operations;

public sealed class CurrencyDeskTests : IAsyncLifetime
{
    private static readonly Actor Ida = new(null, "Ida Holm", "Admin");
    private static readonly DateOnly Day = new(2026, 11, 24);

    private TestDatabase database = null!;
    private OrderWorld world = null!;
    private CurrencyDesk desk = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        database = await TestDatabase.CreateAsync();
        world = await new OrderWorld(database).ConnectAsync();
        desk = new CurrencyDesk(
            database.Sources, new AuditLog(database.Sources, TimeProvider.System), new ChangeNotifier(database.Sources, TimeProvider.System, NullLogger<ChangeNotifier>.Instance), TimeProvider.System);
    }

    public ValueTask DisposeAsync() => database.DisposeAsync();

    [Fact]
    public async Task A_rate_puts_cases_of_all_currencies_into_one_order_those_that_are_open_already_too()
    {
        var yen = await world.CaseAsync(null, "f", value: 30_000m, currency: "JPY");
        var euro = await world.CaseAsync(null, "f", value: 250m, currency: "EUR");
        var queries = new CaseQueries(database.Sources);
        Assert.Equal([yen, euro], (await queries.KeysAsync(new CaseFilter(), cancel: Cancel)).Ids);

        Assert.True(await desk.PutAsync(" jpy ", 0.006m, Day, 0, Ida, Cancel));

        Assert.Equal([euro, yen], (await queries.KeysAsync(new CaseFilter(), cancel: Cancel)).Ids);
        Assert.Equal(30_000m, Assert.Single(await queries.RowsAsync([yen], Cancel)).AtRisk!.Value.Amount);
        Assert.Equal("admin:currency:write currency:JPY", await database.ScalarAsync<string>("select action || ' ' || subject from audit"));
    }

    [Fact]
    public async Task The_second_of_two_people_changes_nothing_whether_the_rate_is_new_or_known()
    {
        Assert.True(await desk.PutAsync("GBP", 1.17m, Day, 0, Ida, Cancel));
        Assert.False(await desk.PutAsync("GBP", 1.20m, Day, 0, Ida, Cancel));
        Assert.True(await desk.PutAsync("GBP", 1.18m, Day, 1, Ida, Cancel));
        Assert.False(await desk.PutAsync("GBP", 1.30m, Day, 1, Ida, Cancel));
        Assert.False(await desk.PutAsync("USD", 1.30m, Day, 3, Ida, Cancel));
        Assert.Equal((1.18m, 2), (await CurrencyStore.ListAsync(database.Sources.Read, Cancel)).Where(rate => rate.Currency == "GBP").Select(rate => (rate.Rate!.Value, rate.Version)).Single());
        Assert.Contains(await CurrencyStore.ListAsync(database.Sources.Read, Cancel), rate => rate is { Currency: "EUR", Rate: null, Version: 0 });
    }

    [Fact]
    public async Task A_case_that_opens_is_ranked_by_its_rate_and_given_by_rule_and_a_huge_one_opens_too()
    {
        await database.ExecuteAsync("insert into account (id, email, name, role, security_stamp, created_at) values (gen_random_uuid(), 'a@b.test', 'A', 'Operations', gen_random_uuid(), now()); insert into assignment_rule (position, assignee) select 1, id from account");
        await desk.PutAsync("GBP", 1.25m, Day, 0, Ida, Cancel);
        await desk.PutAsync("CHF", 1_000_000m, Day, 0, Ida, Cancel);

        var pounds = await world.CaseAsync(null, "f", value: 100m, currency: "GBP");
        await world.CaseAsync(null, "f", value: 900_000_000_000_000m, currency: "CHF");

        Assert.Equal(125m, await database.ScalarAsync<decimal>($"select rank from exception_case where id = {pounds}"));
        Assert.Equal(2, await database.ScalarAsync<long>("select count(*) from exception_case where assignee is not null and assigned_rule is not null"));

        // As a node that knows nothing of rules takes it out of everybody's hands.
        await database.ExecuteAsync("update exception_case set assignee = null, assigned_at = null");
        Assert.Equal(0, await database.ScalarAsync<long>("select count(*) from exception_case where assigned_rule is not null"));
    }

    [Theory]
    [InlineData("EURO", 1)]
    [InlineData("€", 1)]
    [InlineData("", 1)]
    [InlineData("EUR", 0)]
    [InlineData("EUR", -1)]
    [InlineData("EUR", 2_000_000)]
    public async Task What_is_no_rate_is_refused_in_words_and_nothing_is_written(string currency, int rate)
    {
        await Assert.ThrowsAsync<ArgumentException>(() => desk.PutAsync(currency, rate, Day, 0, Ida, Cancel));
        await Assert.ThrowsAsync<ArgumentException>(() => desk.PutAsync("EUR", 1, new DateOnly(2100, 1, 1), 0, Ida, Cancel));
        Assert.Equal(0, await database.ScalarAsync<long>("select (select count(*) from currency_rate) + (select count(*) from audit)"));
    }
}
