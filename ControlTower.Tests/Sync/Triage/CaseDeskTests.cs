using ControlTower.Data.Accounts;
using ControlTower.Data.Audit;
using ControlTower.Data.Flows;
using ControlTower.Data.Live;
using ControlTower.Data.Triage;
using ControlTower.Sync.Triage;
using ControlTower.Tests.Support;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace ControlTower.Tests.Sync.Triage;

/// <summary>What people do to cases: once, never over somebody else's head, and back again.</summary>
public sealed class CaseDeskTests : IAsyncLifetime
{
    private readonly FakeTimeProvider clock = new(TimeProvider.System.GetUtcNow());
    private TestDatabase database = null!;
    private OrderWorld world = null!;
    private CaseQueries queries = null!;
    private CaseDesk desk = null!;
    private CasePerson ida = null!;
    private CasePerson mats = null!;
    private long order;

    private static Actor By(CasePerson person) => new(person.Id, person.Name, "Operations");

    public async ValueTask InitializeAsync()
    {
        database = await TestDatabase.CreateAsync();
        world = await new OrderWorld(database).ConnectAsync();
        var audit = new AuditLog(database.Sources, TimeProvider.System);
        var accounts = new AccountStore(database.Sources, audit, new SignInWays(() => true, () => null, (_, _) => true), TimeProvider.System);
        ida = await PersonAsync(accounts, "Ida Holm");
        mats = await PersonAsync(accounts, "Mats Kjær");
        queries = new CaseQueries(database.Sources);
        desk = new CaseDesk(database.Sources, audit, new ChangeNotifier(database.Sources, TimeProvider.System, Microsoft.Extensions.Logging.Abstractions.NullLogger<ChangeNotifier>.Instance), clock);
        order = await world.OrderAsync("NL-1");
    }

    public ValueTask DisposeAsync() => database.DisposeAsync();

    [Fact]
    public async Task The_second_of_two_people_changes_nothing_and_one_entry_stands_in_the_trail()
    {
        var seen = await SeenAsync(await world.CaseAsync(order));
        var both = await Task.WhenAll(
            desk.AssignAsync([seen], ida, "OPS-7", By(ida), default), desk.AssignAsync([seen], mats, null, By(mats), default));

        Assert.Equal(1, both.Sum(receipt => receipt.Moved.Count));
        Assert.Equal(1, both.Sum(receipt => receipt.Left.Count));
        Assert.Equal(both[0].Moved.Count == 1 ? ida.Id : mats.Id, (await RowAsync(seen.Id)).Assignee!.Id);
        Assert.Equal(1, await database.ScalarAsync<long>("select count(*) from audit where action = 'exceptions:case:assign'"));
    }

    [Fact]
    public async Task A_comment_stands_in_the_history_once_and_for_ever_and_only_its_words_can_be_erased()
    {
        var (id, key) = (await world.CaseAsync(order), Guid.NewGuid());
        Assert.True(await desk.CommentAsync(key, id, "  Called the shop:\nthey fix it today.\u0007 ", By(ida), default));
        Assert.False(await desk.CommentAsync(key, id, "Called the shop again.", By(ida), default));
        Assert.False(await desk.CommentAsync(Guid.NewGuid(), 999_999, "Nobody's.", By(ida), default));
        await Assert.ThrowsAsync<ArgumentException>(() => desk.CommentAsync(Guid.NewGuid(), id, " \n ", By(ida), default));
        await Assert.ThrowsAsync<ArgumentException>(() => desk.CommentAsync(Guid.NewGuid(), id, new string('x', 2_001), By(ida), default));

        var said = Assert.Single((await new CaseDetailQueries(database.Sources).LoadAsync(id))!.History);
        Assert.Equal(("Ida Holm", "exceptions:case:comment", "Called the shop:\nthey fix it today."), (said.Who, said.Action, said.Reason));
        Assert.Equal(1, await database.ScalarAsync<long>($"select count(*) from audit where action = 'exceptions:case:comment' and subject = 'case:{id}' and reason is null"));
        foreach (var change in new[] { "update case_comment set text = 'It was never said'", "update case_comment set text = '(erased)', name = 'Mats'", "delete from case_comment" })
        {
            Assert.Equal("42501", (await Assert.ThrowsAsync<Npgsql.PostgresException>(() => database.ExecuteAsync(change))).SqlState);
        }

        await database.ExecuteAsync("update exception_case set state = 'resolved', closed_by = 'Ida', resolution = 'Done', closed_at = now() - interval '10 years'");
        await database.ExecuteAsync("update exception_case set shelf_note = 'Waits for Marta'");
        await ControlTower.Data.Flows.ErasureStore.EraseWordsAsync(database.Sources.Work, default);
        Assert.Equal("(erased) none", await database.ScalarAsync<string>("select resolution || ' ' || coalesce(shelf_note, 'none') from exception_case"));
        Assert.Equal("(erased)", (await new CaseDetailQueries(database.Sources).LoadAsync(id))!.History.Single(act => act.Action == "exceptions:case:comment").Reason);
        Assert.False(await desk.CommentAsync(Guid.NewGuid(), id, "And her number is 555-0100.", By(ida), default));
    }

