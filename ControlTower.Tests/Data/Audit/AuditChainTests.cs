using ControlTower.Data.Audit;
using ControlTower.Tests.Support;
using Npgsql;
using Xunit;

namespace ControlTower.Tests.Data.Audit;

public sealed class AuditChainTests
{
    private const string Unguarded = "set session_replication_role = replica;";

    private static readonly Actor Ida = new(Guid.Parse("018f0000-0000-7000-8000-000000000001"), "Ida Holm", "Operations", "10.0.0.7");

    [Promise(23)]
    [Fact]
    public async Task Thirty_two_writers_at_once_make_one_chain()
    {
        await using var database = await TestDatabase.CreateAsync();
        var log = new AuditLog(database.Sources, TimeProvider.System);
        await Task.WhenAll(Enumerable.Range(0, 32).Select(writer => Task.Run(async () =>
        {
            for (var i = 0; i < 5; i++)
                await log.AppendAsync(Entry(writer, i));
        })));

        Assert.Equal(160, await database.ScalarAsync<long>("select seq from audit_head"));
        Assert.Empty(await CheckAsync(database));
    }

    [Fact]
    public async Task An_entry_falls_with_the_transaction_that_it_tells_of()
    {
        await using var database = await TestDatabase.CreateAsync();
        var log = new AuditLog(database.Sources, TimeProvider.System);
        await using (var connection = await database.Sources.Work.OpenConnectionAsync())
        {
            await using var transaction = await connection.BeginTransactionAsync();
            await log.AppendAsync(connection, transaction, Entry(0, 0));
            await transaction.RollbackAsync();
        }

        await log.AppendAsync(Entry(0, 1));
        Assert.Equal(1, await database.ScalarAsync<long>("select count(*) from audit"));
        Assert.Empty(await CheckAsync(database));
    }

    [Theory]
    [InlineData("update audit set reason = 'other' where seq = 1")]
    [InlineData("delete from audit where seq = 1")]
    [InlineData("truncate audit")]
    [InlineData("delete from audit_head")]
    public async Task The_database_itself_refuses_to_change_or_remove(string statement)
    {
        await using var database = await FilledAsync(3);
        var refused = await Assert.ThrowsAsync<PostgresException>(() => database.ExecuteAsync(statement));
        Assert.Equal("42501", refused.SqlState);
    }

    [Promise(23)]
    [Fact]
    public async Task Five_hundred_random_mutations_are_all_found()
    {
        await using var database = await FilledAsync(40);
        var anchors = new List<AuditAnchor> { await new AuditReader(database.Sources).HeadAsync() };
        var random = new Random(20261126);
        await using var connection = await database.Sources.Work.OpenConnectionAsync();
        await Run(connection, Unguarded + "create temp table kept as select * from audit; create temp table kept_head as select * from audit_head;");
        for (var i = 0; i < 500; i++)
        {
            var mutation = Mutation(random);
            await Run(connection, Unguarded + mutation);
            var findings = await CheckAsync(database, anchors);
            Assert.True(findings.Count > 0, $"Not found: {mutation}");
            await Run(connection, Unguarded + "delete from audit; insert into audit select * from kept; update audit_head set seq = k.seq, hash = k.hash from kept_head k;");
        }

        Assert.Empty(await CheckAsync(database, anchors));
    }

    [Promise(23)]
    [Fact]
    public async Task A_tail_cut_together_with_its_head_is_found_by_the_anchor_alone()
    {
        await using var database = await FilledAsync(10);
        var anchors = new List<AuditAnchor> { await new AuditReader(database.Sources).HeadAsync() };
        await database.ExecuteAsync(
            Unguarded + "delete from audit where seq > 7; update audit_head set seq = 7, hash = (select hash from audit where seq = 7); set session_replication_role = default");
        Assert.Empty(await CheckAsync(database));
        Assert.NotEmpty(await CheckAsync(database, anchors));
    }

