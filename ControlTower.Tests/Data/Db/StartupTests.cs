using System.Net;
using System.Net.Sockets;
using ControlTower.Data;
using ControlTower.Data.Db;
using ControlTower.Tests.Chaos.Wire;
using ControlTower.Tests.Support;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Xunit;

namespace ControlTower.Tests.Data.Db;

public sealed class StartupTests
{
    [Fact]
    public async Task A_good_database_opens_migrated()
    {
        await using var database = await TestDatabase.CreateAsync(migrated: false);
        await using var services = Services(database.ConnectionString, ("Database:AllowUnsafeSettings", "true"));

        await services.OpenTowerAsync(TestContext.Current.CancellationToken);

        await using var command = services.GetRequiredService<TowerDataSources>().Read.CreateCommand("select count(*) from schema_version");
        Assert.Equal((long)Migrator.Scripts.Count, await command.ExecuteScalarAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_server_that_would_lose_acknowledged_orders_is_refused()
    {
        await using var database = await TestDatabase.CreateAsync();

        var failure = await FailureAsync(database.ConnectionString);

        Assert.Equal(StartupFailure.Database, failure.ExitCode);
        Assert.Contains("fsync is off, full_page_writes is off, synchronous_commit is off", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("alter database {0} set synchronous_commit = off", "synchronous_commit is off")]
    [InlineData("alter database {0} set default_transaction_read_only = on", "only reads")]
    public async Task A_setting_of_one_database_is_noticed(string sql, string complaint)
    {
        await using var database = await TestDatabase.CreateAsync(durable: true);
        var name = new NpgsqlConnectionStringBuilder(database.ConnectionString).Database;
        await database.ExecuteAsync(string.Format(null, System.Text.CompositeFormat.Parse(sql), name));

        var failure = await FailureAsync(database.ConnectionString);

        Assert.Contains(complaint, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_database_that_is_not_there_is_named()
    {
        await using var database = await TestDatabase.CreateAsync();

        var failure = await FailureAsync(new NpgsqlConnectionStringBuilder(database.ConnectionString) { Database = "nowhere" }.ConnectionString);

        Assert.Equal(StartupFailure.Database, failure.ExitCode);
        Assert.Contains("no database 'nowhere'", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_wrong_password_is_told_without_repeating_it()
    {
        await using var database = await TestDatabase.CreateAsync();

        var failure = await FailureAsync(new NpgsqlConnectionStringBuilder(database.ConnectionString) { Password = "canary-7d1" }.ConnectionString);

        Assert.Contains("refuses the user 'tower'", failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("canary-7d1", failure.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_does_not_answer_is_named()
    {
        var failure = await FailureAsync($"Host=127.0.0.1;Port={UnusedPort()};Database=tower;Username=tower;Password=secret-4c2");

        Assert.Equal(StartupFailure.Database, failure.ExitCode);
        Assert.Contains("No PostgreSQL answers at 127.0.0.1:", failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret-4c2", failure.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_takes_the_connection_and_is_silent_is_asked_again()
    {
        await using var database = await TestDatabase.CreateAsync(migrated: false);
        var server = new NpgsqlConnectionStringBuilder(database.ConnectionString);
        await using var proxy = FaultProxy.BeforePostgres(new UnixDomainSocketEndPoint(Path.Combine(server.Host!, $".s.PGSQL.{server.Port}")));
        proxy.Set(new WireFault(WireFaultKind.SwallowAnswer, Times: 1));
        server.Host = "127.0.0.1";
        server.Port = proxy.Port;
        server.Timeout = 1;
        // The driver would try the first server that is silent once more by itself, without encryption.
        (server.SslMode, server.GssEncryptionMode) = (SslMode.Disable, GssEncryptionMode.Disable);
        await using var services = Services(server.ConnectionString, ("Database:AllowUnsafeSettings", "true"));

        await services.OpenTowerAsync(TestContext.Current.CancellationToken);

        Assert.True(services.GetRequiredService<TowerDatabase>().IsOpen);
        Assert.Equal(1, proxy.Hits);
    }

    [Fact]
    public async Task A_user_who_may_not_create_tables_is_told_how_to_mend_it()
    {
        await using var database = await TestDatabase.CreateAsync(migrated: false);
        var name = new NpgsqlConnectionStringBuilder(database.ConnectionString).Database;
        await database.ExecuteAsync($"create role guest_{name} login password 'guest'");
        var guest = new NpgsqlConnectionStringBuilder(database.ConnectionString) { Username = $"guest_{name}", Password = "guest" }.ConnectionString;

        var failure = await FailureAsync(guest, ("Database:AllowUnsafeSettings", "true"));

        Assert.Equal(StartupFailure.Database, failure.ExitCode);
        Assert.Contains("permission denied", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Wrong_settings_are_told_all_at_once()
    {
        var failure = await FailureAsync("Host=;Database=", ("Database:Port", "80"), ("Database:BinDirectory", "/nowhere"));

        Assert.Equal(StartupFailure.Configuration, failure.ExitCode);
        foreach (var key in new[] { "Database:ConnectionString", "Database:Port is 80", "Database:BinDirectory is '/nowhere'" })
        {
            Assert.Contains(key, failure.Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("Database:ConectionString", "Host=x", "ConectionString")]
    [InlineData("Database:Port", "many", "Database:Port")]
    public async Task A_misspelt_setting_is_named(string key, string value, string complaint)
    {
        var failure = await FailureAsync("", (key, value));

        Assert.Equal(StartupFailure.Configuration, failure.ExitCode);
        Assert.Contains(complaint, failure.Message, StringComparison.Ordinal);
    }

    private static async Task<StartupFailure> FailureAsync(string connectionString, params (string Key, string Value)[] more)
    {
        await using var services = Services(connectionString, more);
        return await Assert.ThrowsAsync<StartupFailure>(() => services.OpenTowerAsync(TestContext.Current.CancellationToken));
    }

    private static ServiceProvider Services(string connectionString, params (string Key, string Value)[] more)
    {
        var settings = more.Append(("Database:ConnectionString", connectionString)).ToDictionary(p => p.Item1, p => (string?)p.Item2, StringComparer.Ordinal);
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(settings).Build();
        return new ServiceCollection().AddLogging().AddTowerData(configuration).BuildServiceProvider();
    }

    private static int UnusedPort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
