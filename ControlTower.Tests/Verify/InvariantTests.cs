using ControlTower.Data.Audit;
using ControlTower.Tests.Support;
using ControlTower.Verify;
using Npgsql;
using Xunit;

namespace ControlTower.Tests.Verify;

/// <summary>A checker proves something only if it finds what is wrong: each invariant is broken once and must be the one that says so.</summary>
public sealed class InvariantTests
{
    [Fact]
    public async Task Every_invariant_holds_in_a_sound_tower_and_finds_its_planted_violation()
    {
        await using var database = await SoundTower.CreateAsync();
        await using var connection = await OpenAsync(database);
        List<string> wrong = [];
        foreach (var invariant in Checker.All)
        {
            await using var transaction = await connection.BeginTransactionAsync();
            await ExecuteAsync(connection, "select set_config('verify.grace', '60 seconds', true), set_config('verify.linger', '10 seconds', true), set_config('verify.since', '-infinity', true)");
            var sound = await Checker.CheckAsync(connection, invariant, CancellationToken.None);
            // The fast test server runs without fsync; that the planted setting is found on top of it is what counts there.
            if ((sound.Count > 0 && invariant.Name != "server-is-durable") || sound.Error is not null)
            {
                wrong.Add($"{invariant.Name} in a sound tower: {sound.Count} {sound.Error} {string.Join(' ', sound.Rows.SelectMany(r => r))}");
            }

            if (PlantedViolations.All.TryGetValue(invariant.Name, out var plant))
            {
                await ExecuteAsync(connection, plant);
                var found = await Checker.CheckAsync(connection, invariant, CancellationToken.None);
                if (found.Count <= sound.Count || found.Error is not null)
                {
                    wrong.Add($"{invariant.Name} does not find what was planted. {found.Error}{found.Skipped}");
                }
            }

            await transaction.RollbackAsync();
        }

        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
    }

    [Fact]
    public void Every_invariant_has_its_planted_violation()
    {
        // A lingering session cannot be planted by a statement; it has a test of its own.
        Assert.Equal(
            Checker.All.Select(i => i.Name).Where(n => n != "sessions-do-not-linger").Order(StringComparer.Ordinal),
            PlantedViolations.All.Keys.Order(StringComparer.Ordinal));
        Assert.Equal(Checker.All.Count, Checker.All.Select(i => i.Name).Distinct().Count());
    }

    [Fact]
    public async Task A_session_that_sits_in_an_open_transaction_is_found()
    {
        await using var database = await TestDatabase.CreateAsync();
        await using var lingering = await OpenAsync(database);
        await using var open = await lingering.BeginTransactionAsync();
        await ExecuteAsync(lingering, "select 1");
        await using var connection = await OpenAsync(database);
        await using var transaction = await connection.BeginTransactionAsync();
        await ExecuteAsync(connection, "select set_config('verify.grace', '60 seconds', true), set_config('verify.linger', '0 seconds', true), set_config('verify.since', '-infinity', true)");
        var found = await Checker.CheckAsync(connection, Checker.All.Single(i => i.Name == "sessions-do-not-linger"), CancellationToken.None);
        Assert.Equal(1, found.Count);
    }

    [Fact]
    public async Task An_index_whose_order_is_broken_is_found()
    {
        await using var database = await SoundTower.CreateAsync();
        await using var connection = await OpenAsync(database);
        await ExecuteAsync(connection, "drop extension if exists amcheck");
        Assert.Contains("create extension amcheck", (await IndexCheckedAsync(database)).Skipped, StringComparison.Ordinal);
        await ExecuteAsync(connection, "create extension amcheck");
        var sound = await IndexCheckedAsync(database);
        Assert.Equal((0L, null, null), (sound.Count, sound.Skipped, sound.Error));
        await ExecuteAsync(connection, """
            create function sideways(a integer, b integer) returns integer language sql immutable as 'select btint4cmp($1, $2)';
            create operator class sideways_ops for type integer using btree as operator 1 <, operator 2 <=, operator 3 =, operator 4 >=, operator 5 >, function 1 sideways(integer, integer);
            create table shelf (place integer);
            insert into shelf select generate_series(1, 1000);
            create index shelf_place on shelf (place sideways_ops);
            create or replace function sideways(a integer, b integer) returns integer language sql immutable as 'select btint4cmp($2, $1)';
            """);
        Assert.Equal(["shelf_place"], (await IndexCheckedAsync(database)).Rows.Select(r => r[0]));
    }

    [Theory]
    [InlineData("alter table audit disable trigger all; update audit set reason = 'other' where seq = 1", "it was changed")]
    [InlineData("alter table audit disable trigger all; delete from audit where seq = 1", "a row is missing before it")]
    [InlineData("alter table audit disable trigger all; delete from audit where seq = 2", "the head does not name the last row")]
    [InlineData("alter table audit disable trigger all; update audit set seq = 9 where seq = 1; update audit set seq = 1 where seq = 2; update audit set seq = 2 where seq = 9", "it does not follow the row before it")]
    public async Task A_trail_that_was_tampered_with_is_found(string tampering, string what)
    {
        await using var database = await SoundTower.CreateAsync();
        await using var connection = await OpenAsync(database);
        Assert.Equal(0, (await AuditChain.CheckAsync(connection, [], CancellationToken.None)).Count);
        await ExecuteAsync(connection, tampering);
        Assert.Contains(what, (await AuditChain.CheckAsync(connection, [], CancellationToken.None)).Rows.Select(r => r[1]));
    }

    [Fact]
    public async Task A_tail_that_was_cut_off_together_with_its_head_is_found_by_an_anchor()
    {
        await using var database = await SoundTower.CreateAsync();
        var folder = TestFolders.Create("anchors");
        var anchors = Path.Combine(folder, "anchors");
        await File.WriteAllTextAsync(anchors, "2 " + await database.ScalarAsync<string>("select encode(hash, 'hex') from audit where seq = 2") + "\n");
        await using var connection = await OpenAsync(database);
        Assert.Equal(0, (await AuditChain.CheckAsync(connection, await AuditChain.AnchorsAsync(anchors, CancellationToken.None), CancellationToken.None)).Count);
        await ExecuteAsync(connection, "alter table audit disable trigger all; delete from audit where seq = 2; update audit_head set seq = 1, hash = (select hash from audit where seq = 1)");
        Assert.Equal(0, (await AuditChain.CheckAsync(connection, [], CancellationToken.None)).Count);
        Assert.Contains("an anchor tells of a row that is gone", (await AuditChain.CheckAsync(connection, await AuditChain.AnchorsAsync(anchors, CancellationToken.None), CancellationToken.None)).Rows.Select(r => r[1]));
        TestFolders.Remove(folder);
    }

    private static Task<Finding> IndexCheckedAsync(TestDatabase database) => IndexCheck.RunAsync(database.ConnectionString, asked: true, CancellationToken.None);

    private static async Task<NpgsqlConnection> OpenAsync(TestDatabase database)
    {
        var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(database.ConnectionString) { Pooling = false }.ConnectionString);
        await connection.OpenAsync();
        return connection;
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }
}