    [Promise(23)]
    [Fact]
    public async Task A_rewrite_of_everything_is_found_by_the_anchor_alone()
    {
        await using var database = await FilledAsync(10);
        var anchors = new List<AuditAnchor> { await new AuditReader(database.Sources).HeadAsync() };
        await database.ExecuteAsync(
            Unguarded + "delete from audit; update audit_head set seq = 0, hash = decode(repeat('00', 32), 'hex'); set session_replication_role = default");
        var log = new AuditLog(database.Sources, TimeProvider.System);
        for (var i = 0; i < 10; i++)
            await log.AppendAsync(Entry(9, i));
        Assert.Empty(await CheckAsync(database));
        Assert.NotEmpty(await CheckAsync(database, anchors));
    }

    [Sabotage(23)]
    [Theory]
    [InlineData("delete from audit where seq > 7; update audit_head set seq = 7, hash = (select hash from audit where seq = 7)", 0)]
    [InlineData("delete from audit; update audit_head set seq = 0, hash = decode(repeat('00', 32), 'hex')", 10)]
    public async Task P23_sabotage_without_an_anchor_outside_the_database_a_cut_and_a_rewrite_are_not_seen(string forgery, int rewritten)
    {
        await using var database = await FilledAsync(10);
        await database.ExecuteAsync($"{Unguarded} {forgery}; set session_replication_role = default");
        var log = new AuditLog(database.Sources, TimeProvider.System);
        for (var i = 0; i < rewritten; i++)
            await log.AppendAsync(Entry(9, i));

        Assert.Empty(await CheckAsync(database, anchors: []));
    }

    [Fact]
    public async Task Anchors_survive_in_their_file_and_a_torn_last_line_is_left_out()
    {
        var folder = TestFolders.Create("anchor");
        try
        {
            var file = new AuditAnchorFile(Path.Combine(folder, "audit-anchors"));
            Assert.Empty(await file.ReadAsync());
            await file.AppendAsync(new AuditAnchor(3, new string('a', 64)));
            await file.AppendAsync(new AuditAnchor(9, new string('b', 64)));
            await File.AppendAllTextAsync(file.Path, "12 cc");
            Assert.Equal([3, 9], (await file.ReadAsync()).Select(anchor => anchor.Seq));
        }
        finally
        {
            TestFolders.Remove(folder);
        }
    }

    [Fact]
    public void The_same_detail_always_gives_the_same_text()
    {
        var one = AuditHash.Canonical(new Dictionary<string, string>(StringComparer.Ordinal) { ["b"] = "ü\"", ["a"] = "1" });
        var other = AuditHash.Canonical(new Dictionary<string, string>(StringComparer.Ordinal) { ["a"] = "1", ["b"] = "ü\"" });
        Assert.Equal(one, other);
        Assert.Equal("{\"a\":\"1\",\"b\":\"ü\\\"\"}", one);
    }

    private static string Mutation(Random random)
    {
        var seq = random.Next(1, 41);
        return random.Next(9) switch
        {
            0 => $"update audit set reason = 'forged' where seq = {seq}",
            1 => $"update audit set actor_name = actor_name || 'x' where seq = {seq}",
            2 => $"update audit set at = at + interval '1 microsecond' where seq = {seq}",
            3 => $"update audit set outcome = 'refused' where seq = {seq}",
            4 => $"delete from audit where seq = {seq}",
            5 => $"delete from audit where seq > {random.Next(0, 40)}",
            6 => $"update audit set detail = '{{}}' where seq = {seq}",
            7 => $"update audit set seq = seq + 1000 where seq = {seq}",
            _ => $"update audit set hash = sha256(hash) where seq = {seq}",
        };
    }

    private static async Task<TestDatabase> FilledAsync(int rows)
    {
        var database = await TestDatabase.CreateAsync();
        var log = new AuditLog(database.Sources, TimeProvider.System);
        for (var i = 0; i < rows; i++)
            await log.AppendAsync(Entry(1, i));
        return database;
    }

    private static AuditEntry Entry(int writer, int number) => new(
        Ida, "exceptions:case:retry", $"case:{writer}-{number}", AuditOutcome.Done, "asked by finance",
        new Dictionary<string, string>(StringComparer.Ordinal) { ["cases"] = "3", ["value"] = "784.90 EUR" });

    private static Task<IReadOnlyList<AuditFinding>> CheckAsync(TestDatabase database, IReadOnlyList<AuditAnchor>? anchors = null) =>
        new AuditCheck(new AuditReader(database.Sources)).RunAsync(anchors ?? []);

    private static async Task Run(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }
}
