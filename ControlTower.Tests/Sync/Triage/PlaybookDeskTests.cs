using ControlTower.Data.Audit;
using ControlTower.Data.Live;
using ControlTower.Data.Triage;
using ControlTower.Sync.Triage;
using ControlTower.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace ControlTower.Tests.Sync.Triage;

public sealed class PlaybookDeskTests : IAsyncLifetime
{
    private static readonly Actor Ida = new(null, "Ida Holm", "Admin");

    private TestDatabase database = null!;
    private OrderWorld world = null!;
    private PlaybookDesk desk = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        database = await TestDatabase.CreateAsync();
        world = await new OrderWorld(database).ConnectAsync();
        desk = new PlaybookDesk(database.Sources, new AuditLog(database.Sources, TimeProvider.System), new ChangeNotifier(database.Sources, TimeProvider.System, NullLogger<ChangeNotifier>.Instance), TimeProvider.System);
    }

    public ValueTask DisposeAsync() => database.DisposeAsync();

    [Fact]
    public async Task What_a_kind_costs_moves_the_money_at_risk_of_its_open_cases_and_the_second_of_two_people_changes_nothing()
    {
        await world.CaseAsync(null, failure: "duplicate", value: 200m);
        await world.CaseAsync(null, failure: "duplicate", value: 200m, state: "resolved");
        var seen = await ClassAsync("duplicate");
        Assert.Equal((0.5m, 1), (seen.Loss, seen.Open));

        Assert.True(await desk.ChangeAsync(seen with { Loss = 0.25m, Runbook = new Uri("https://wiki.example.test/duplicates") }, Ida, Cancel));
        Assert.False(await desk.ChangeAsync(seen with { Loss = 0.75m }, Ida, Cancel));

        Assert.Equal(50m, Assert.Single((await new CaseQueries(database.Sources).TotalAsync(new CaseFilter(), Cancel)).Values).Amount);
        Assert.Equal(new Uri("https://wiki.example.test/duplicates"), (await ClassAsync("duplicate")).Runbook);
        Assert.Equal("exceptions:class:configure class:duplicate", await database.ScalarAsync<string>("select string_agg(action || ' ' || subject, ',') from audit"));
    }

    [Fact]
    public async Task What_is_written_down_about_a_code_stands_with_its_cases_and_nobody_overwrites_the_other()
    {
        var id = await world.CaseAsync(null, "missing:bc-eu:tax-code");
        var details = new CaseDetailQueries(database.Sources);
        await desk.ChangeAsync((await ClassAsync("missing")) with { Runbook = new Uri("https://wiki.example.test/missing") }, Ida, Cancel);
        Assert.Equal(("https://wiki.example.test/missing", null), ((await details.LoadAsync(id, Cancel))!.Runbook!.AbsoluteUri, (await details.LoadAsync(id, Cancel))!.Advice?.Words));

        var fresh = new Remedy("missing", "tax-code", " Ask finance for the group. ", new Uri("https://wiki.example.test/tax"), 0, default, "");
        Assert.True(await desk.PutAsync(fresh, Ida, Cancel));
        Assert.False(await desk.PutAsync(fresh with { Advice = "Another first" }, Ida, Cancel));
        var seen = (await PlaybookStore.FindAsync(database.Sources.Work, "missing", "tax-code", Cancel))!;
        Assert.True(await desk.PutAsync(seen with { Advice = "Ask Jo." }, Ida, Cancel));
        Assert.False(await desk.PutAsync(seen with { Advice = "Ask Flo." }, Ida, Cancel));
        Assert.False(await desk.RemoveAsync(seen, Ida, Cancel));

        var detail = (await details.LoadAsync(id, Cancel))!;
        Assert.Equal(("https://wiki.example.test/tax", "Ask Jo.", "Ida Holm"), (detail.Runbook!.AbsoluteUri, detail.Advice!.Words, detail.Advice.By));
        Assert.True(await desk.RemoveAsync(seen with { Version = seen.Version + 1 }, Ida, Cancel));
        Assert.Null((await details.LoadAsync(id, Cancel))!.Advice);
        Assert.Equal(4, await database.ScalarAsync<long>("select count(*) from audit"));
    }

    [Theory]
    [InlineData("javascript:alert(1)")]
    [InlineData("wiki/tax")]
    [InlineData("ftp://files.example.test/a")]
    [InlineData("https://user:secret@example.test/")]
    public void An_address_that_no_runbook_has_is_refused_in_words(string address) => Assert.Contains("https://", Assert.Throws<ArgumentException>(() => PlaybookDesk.Address(address)).Message, StringComparison.Ordinal);

    [Fact]
    public async Task Bad_input_changes_nothing_and_says_what_fits()
    {
        var seen = await ClassAsync("value");
        foreach (var wrong in new[] { seen with { Loss = 1.01m }, seen with { Loss = -0.1m }, seen with { KeepResolved = TimeSpan.Zero }, seen with { KeepDiscarded = TimeSpan.FromDays(4000) } })
        {
            await Assert.ThrowsAsync<ArgumentException>(() => desk.ChangeAsync(wrong, Ida, Cancel));
        }

        var remedy = new Remedy("value", "code", "advice", null, 0, default, "");
        foreach (var wrong in new[] { remedy with { Code = " " }, remedy with { Advice = " " }, remedy with { Advice = new string('a', 1001) }, remedy with { Code = "a\u0007" } })
        {
            await Assert.ThrowsAsync<ArgumentException>(() => desk.PutAsync(wrong, Ida, Cancel));
        }

        Assert.Equal(0, await database.ScalarAsync<long>("select (select count(*) from audit) + (select count(*) from remedy)"));
    }

    [Fact]
    public async Task Who_looks_at_the_same_case_is_known_until_they_leave_or_are_not_heard_of()
    {
        var (ida, jo) = (Guid.NewGuid(), Guid.NewGuid());
        var watch = new CaseWatch(database.Sources, new ChangeNotifier(database.Sources, TimeProvider.System, NullLogger<ChangeNotifier>.Instance));
        Assert.Empty(await watch.LookAsync(1, ida, "Ida", come: true, Cancel));
        Assert.Equal(["Ida"], await watch.LookAsync(1, jo, "Jo", come: true, Cancel));
        Assert.Equal(["Jo"], await watch.LookAsync(1, ida, "Ida", come: false, Cancel));
        Assert.Empty(await watch.LookAsync(2, jo, "Jo", come: true, Cancel));
        await watch.LeaveAsync(1, jo, Cancel);
        Assert.Empty(await watch.LookAsync(1, ida, "Ida", come: false, Cancel));
        await watch.LookAsync(1, jo, "Jo", come: true, Cancel);
        await database.ExecuteAsync("update case_watch set seen_at = now() - interval '1 minute' where name = 'Jo'");
        Assert.Empty(await watch.LookAsync(1, ida, "Ida", come: false, Cancel));
    }

    private async Task<CaseClass> ClassAsync(string failure) => (await PlaybookStore.ClassesAsync(database.Sources.Work, Cancel)).Single(kind => kind.Failure == failure);
}
