using ControlTower.Data.Db;
using ControlTower.Data.Db.Embedded;
using ControlTower.Sync.Jobs;
using Hangfire.PostgreSql;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace ControlTower.Tests.Support;

/// <summary>
/// A private PostgreSQL for tests, run by the product's own class. One fast one (fsync off) serves the whole test process; a durable one,
/// for tests that kill something, is started by itself.
/// </summary>
public sealed class TestPostgres : IAsyncDisposable
{
    private const string Template = "template_tower";

    private static readonly Lazy<Task<TestPostgres>> shared = new(StartSharedAsync);

    private readonly string folder;
    private int databases;

    private TestPostgres(string folder, EmbeddedPostgres server)
    {
        this.folder = folder;
        Server = server;
    }

    /// <summary>The fast server of this test process; started on first use, ended with the process.</summary>
    public static Task<TestPostgres> Shared => shared.Value;

    public EmbeddedPostgres Server { get; }

    /// <param name="folder">Where it keeps everything; null: a scratch folder. Removed at the end.</param>
    public static async Task<TestPostgres> StartAsync(bool durable, string? folder = null)
    {
        TestFolders.RemoveAbandoned();
        folder ??= durable ? TestFolders.Create("postgres") : TestFolders.CreateFast("postgres");
        var server = new EmbeddedPostgres(
            new EmbeddedPostgresOptions(folder, Durable: durable), TimeProvider.System, NullLogger<EmbeddedPostgres>.Instance);
        await server.StartAsync(CancellationToken.None);
        var postgres = new TestPostgres(folder, server);
        await postgres.ExecuteAsync($"create database {Template}");
        await new Migrator(NullLogger<Migrator>.Instance).MigrateAsync(server.ConnectionTo(Template), CancellationToken.None);
        // Each tower makes Hangfire's tables where they are missing; with them in the template it only looks.
        await using var jobs = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(server.ConnectionTo(Template)) { Pooling = false }.ConnectionString);
        await jobs.OpenAsync();
        PostgreSqlObjectsInstaller.Install(jobs, JobsSetup.Schema);
        return postgres;
    }

    /// <returns>Connection string of a new database with the schema of today.</returns>
    public async Task<string> CreateDatabaseAsync(bool migrated = true)
    {
        var name = $"test_{Interlocked.Increment(ref databases)}";
        // Copied by the file: the usual way takes each page of the template through the log.
        await ExecuteAsync($"create database {name} template {(migrated ? Template : "template0")} strategy file_copy");
        return Server.ConnectionTo(name);
    }

    public async Task DropDatabaseAsync(string connectionString) =>
        await ExecuteAsync($"drop database {new NpgsqlConnectionStringBuilder(connectionString).Database} with (force)");

    public async ValueTask DisposeAsync()
    {
        await Server.DisposeAsync();
        TestFolders.Remove(folder);
    }

    private static async Task<TestPostgres> StartSharedAsync()
    {
        var postgres = await StartAsync(durable: false);
        AppDomain.CurrentDomain.ProcessExit += (_, _) => postgres.DisposeAsync().AsTask().GetAwaiter().GetResult();
        return postgres;
    }

    private async Task ExecuteAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(
            new NpgsqlConnectionStringBuilder(Server.ConnectionTo("postgres")) { Pooling = false, CommandTimeout = 60, Timeout = 30 }.ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }
}