    [Fact]
    public async Task The_trail_says_how_an_act_found_its_cases()
    {
        var seen = await SeenAsync(await world.CaseAsync(order));
        await desk.AssignAsync([seen], ida, "OPS-7", By(ida), default);
        var other = await SeenAsync(await world.CaseAsync(order));
        await desk.CloseAsync([await SeenAsync(seen.Id), other], CaseEnding.Discarded, "Tested orders", By(mats), default);

        Assert.Equal("open, in nobody's hands", await database.ScalarAsync<string>("select detail::jsonb ->> 'before' from audit where action = 'exceptions:case:assign'"));
        var before = await database.ScalarAsync<string>("select detail::jsonb ->> 'before' from audit where action = 'exceptions:case:discard'");
        Assert.Contains($"1 open, in the hands of {ida.Id}, with a ticket", before, StringComparison.Ordinal);
        Assert.Contains("1 open, in nobody's hands", before, StringComparison.Ordinal);

        // Counts and tickets in the trail are no cases: what was done to others is in nobody else's history.
        Assert.Equal(2, (await new CaseDetailQueries(database.Sources).LoadAsync(seen.Id))!.History.Count);
    }

    [Fact]
    public async Task Off_the_board_until_its_time_and_back_without_anything_having_to_run()
    {
        var seen = await SeenAsync(await world.CaseAsync(order));
        await desk.ShelveAsync([seen], ShelfKind.Snoozed, clock.GetUtcNow().AddHours(1), "Waits for finance", By(ida), default);
        Assert.Empty((await queries.KeysAsync(new CaseFilter())).Ids);
        Assert.Equal(0, await queries.OpenAsync());
        Assert.Equal([seen.Id], (await queries.KeysAsync(new CaseFilter { Shelved = true })).Ids);
        Assert.Equal("Waits for finance", (await RowAsync(seen.Id)).Shelf!.Note);

        await database.ExecuteAsync("update exception_case set shelf_until = now() - interval '1 second'");
        Assert.Equal([seen.Id], (await queries.KeysAsync(new CaseFilter())).Ids);
        Assert.Equal(1, await queries.OpenAsync());
    }

    [Fact]
    public async Task What_fails_again_comes_back_before_its_time_with_a_mark()
    {
        var seen = await SeenAsync(await world.CaseAsync(order));
        await desk.ShelveAsync([seen], ShelfKind.Held, clock.GetUtcNow().AddDays(1), null, By(ida), default);
        await using (var connection = await database.Sources.Work.OpenConnectionAsync())
        {
            var subject = await database.ScalarAsync<string>($"select subject from exception_case where id = {seen.Id}");
            await CaseStore.OpenAsync(connection, [new NewCase(subject!, "f", "missing", "tax-code", "t", "m", null, OrderWorld.Erp, order, null, null, null, 5m, "EUR", "b")], default);
        }

        var row = await RowAsync(seen.Id);
        Assert.Null(row.Shelf);
        Assert.NotNull(row.WokeAt);
        Assert.Equal([seen.Id], (await queries.KeysAsync(new CaseFilter())).Ids);
    }

    [Fact]
    public async Task An_act_is_taken_back_whole_and_only_while_nobody_went_on_from_there()
    {
        var (first, second) = (await SeenAsync(await world.CaseAsync(order)), await SeenAsync(await world.CaseAsync(order)));
        var assigned = await desk.AssignAsync([first, second], ida, "OPS-7", By(ida), default);
        await desk.AssignAsync([await SeenAsync(second.Id)], mats, null, By(mats), default);

        Assert.Equal([first.Id], await desk.UndoAsync(assigned.Moved, clock.GetUtcNow(), By(ida), default));
        Assert.Null((await RowAsync(first.Id)).Assignee);
        Assert.Equal(mats.Id, (await RowAsync(second.Id)).Assignee!.Id);
        Assert.Empty(await desk.UndoAsync(assigned.Moved, clock.GetUtcNow(), By(ida), default));
    }

    [Fact]
    public async Task A_closed_case_is_opened_again_by_undo_unless_its_subject_failed_anew()
    {
        var (first, second) = (await SeenAsync(await world.CaseAsync(order)), await SeenAsync(await world.CaseAsync(order)));
        var closed = await desk.CloseAsync([first, second], CaseEnding.Resolved, "Done by hand", By(ida), default);
        await database.ExecuteAsync($"insert into exception_case (subject, fingerprint, failure, code, title, message) select subject, 'f', 'missing', 'c', 't', 'm' from exception_case where id = {second.Id}");

        Assert.Equal([first.Id], await desk.UndoAsync(closed.Moved, clock.GetUtcNow(), By(ida), default));
        Assert.Equal(("open", "resolved"), ((await RowAsync(first.Id)).State, (await RowAsync(second.Id)).State));
    }

