using ControlTower.Data.Audit;
using ControlTower.Data.Flows;
using ControlTower.Data.Live;
using ControlTower.Sync.Operations;
using ControlTower.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace ControlTower.Tests.Sync.Operations;

/// <summary>A buyer who wants to be forgotten is in no table afterwards; what was bought, the books and the guards against duplicates stay.</summary>
public sealed class ErasureTests : IAsyncLifetime
{
    private const string Buyer = "Wolkenstein";

    private static readonly Actor Admin = new(null, "Ida Holm", "Admin");

    private TestDatabase database = null!;
    private OrderWorld world = null!;
    private ErasureDesk desk = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        database = await TestDatabase.CreateAsync();
        world = await new OrderWorld(database).ConnectAsync();
        desk = new ErasureDesk(database.Sources, new AuditLog(database.Sources, TimeProvider.System), new ChangeNotifier(database.Sources, TimeProvider.System, NullLogger<ChangeNotifier>.Instance), NullLogger<ErasureDesk>.Instance);
    }

    public ValueTask DisposeAsync() => database.DisposeAsync();

    [Fact]
    public async Task An_order_that_has_ended_forgets_its_buyer_everywhere_at_once_and_keeps_what_was_bought()
    {
        var order = await OrderAsync("NL-1", "done");
        var other = await OrderAsync("NL-2", "done");

        Assert.Equal(ErasureAnswer.Erased, await desk.EraseAsync(order, "request 17", Admin, Cancel));

        Assert.Equal([other], await HoldersAsync());
        Assert.Equal("TEE", await database.ScalarAsync<string>($"select body -> 'lines' -> 0 ->> 'sku' from order_document where flow_id = {order}"));
        Assert.Equal(1, await database.ScalarAsync<long>($"select count(*) from inbox_message m join inbox_outcome o on o.message_id = m.id where o.flow_id = {order} and body is null and length(body_hash) = 32"));
        Assert.Equal("orders:personal:erase request 17", await database.ScalarAsync<string>($"select action || ' ' || reason from audit where subject = 'order:{order}'"));
        Assert.Equal(ErasureAnswer.AskedBefore, await desk.EraseAsync(order, "again", Admin, Cancel));
        Assert.Equal(ErasureAnswer.NoSuchOrder, await desk.EraseAsync(404, "typo", Admin, Cancel));
        Assert.Equal(1, await database.ScalarAsync<long>("select count(*) from audit"));
    }

    [Fact]
    public async Task An_open_order_keeps_its_buyer_until_it_and_its_cases_have_ended()
    {
        var order = await OrderAsync("NL-1", "open");
        var problem = await world.CaseAsync(order, message: $"{Buyer} is unknown");

        Assert.Equal(ErasureAnswer.Waits, await desk.EraseAsync(order, "request 17", Admin, Cancel));
        await desk.CatchUpAsync(TimeSpan.FromDays(365), Cancel);
        Assert.Equal([order], await HoldersAsync());

        await database.ExecuteAsync($"update flow set status = 'done' where id = {order}");
        await desk.CatchUpAsync(TimeSpan.FromDays(365), Cancel);
        Assert.Equal([order], await HoldersAsync());

        await database.ExecuteAsync($"update exception_case set state = 'discarded', closed_at = now(), closed_by = 'Ida Holm', resolution = 'no use' where id = {problem}");
        await desk.CatchUpAsync(TimeSpan.FromDays(365), Cancel);
        Assert.Empty(await HoldersAsync());
        Assert.Equal("missing:bc-eu:tax-code", await database.ScalarAsync<string>($"select fingerprint from exception_case where id = {problem}"));
    }

    [Fact]
    public async Task By_age_each_order_is_met_once_and_one_that_is_still_open_then_is_not_forgotten()
    {
        var old = await OrderAsync("NL-1", "done", days: 400);
        var slow = await OrderAsync("NL-2", "open", days: 399);
        var young = await OrderAsync("NL-3", "done", days: 10);

        await desk.CatchUpAsync(TimeSpan.FromDays(365), Cancel);
        Assert.Equal([slow, young], await HoldersAsync());

        await database.ExecuteAsync($"update flow set status = 'cancelled' where id = {slow}");
        await desk.CatchUpAsync(TimeSpan.FromDays(365), Cancel);
        await desk.CatchUpAsync(TimeSpan.FromDays(365), Cancel);
        Assert.Equal([young], await HoldersAsync());
        Assert.Equal(old + " " + slow, await database.ScalarAsync<string>("select string_agg(flow_id::text, ' ' order by flow_id) from erasure where done_at is not null"));
    }

    [Fact]
    public async Task Words_of_closed_cases_go_when_their_class_and_ending_say_so_and_the_case_stays()
    {
        await database.ExecuteAsync("update case_class set keep_resolved = '10 days', keep_discarded = '20 days' where failure = 'missing'");
        foreach (var (state, days) in new[] { ("resolved", 9), ("resolved", 11), ("discarded", 11), ("discarded", 21) })
        {
            var id = await world.CaseAsync(null, message: $"{state} {days}", state: state);
            await database.ExecuteAsync($"update exception_case set closed_at = now() - interval '{days} days' where id = {id}");
        }

        await world.CaseAsync(null, message: "open 400", age: TimeSpan.FromDays(400));
        await desk.CatchUpAsync(TimeSpan.FromDays(365), Cancel);

        Assert.Equal("discarded 11, open 400, resolved 9", await database.ScalarAsync<string>("select string_agg(message, ', ' order by message) from exception_case where message <> ''"));
        Assert.Equal(5, await database.ScalarAsync<long>("select count(*) from exception_case"));
        Assert.Equal(0, await database.ScalarAsync<long>("select count(*) from case_words where words @@ words_query('21')"));
    }

    [Fact]
    public async Task An_order_that_somebody_gave_up_is_forgotten_too_when_nothing_has_moved_for_a_month()
    {
        var order = await OrderAsync("NL-1", "attention");
        Assert.Equal(ErasureAnswer.Waits, await desk.EraseAsync(order, "request 17", Admin, Cancel));
        await database.ExecuteAsync("update flow set updated_at = now() - interval '31 days'");
        await desk.CatchUpAsync(TimeSpan.FromDays(365), Cancel);
        Assert.Empty(await HoldersAsync());
    }

    [Theory]
    [InlineData("")]
    [InlineData("  ")]
    public async Task Without_a_reason_nothing_is_erased(string reason) => await Assert.ThrowsAnyAsync<ArgumentException>(() => desk.EraseAsync(1, reason, Admin, Cancel));

    private async Task<long> OrderAsync(string name, string status, int days = 0)
    {
        var id = await world.OrderAsync(name, status: status);
        var key = name + "-0123456789ABCDEF";
        await world.PostingAsync(id, key, state: "refused");
        await world.CallAsync(id, key, request: $"for {Buyer}", response: $"{Buyer} refused");
        await world.MessageAsync(id, body: $$"""{"customer": "{{Buyer}}"}""", eventId: name);
        var problem = await world.CaseAsync(id, message: $"{Buyer} is blocked", postingKey: key, state: "resolved");
        await database.ExecuteAsync(
            $$$"""
            insert into order_document (flow_id, version, body) values ({{{id}}}, 1, '{"lines": [{"sku": "TEE"}], "buyer": {"name": "{{{Buyer}}}"}}'), ({{{id}}}, 2, '{"lines": [{"sku": "TEE"}], "buyer": {"name": "{{{Buyer}}}"}}');
            insert into posting_revision (flow_id, document_version, revision, base, posting_key, body, repair, case_id, fingerprint, held_as, who, why)
            values ({{{id}}}, 1, 1, 0, '{{{key}}}', '{"lines": [{"sku": "TEE-2"}], "buyer": {"name": "{{{Buyer}}}"}}', gen_random_uuid(), {{{problem}}}, 'f', 'refused', 'Ida Holm', 'typo');
            insert into batch (key, kind, what, actor_name, actor_role, count, currencies, amounts, stages, per_second, failure_limit, state_by)
            values (gen_random_uuid(), 'retry', 'w', 'A', 'Admin', 1, '{}', '{}', '{1}', 1, 0, 'A');
            insert into batch_item (batch_id, ordinal, case_id, stage, state, detail, sent_at, settled_at) select max(id), 1, {{{problem}}}, 1, 'failed', '{{{Buyer}}} is blocked', now(), now() from batch;
            update flow set created_at = now() - interval '{{{days}}} days' where id = {{{id}}};
            """);
        return id;
    }

    /// <summary>Orders in whose rows, in whatever table, the buyer still stands.</summary>
    private async Task<IReadOnlyList<long>> HoldersAsync()
    {
        var tables = new[] { "order_document", "posting_revision", "vendor_call", "exception_case", "flow_reference", "event_log", "delivery", "posting" };
        var holders = string.Join(" union ", tables.Select(table => $"select flow_id from {table} t where t::text like '%{Buyer}%'"))
            + $" union select o.flow_id from inbox_outcome o join inbox_message m on m.id = o.message_id where convert_from(m.body, 'UTF8') like '%{Buyer}%' union select id from flow t where t::text like '%{Buyer}%'"
            + $" union select c.flow_id from batch_item i join exception_case c on c.id = i.case_id where i.detail like '%{Buyer}%'"
            + $" union select c.flow_id from case_words w join exception_case c on c.id = w.case_id where w.words::text like '%{Buyer.ToLowerInvariant()}%'";
        return (await database.ScalarAsync<long[]>($"select coalesce(array_agg(flow_id order by flow_id), '{{}}') from ({holders}) h"))!;
    }
}
