using System.Net.Sockets;
using ControlTower.Tests.Support;
using Npgsql;
using Xunit;

namespace ControlTower.Tests.Chaos.Wire;

/// <summary>The proxy before a real PostgreSQL: what was committed is there, what its client saw is an error.</summary>
public sealed class CommitLossTests : IAsyncDisposable
{
    private TestDatabase database = null!;
    private FaultProxy proxy = null!;
    private NpgsqlDataSource source = null!;

    public async ValueTask DisposeAsync()
    {
        await source.DisposeAsync();
        await proxy.DisposeAsync();
        await database.DisposeAsync();
    }

    [Fact]
    public async Task The_reply_of_COMMIT_is_lost_and_the_row_is_there()
    {
        await StartAsync();
        await using var connection = await source.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await using var insert = new NpgsqlCommand("insert into kept values (1)", connection);
        proxy.Set(new WireFault(WireFaultKind.LoseCommit, Times: 1));
        await insert.ExecuteNonQueryAsync();

        await Assert.ThrowsAnyAsync<NpgsqlException>(() => transaction.CommitAsync());

        Assert.Equal(1, await database.ScalarAsync<long>("select count(*) from kept"));
        Assert.Equal(1, proxy.Hits);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_reply_of_a_statement_that_commits_by_itself_is_lost_and_the_row_is_there(bool prepared)
    {
        await StartAsync();
        await using var connection = await source.OpenConnectionAsync();
        await using var insert = new NpgsqlCommand("with w as (insert into kept values ($1) returning n) select n from w", connection) { Parameters = { new() { Value = 0 } } };
        if (prepared)
        {
            await insert.PrepareAsync();
            await insert.ExecuteNonQueryAsync();
        }

        proxy.Set(new WireFault(WireFaultKind.LoseCommit, Times: 1));
        insert.Parameters[0].Value = 1;

        await Assert.ThrowsAnyAsync<NpgsqlException>(() => insert.ExecuteNonQueryAsync());

        Assert.Equal(1, await database.ScalarAsync<long>("select count(*) from kept where n = 1"));
    }

    [Fact]
    public async Task Reading_and_rolling_back_are_not_touched()
    {
        await StartAsync();
        proxy.Set(new WireFault(WireFaultKind.LoseCommit));
        await using var connection = await source.OpenConnectionAsync();
        await using (var transaction = await connection.BeginTransactionAsync())
        {
            await using var insert = new NpgsqlCommand("insert into kept values (1)", connection);
            await insert.ExecuteNonQueryAsync();
            await transaction.RollbackAsync();
        }

        await using var count = new NpgsqlCommand("select count(*) from kept", connection);

        Assert.Equal(0L, await count.ExecuteScalarAsync());
        Assert.Equal(0, proxy.Hits);
    }

    private async Task StartAsync()
    {
        database = await TestDatabase.CreateAsync(migrated: false);
        await database.ExecuteAsync("create table kept (n int)");
        var server = new NpgsqlConnectionStringBuilder(database.ConnectionString);
        proxy = FaultProxy.BeforePostgres(new UnixDomainSocketEndPoint(Path.Combine(server.Host!, $".s.PGSQL.{server.Port}")));
        source = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(database.ConnectionString) { Host = "127.0.0.1", Port = proxy.Port, Pooling = false }.ConnectionString);
    }
}
