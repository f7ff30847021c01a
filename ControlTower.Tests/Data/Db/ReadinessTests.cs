using ControlTower.Data.Db;
using ControlTower.Tests.Support;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Npgsql;
using Xunit;

namespace ControlTower.Tests.Data.Db;

public sealed class ReadinessTests
{
    [Fact]
    public async Task A_migrated_database_that_takes_writes_is_ready()
    {
        await using var database = await TestDatabase.CreateAsync();

        Assert.Equal(HealthStatus.Healthy, await StatusAsync(new TowerReadiness(database.Sources)));
    }

    [Theory]
    [InlineData("delete from schema_version where scriptname = (select min(scriptname) from schema_version)")]
    [InlineData("do $$ begin execute format('alter database %I set default_transaction_read_only = on', current_database()); end $$")]
    public async Task A_database_with_a_migration_missing_or_without_writes_is_not(string sql)
    {
        await using var database = await TestDatabase.CreateAsync();
        await database.ExecuteAsync(sql);

        Assert.Equal(HealthStatus.Unhealthy, await StatusAsync(new TowerReadiness(database.Sources)));
    }

    [Fact]
    public async Task A_database_that_is_gone_is_not_ready_and_says_no_more_than_that()
    {
        await using var database = await TestDatabase.CreateAsync();
        await using var nowhere = new TowerDataSources(new NpgsqlConnectionStringBuilder(database.ConnectionString) { Database = "gone" }.ConnectionString);

        var result = await new TowerReadiness(nowhere).CheckHealthAsync(Context(HealthStatus.Unhealthy), TestContext.Current.CancellationToken);

        Assert.Equal((HealthStatus.Unhealthy, "The database takes no writes (3D000)."), (result.Status, result.Description));
    }

    [Theory]
    [InlineData("both", 0, HealthStatus.Healthy)]
    [InlineData("worker", 10, HealthStatus.Healthy)]
    [InlineData("worker", 20, HealthStatus.Degraded)]
    [InlineData("web", 0, HealthStatus.Degraded)]
    public async Task Only_a_worker_that_beat_lately_counts(string roles, int secondsAgo, HealthStatus expected)
    {
        await using var database = await TestDatabase.CreateAsync();
        await database.ExecuteAsync(
            $"insert into node (id, roles, host, version, beat_at) values (gen_random_uuid(), '{roles}', 'h', '1', now() - interval '{secondsAgo} seconds')");

        var result = await new PumpsBeating(database.Sources).CheckHealthAsync(Context(HealthStatus.Degraded), TestContext.Current.CancellationToken);

        Assert.Equal(expected, result.Status);
    }

    [Theory]
    [InlineData(true, 10, HealthStatus.Healthy)]
    [InlineData(true, 20, HealthStatus.Unhealthy)]
    [InlineData(false, 0, HealthStatus.Unhealthy)]
    public async Task A_node_is_judged_by_its_own_beat_and_not_by_anothers(bool own, int secondsAgo, HealthStatus expected)
    {
        await using var database = await TestDatabase.CreateAsync();
        var me = Guid.NewGuid();
        await database.ExecuteAsync(
            $"insert into node (id, roles, host, version, beat_at) values ('{(own ? me : Guid.NewGuid())}', 'worker', 'h', '1', now() - interval '{secondsAgo} seconds')");
        Assert.Equal(expected, await StatusAsync(new NodeBeating(database.Sources, me)));
    }

    private static async Task<HealthStatus> StatusAsync(IHealthCheck check) =>
        (await check.CheckHealthAsync(Context(HealthStatus.Unhealthy), TestContext.Current.CancellationToken)).Status;

    private static HealthCheckContext Context(HealthStatus failure) =>
        new() { Registration = new HealthCheckRegistration("check", _ => throw new InvalidOperationException(), failure, tags: null) };
}
