using ControlTower.Data.Db;
using ControlTower.Data.Db.Embedded;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace ControlTower.Bench;

/// <summary>What the database counted: figures that hardly move on a noisy machine.</summary>
internal sealed record Counters(long Commits, decimal WalBytes, long Buffers)
{
    public static Counters operator -(Counters after, Counters before) => new(after.Commits - before.Commits, after.WalBytes - before.WalBytes, after.Buffers - before.Buffers);
}

/// <summary>A fresh durable PostgreSQL in a folder of its own, gone afterwards.</summary>
internal sealed class BenchDatabase : IAsyncDisposable
{
    private readonly string folder;
    private readonly EmbeddedPostgres server;

    private BenchDatabase(string folder, EmbeddedPostgres server)
    {
        this.folder = folder;
        this.server = server;
        Sources = new TowerDataSources(server.ConnectionString);
    }

    public string ConnectionString => server.ConnectionString;

    public TowerDataSources Sources { get; }

    public static async Task<BenchDatabase> StartAsync(TextWriter log)
    {
        await log.WriteLineAsync("Starting a durable PostgreSQL of its own ...");
        var folder = Directory.CreateTempSubdirectory("ct-bench-").FullName;
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(folder, (UnixFileMode)0b111_101_101);
        }

        var server = new EmbeddedPostgres(new EmbeddedPostgresOptions(Path.Combine(folder, "postgres")), TimeProvider.System, NullLogger<EmbeddedPostgres>.Instance);
        await server.StartAsync(default);
        await new Migrator(NullLogger<Migrator>.Instance).MigrateAsync(server.ConnectionString, default);
        return new BenchDatabase(folder, server);
    }

    public async Task<Counters> CountAsync()
    {
        // Statistics of other sessions arrive with a delay; a forced flush of our own view is enough for sums over seconds.
        await using var connection = await Sources.Work.OpenConnectionAsync();
        await connection.Command("select pg_stat_clear_snapshot()").ExecuteAsync(default);
        var rows = await connection.Command(
                """
                select xact_commit, pg_current_wal_insert_lsn() - '0/0'::pg_lsn, blks_hit + blks_read from pg_stat_database where datname = current_database()
                """)
            .ListAsync(r => new Counters(r.GetInt64(0), r.GetDecimal(1), r.GetInt64(2)), default);
        return rows[0];
    }

    public async Task<long> LongAsync(string sql) => await Sources.Work.Command(sql).ScalarAsync<long>(default);

    public async ValueTask DisposeAsync()
    {
        NpgsqlConnection.ClearAllPools();
        await Sources.DisposeAsync();
        await server.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }
}