    [Fact]
    public async Task After_the_time_to_undo_nothing_is_taken_back()
    {
        var done = clock.GetUtcNow();
        var moved = (await desk.AssignAsync([await SeenAsync(await world.CaseAsync(order))], ida, null, By(ida), default)).Moved;
        clock.Advance(CaseDesk.UndoTime + TimeSpan.FromMinutes(1));
        Assert.Empty(await desk.UndoAsync(moved, done, By(ida), default));
    }

    [Theory]
    [InlineData(-1, ShelfKind.Snoozed)]
    [InlineData(24 * 400, ShelfKind.Snoozed)]
    [InlineData(null, ShelfKind.Held)]
    public async Task A_time_that_makes_no_sense_is_refused_and_nothing_changes(int? hours, ShelfKind kind)
    {
        var seen = await SeenAsync(await world.CaseAsync(order));
        var until = hours is { } h ? clock.GetUtcNow().AddHours(h) : (DateTimeOffset?)null;
        await Assert.ThrowsAsync<ArgumentException>(() => desk.ShelveAsync([seen], kind, until, null, By(ida), default));
        Assert.Equal(seen, await SeenAsync(seen.Id));
    }

    [Fact]
    public async Task What_is_being_retried_or_closed_is_left_alone()
    {
        var retrying = await SeenAsync(await world.CaseAsync(order, state: "retrying"));
        var closed = await SeenAsync(await world.CaseAsync(order, state: "resolved"));
        Assert.Empty((await desk.ShelveAsync([retrying, closed], ShelfKind.Snoozed, null, null, By(ida), default)).Moved);
        Assert.Empty((await desk.CloseAsync([retrying, closed], CaseEnding.Discarded, "no longer", By(ida), default)).Moved);
        Assert.Equal(0, await database.ScalarAsync<long>("select count(*) from audit where action like 'exceptions:case:%'"));
    }

    [Fact]
    public async Task Money_at_risk_is_the_share_that_this_kind_of_failure_costs_and_ranks_first()
    {
        var certain = await world.CaseAsync(order, "a", value: 100m);
        var passing = await world.CaseAsync(order, "b", failure: "intermittent", value: 300m);
        Assert.Equal([certain, passing], (await queries.KeysAsync(new CaseFilter())).Ids);
        Assert.Equal((300m, 60m), ((await RowAsync(passing)).Value!.Value.Amount, (await RowAsync(passing)).AtRisk!.Value.Amount));
        Assert.Equal(160m, (await queries.TotalAsync(new CaseFilter())).Values.Single().Amount);
    }

    [Fact]
    public async Task The_views_of_a_person_and_of_what_is_due_soon_hold_what_they_say()
    {
        var mine = await SeenAsync(await world.CaseAsync(order));
        await world.CaseAsync(order);
        await desk.AssignAsync([mine], ida, null, By(ida), default);
        Assert.Equal([mine.Id], (await queries.KeysAsync(new CaseFilter { Assignee = ida.Id })).Ids);

        var stage = await database.ScalarAsync<string>($"select stage from flow where id = {order}");
        var limits = new StageLimits { Otherwise = TimeSpan.FromHours(2) };
        await database.ExecuteAsync($"update flow set stage_since = now() - interval '{(limits.For(stage!) - TimeSpan.FromMinutes(30)).TotalMinutes} minutes'");
        await CaseReckoning.LimitAsync(database.Sources.Work, limits, default);
        await CaseReckoning.WorkAsync(database.Sources.Work, TimeProvider.System, TimeSpan.FromMinutes(1), default);
        Assert.Equal(2, (await queries.CountsAsync([new CaseFilter { DueSoon = true }])).Single().Count);
        Assert.Equal(2, (await queries.KeysAsync(new CaseFilter { DueSoon = true })).Ids.Count);
    }

    private static async Task<CasePerson> PersonAsync(AccountStore accounts, string name)
    {
        var (account, _) = await accounts.AddAsync(new NewAccount($"{name.Split(' ')[0]}@example.com", name, "Operations", false), Actor.Tower("test"));
        return new CasePerson(account!.Id, account.Name);
    }

    private async Task<CaseRow> RowAsync(long id) => Assert.Single(await queries.RowsAsync([id]));

    private async Task<CaseSeen> SeenAsync(long id) => new(id, (await RowAsync(id)).Version);

    [Theory]
    [InlineData("")]
    [InlineData("  ok   ")]
    public async Task A_closing_without_a_reason_that_says_something_is_refused(string reason)
    {
        var seen = await SeenAsync(await world.CaseAsync(order));
        await Assert.ThrowsAsync<ArgumentException>(() => desk.CloseAsync([seen], CaseEnding.Resolved, reason, By(ida), default));
        Assert.Equal("open", (await RowAsync(seen.Id)).State);
    }
}
