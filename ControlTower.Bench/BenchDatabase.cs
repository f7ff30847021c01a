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

    /// <param name="statements">Has the server count what each statement costs, for <see cref="StatementsAsync"/>; the counting itself costs a little.</param>
    public static async Task<BenchDatabase> StartAsync(TextWriter log, bool statements)
    {
        await log.WriteLineAsync("Starting a durable PostgreSQL of its own ...");
        var folder = Directory.CreateTempSubdirectory("ct-bench-").FullName;
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(folder, (UnixFileMode)0b111_101_101);
        }

        if (statements)
        {
            await PreloadStatementsAsync(folder);
        }

        var server = Server(folder);
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

    /// <summary>What the dearest statements cost since the last call, a unit each; empty unless they are counted.</summary>
    public async Task<IReadOnlyList<string>> StatementsAsync(long units)
    {
        if (await LongAsync("select count(*) from pg_extension where extname = 'pg_stat_statements'") == 0)
        {
            return [];
        }

        var lines = await Sources.Work.Command(
                """
                select format('%s calls  %s WAL bytes  %s buffers  %s ms  %s', round(calls / $1, 4), round(wal_bytes / $1), round((shared_blks_hit + shared_blks_read) / $1, 1), round(total_exec_time::numeric / $1, 4),
                    left(regexp_replace(query, '\s+', ' ', 'g'), 150))
                from pg_stat_statements where dbid = (select oid from pg_database where datname = current_database()) order by wal_bytes + (shared_blks_hit + shared_blks_read) * 20 desc limit 40
                """,
                Sql.Of((decimal)units))
            .ListAsync(r => r.GetString(0), default);
        await Sources.Work.Command("select pg_stat_statements_reset()").ExecuteAsync(default);
        return lines;
    }

    public async Task<long> LongAsync(string sql) => await Sources.Work.Command(sql).ScalarAsync<long>(default);

    private static EmbeddedPostgres Server(string folder) =>
        new(new EmbeddedPostgresOptions(Path.Combine(folder, "postgres")), TimeProvider.System, NullLogger<EmbeddedPostgres>.Instance);

    // The library is loaded at the next start of the server.
    private static async Task PreloadStatementsAsync(string folder)
    {
        await using var server = Server(folder);
        await server.StartAsync(default);
        await using var connection = new NpgsqlConnection(server.ConnectionString);
        await connection.OpenAsync();
        await connection.Command("create extension pg_stat_statements").ExecuteAsync(default);
        await connection.Command("alter system set shared_preload_libraries = 'pg_stat_statements'").ExecuteAsync(default);
    }

    public async ValueTask DisposeAsync()
    {
        NpgsqlConnection.ClearAllPools();
        await Sources.DisposeAsync();
        await server.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }
}
