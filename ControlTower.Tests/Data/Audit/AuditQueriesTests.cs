using ControlTower.Data.Audit;
using ControlTower.Data.Db;
using ControlTower.Data.Flows;
using ControlTower.Tests.Support;
using Xunit;

namespace ControlTower.Tests.Data.Audit;

public sealed class AuditQueriesTests : IAsyncLifetime
{
    private static readonly Actor Ida = new(Guid.CreateVersion7(), "Ida Holm", "Operations", "10.0.0.7");
    private static readonly Actor Tom = new(Guid.CreateVersion7(), "Tom Berg", "Admin");

    private TestDatabase database = null!;
    private AuditLog log = null!;
    private AuditQueries queries = null!;

    public async ValueTask InitializeAsync()
    {
        database = await TestDatabase.CreateAsync();
        (log, queries) = (new AuditLog(database.Sources, TimeProvider.System), new AuditQueries(database.Sources));
    }

    public ValueTask DisposeAsync() => database.DisposeAsync();

    [Fact]
    public async Task Each_part_of_the_filter_narrows_and_together_they_are_joined()
    {
        await WriteAsync(Ida, "exceptions:case:resolve", "case:1", "posted by hand in the ERP");
        await WriteAsync(Ida, "exceptions:case:retry", "case:2", null, AuditOutcome.Refused);
        await WriteAsync(Tom, "exceptions:case:resolve", "case:3", "the customer called");
        await WriteAsync(Actor.Tower("retention"), "inbox:body:erase", "inbox", null);

        Assert.Equal([2, 1], await FindAsync(new() { Person = Ida.Id }));
        Assert.Equal([4], await FindAsync(new() { Nobody = true }));
        Assert.Equal([3, 1], await FindAsync(new() { Action = "exceptions:case:resolve" }));
        Assert.Equal([2], await FindAsync(new() { Outcome = "refused" }));
        Assert.Equal([1], await FindAsync(new() { Person = Ida.Id, Action = "exceptions:case:resolve" }));
        Assert.Equal([3, 2, 1], await FindAsync(new() { UpTo = 3 }));
        Assert.Equal(3, await queries.CountAsync(new() { UpTo = 3 }));
        Assert.Empty(await FindAsync(new() { Before = DateTimeOffset.UnixEpoch }));
        Assert.Equal([4, 3, 2, 1], await FindAsync(new() { From = DateTimeOffset.UnixEpoch }));
    }

    [Theory]
    [InlineData("hand", true)]
    [InlineData("HAND erp", true)]
    [InlineData("posted by ha", true)]
    [InlineData("hand customer", false)]
    [InlineData("ostet", false)]
    [InlineData("& | ! :*", false)]
    [InlineData("O'Hara's", false)]
    public async Task Words_of_the_reason_are_found_all_of_them_and_the_last_by_its_beginning(string words, bool found)
    {
        await WriteAsync(Ida, "exceptions:case:resolve", "case:1", "posted by hand in the ERP");
        await WriteAsync(Ida, "exceptions:case:resolve", "case:2", null);

        Assert.Equal(found ? [1] : [], await FindAsync(new() { Words = words }));
    }

    [Fact]
    public async Task What_was_done_to_an_order_is_found_by_any_of_its_ids_also_where_it_was_done_to_many()
    {
        var world = await new OrderWorld(database).ConnectAsync();
        var order = await world.OrderAsync("NL-1048213");
        await world.PostingAsync(order, "NL-1048213-0123456789ABCDEF");
        var problem = await world.CaseAsync(order);
        var other = await world.CaseAsync(await world.OrderAsync("NL-2"));
        await WriteAsync(Ida, "exceptions:case:assign", $"case:{problem}", null);
        await WriteAsync(Ida, "exceptions:case:snooze", "3 cases", null, detail: new() { ["cases"] = $"{other} {problem} 99" });
        await WriteAsync(Ida, "exceptions:case:snooze", "2 cases", null, detail: new() { ["cases"] = $"{other} {problem}7" });
        await WriteAsync(Ida, "exceptions:case:assign", $"case:{other}", null);

        foreach (var text in new[] { "NL-1048213", "nl-1048213", $"C-{problem}", $"case:{problem}", $"ord-{order}", "NL-1048213-0123456789abcdef" })
        {
            var found = await FindAsync(new() { Subject = OrderSearchText.Parse(text) });
            Assert.Equal(text.StartsWith("case:", StringComparison.Ordinal) ? [1] : [2, 1], found);
        }

        Assert.Empty(await FindAsync(new() { Subject = OrderSearchText.Parse("NL-77") }));
    }

