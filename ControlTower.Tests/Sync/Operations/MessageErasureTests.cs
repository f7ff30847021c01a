using ControlTower.Data.Audit;
using ControlTower.Data.Flows;
using ControlTower.Data.Live;
using ControlTower.Data.Triage;
using ControlTower.Sync.Operations;
using ControlTower.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace ControlTower.Tests.Sync.Operations;

/// <summary>A message that never became an order is erased on request: what it says is in no table afterwards, its key, its hash and its case stay.</summary>
public sealed class MessageErasureTests : IAsyncLifetime
{
    private const string Buyer = "Wolkenstein";

    private static readonly Actor Admin = new(null, "Ida Holm", "Admin");

    private TestDatabase database = null!;
    private OrderWorld world = null!;
    private ErasureDesk desk = null!;

    public async ValueTask InitializeAsync()
    {
        database = await TestDatabase.CreateAsync();
        world = await new OrderWorld(database).ConnectAsync();
        desk = new ErasureDesk(database.Sources, new AuditLog(database.Sources, TimeProvider.System), new ChangeNotifier(database.Sources, TimeProvider.System, NullLogger<ChangeNotifier>.Instance), NullLogger<ErasureDesk>.Instance);
    }

    public ValueTask DisposeAsync() => database.DisposeAsync();

    [Fact]
    public async Task What_a_closed_case_of_a_message_tells_is_erased_and_that_it_was_stays()
    {
        var (message, problem) = await CaseAsync("resolved");
        await database.ExecuteAsync($"insert into case_comment (key, case_id, name, text) values (gen_random_uuid(), {problem}, 'Ida', 'called {Buyer}'); update exception_case set ticket = '{Buyer}' where id = {problem}");

        Assert.Equal(ErasureAnswer.Erased, await desk.EraseMessageAsync(problem, " request 17 ", Admin, default));
        Assert.Equal(ErasureAnswer.AskedBefore, await desk.EraseMessageAsync(problem, "request 17", Admin, default));

        Assert.Equal(1, await database.ScalarAsync<long>($"select count(*) from inbox_message where id = {message} and body is null and body_erased_at is not null and length(body_hash) = 32 and event_id <> ''"));
        Assert.Equal("resolved//", await database.ScalarAsync<string>($"select state || '/' || message || '/' || coalesce(ticket, '') from exception_case where id = {problem} and erased_at is not null"));
        Assert.Equal("(erased)", await database.ScalarAsync<string>("select text from case_comment"));
        Assert.Equal(0, await database.ScalarAsync<long>($"select count(*) from case_words where words @@ words_query('{Buyer}')"));
        Assert.Equal("orders:personal:erase request 17", await database.ScalarAsync<string>($"select string_agg(action || ' ' || reason, ', ') from audit where subject = 'case:{problem}'"));
        Assert.NotNull((await new CaseDetailQueries(database.Sources).LoadAsync(problem))!.ErasedAt);
    }

    [Fact]
    public async Task What_somebody_still_needs_or_belongs_to_an_order_is_refused_by_name_and_nothing_is_erased()
    {
        var (_, open) = await CaseAsync("open");
        Assert.Equal(ErasureAnswer.StillOpen, await desk.EraseMessageAsync(open, "request 17", Admin, default));

        var (message, worked) = await CaseAsync("resolved");
        await database.ExecuteAsync($"insert into inbox_work (message_id, connection_id, lane) select id, connection_id, lane from inbox_message where id = {message}");
        Assert.Equal(ErasureAnswer.StillOpen, await desk.EraseMessageAsync(worked, "request 17", Admin, default));

        var (used, became) = await CaseAsync("resolved");
        var order = await world.OrderAsync("NL-1");
        await database.ExecuteAsync($"insert into inbox_outcome (message_id, outcome, flow_id) values ({used}, 'processed', {order})");
        Assert.Equal(ErasureAnswer.OfAnOrder, await desk.EraseMessageAsync(became, "request 17", Admin, default));

        Assert.Equal(ErasureAnswer.NoSuchOrder, await desk.EraseMessageAsync(404, "request 17", Admin, default));
        await Assert.ThrowsAsync<ArgumentException>(() => desk.EraseMessageAsync(worked, " ", Admin, default));
        await Assert.ThrowsAsync<ArgumentException>(() => desk.EraseMessageAsync(worked, new string('x', ErasureDesk.LongestReason + 1), Admin, default));
        Assert.Equal(3, await database.ScalarAsync<long>($"select count(*) from inbox_message where convert_from(body, 'UTF8') like '%{Buyer}%'"));
        Assert.Equal(0, await database.ScalarAsync<long>("select (select count(*) from audit) + (select count(*) from exception_case where erased_at is not null)"));
    }

    [Fact]
    public async Task Tickets_of_batches_go_when_the_words_of_the_last_of_their_cases_may()
    {
        await database.ExecuteAsync(
            """
            insert into batch (key, kind, what, actor_name, actor_role, count, currencies, amounts, stages, per_second, failure_limit, state, state_by, skipped, ticket, assignee, assignee_name, finished_at)
            select gen_random_uuid(), 'assign', 'all', 'Ida', 'Operations', 1, '{}', '{}', '{1}', 8, 0, 'done', 'Ida', 1, 'Wolkenstein called', gen_random_uuid(), 'Ida', now() - make_interval(days => age)
            from unnest('{1, 300, 400, 800}'::int[]) age
            """);
        await desk.CatchUpAsync(TimeSpan.FromDays(3650), default);
        Assert.Equal(2, await database.ScalarAsync<long>("select count(ticket) from batch"));
        await database.ExecuteAsync("update batch set ticket = 'old' where finished_at < now() - interval '390 days'; update case_class set keep_discarded = '500 days' where failure = 'parse'");
        await desk.CatchUpAsync(TimeSpan.FromDays(3650), default);
        Assert.Equal(3, await database.ScalarAsync<long>("select count(ticket) from batch"));
    }

    private async Task<(long Message, long Case)> CaseAsync(string state)
    {
        var message = await world.MessageAsync(null, body: $$"""{"buyer": "{{Buyer}}", broken""");
        return (message, await world.CaseAsync(null, "parse:shopify-eu:not-json", "parse", "not-json", "Unreadable message from Shopify EU", $"Near {Buyer}.", OrderWorld.Shop, 0m, null, state: state, messageId: message, brand: ""));
    }
}
