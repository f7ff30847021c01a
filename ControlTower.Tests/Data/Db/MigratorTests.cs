using ControlTower.Data.Db;
using ControlTower.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace ControlTower.Tests.Data.Db;

public sealed class MigratorTests
{
    [Fact]
    public async Task Two_nodes_that_start_together_migrate_once()
    {
        await using var database = await TestDatabase.CreateAsync(migrated: false);

        var runs = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => MigrateAsync(database)));

        Assert.Equal(Migrator.Scripts.ToArray(), runs.SelectMany(r => r).Order(StringComparer.Ordinal));
        Assert.Equal(Migrator.Scripts.Count, await database.ScalarAsync<long>("select count(*) from schema_version"));
    }

    [Fact]
    public async Task A_second_run_changes_nothing()
    {
        await using var database = await TestDatabase.CreateAsync();

        Assert.Empty(await MigrateAsync(database));
    }

    [Fact]
    public async Task A_database_of_a_newer_tower_is_refused()
    {
        await using var database = await TestDatabase.CreateAsync();
        await database.ExecuteAsync("insert into schema_version (scriptname, applied) values ('migrations/9999_future.sql', now())");

        var refusal = await Assert.ThrowsAsync<StartupFailure>(() => MigrateAsync(database));

        Assert.Equal(StartupFailure.Database, refusal.ExitCode);
        Assert.Contains("9999_future", refusal.Message, StringComparison.Ordinal);
    }

    private static Task<IReadOnlyList<string>> MigrateAsync(TestDatabase database) =>
        new Migrator(NullLogger<Migrator>.Instance).MigrateAsync(database.ConnectionString, TestContext.Current.CancellationToken);
}