    [Theory]
    [InlineData("bc-eu", "connection:bc-eu")]
    [InlineData("connection:bc-eu", "connection:bc-eu")]
    [InlineData("B-12", "batch:12")]
    [InlineData("e-3", "export:3")]
    public async Task A_connection_a_batch_and_an_export_are_found_as_people_name_them(string text, string subject)
    {
        await WriteAsync(Ida, "some:act:done", subject, null);
        await WriteAsync(Ida, "some:act:done", "batch:1", null);

        Assert.Equal([1], await FindAsync(new() { Subject = OrderSearchText.Parse(text) }));
    }

    [Fact]
    public async Task Pages_follow_one_another_without_a_gap_or_a_repetition_while_entries_are_appended()
    {
        for (var i = 0; i < 25; i++)
        {
            await WriteAsync(i % 2 == 0 ? Ida : Tom, "some:act:done", $"thing:{i}", null);
        }

        List<long> seen = [];
        long? before = null;
        while (await queries.PageAsync(new() { Person = Ida.Id }, before, 5) is { Count: > 0 } page)
        {
            seen.AddRange(page.Select(row => row.Seq));
            before = page[^1].Seq;
            await WriteAsync(Ida, "some:act:done", "later", null);
        }

        Assert.Equal(Enumerable.Range(0, 13).Select(i => 25L - (2 * i)), seen);
    }

    [Fact]
    public async Task Every_act_there_was_is_listed_once_by_name()
    {
        await WriteAsync(Ida, "b:b:b", "x", null);
        await WriteAsync(Ida, "a:a:a", "x", null);
        await WriteAsync(Ida, "b:b:b", "x", null);

        Assert.Equal(["a:a:a", "b:b:b"], await queries.ActsAsync());
    }

    [Fact]
    public async Task A_long_trail_is_stepped_through_by_an_index_whatever_is_looked_for()
    {
        await database.ExecuteAsync(
            $"""
            insert into audit (seq, at, actor_id, actor_name, actor_role, action, subject, outcome, reason, detail, prev_hash, hash)
            select i, now() - make_interval(secs => 8000 - i), case when i % 2000 = 0 then '{Ida.Id}' else '{Tom.Id}' end::uuid, 'somebody', 'Admin', case when i % 2000 = 1 then 'rare:act:done' else 'some:act:done' end,
                case when i % 4000 = 3 then i || ' cases' else 'case:' || i end, 'done', case when i % 2000 = 5 then 'because of needle ' || i else 'because ' || i end, '{"{}"}', sha256(i::text::bytea), sha256(i::text::bytea)
            from generate_series(1, 8000) i;
            insert into exception_case (id, subject, fingerprint, failure, code, title, message) overriding system value values (777, 's', 'f', 'missing', 'c', 't', 'm');
            analyze audit
            """);

        await SteppedAsync("audit_action", new() { Action = "rare:act:done" });
        await SteppedAsync("audit_actor", new() { Person = Ida.Id });
        await SteppedAsync("audit_subject", new() { Subject = OrderSearchText.Parse("case:777") });
        await SteppedAsync("audit_many", new() { Subject = OrderSearchText.Parse("C-777") });
        await SteppedAsync("audit_reason", new() { Words = "needle" });
        await SteppedAsync("audit_pkey", new() { UpTo = 200 });
    }

    private async Task SteppedAsync(string index, AuditFilter filter)
    {
        var where = await queries.ConditionsAsync(filter, default);
        var plan = string.Join('\n', await where.Command(database.Sources.Read, $"explain select seq from audit{where.Where} order by seq desc limit 100").ListAsync(row => row.GetString(0), default));
        Assert.Contains(index, plan, StringComparison.Ordinal);
        Assert.DoesNotContain("Seq Scan", plan, StringComparison.Ordinal);
        Assert.NotEmpty(await FindAsync(filter));
    }

    private async Task<IEnumerable<long>> FindAsync(AuditFilter filter)
    {
        var rows = (await queries.PageAsync(filter, null, 100)).Select(row => row.Seq).ToList();
        Assert.Equal(rows, (await queries.KeysAsync(filter, 100)).ToList());
        Assert.Equal(rows, (await queries.RowsAsync(rows)).Select(row => row.Seq));
        return rows;
    }

    private async Task WriteAsync(Actor actor, string action, string subject, string? reason, AuditOutcome outcome = AuditOutcome.Done, Dictionary<string, string>? detail = null) =>
        await log.AppendAsync(new AuditEntry(actor, action, subject, outcome, reason, detail));
}
