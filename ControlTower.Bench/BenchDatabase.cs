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

/// <summary>What one statement cost since the last reset.</summary>
internal sealed record CountedStatement(long Calls, long Buffers, double Ms, string Text);

/// <summary>A fresh durable PostgreSQL in a folder of its own, gone afterwards.</summary>
internal sealed class BenchDatabase : IAsyncDisposable
{
    private readonly string folder;
    private readonly EmbeddedPostgres server;
    private readonly bool ownsServer;

    private BenchDatabase(string folder, EmbeddedPostgres server, string connectionString, bool ownsServer)
    {
        this.folder = folder;
        this.server = server;
        this.ownsServer = ownsServer;
        ConnectionString = connectionString;
        Sources = new TowerDataSources(connectionString);
    }

    public string ConnectionString { get; }

    public TowerDataSources Sources { get; }

    /// <param name="statements">Has the server count what each statement costs and keep the time of each commit; that costs a little.</param>
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
            await PreloadAsync(folder);
        }

        var server = Server(folder);
        await server.StartAsync(default);
        await new Migrator(NullLogger<Migrator>.Instance).MigrateAsync(server.ConnectionString, default);
        return new BenchDatabase(folder, server, server.ConnectionString, ownsServer: true);
    }

    /// <summary>Another database on the same server: a copy of <paramref name="from"/>, which nobody may use meanwhile, or a new one with the product's schema.</summary>
    public async Task<BenchDatabase> CreateAsync(string name, string? from)
    {
        NpgsqlConnection.ClearAllPools();
        await OnServerAsync($"create database {name} template {from ?? "template0"}");
        var target = new BenchDatabase(folder, server, server.ConnectionTo(name), ownsServer: false);
        if (from is null)
        {
            await new Migrator(NullLogger<Migrator>.Instance).MigrateAsync(target.ConnectionString, default);
            await target.Sources.Work.Command("create extension if not exists pg_stat_statements").ExecuteAsync(default);
        }

        return target;
    }

    public Task DropAsync(string name) => OnServerAsync($"drop database {name} with (force)");

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

    /// <summary>Statements counted from here on; the bench's own that look at the counting are left out.</summary>
    public Task ResetStatementsAsync() => Sources.Work.Command("select pg_stat_statements_reset()").ExecuteAsync(default);

    /// <summary>Each statement since the last reset, the most frequent first.</summary>
    public Task<List<CountedStatement>> CallsAsync() => Sources.Work.Command(
            """
            select calls, shared_blks_hit + shared_blks_read, total_exec_time, left(regexp_replace(query, '\s+', ' ', 'g'), 150) from pg_stat_statements
            where dbid = (select oid from pg_database where datname = current_database()) and query !~ 'pg_stat_|pg_extension'
            order by calls desc, queryid
            """)
        .ListAsync(r => new CountedStatement(r.GetInt64(0), r.GetInt64(1), r.GetDouble(2), r.GetString(3)), default);

    /// <summary>Returns when the count is what is expected; gives up when it has not moved for two minutes.</summary>
    public async Task UntilAsync(string sql, long expected)
    {
        long last = -1;
        for (int waited = 0; await LongAsync(sql) is var now && now != expected; waited = now == last ? waited + 1 : 0, last = now)
        {
            if (waited > 1_200)
            {
                throw new TimeoutException($"Nothing moves: {now} instead of {expected} for {sql}");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System);
        }
    }

    /// <summary>Number of the next transaction that writes: the difference of two is how many did, without those that only looked.</summary>
    public Task<long> NextWriteAsync() => LongAsync("select pg_snapshot_xmax(pg_current_snapshot())::text::bigint");

    public async Task<long> LongAsync(string sql) => await Sources.Work.Command(sql).ScalarAsync<long>(default);

    private async Task OnServerAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(server.ConnectionTo("postgres") + ";Pooling=false;Command Timeout=600");
        await connection.OpenAsync();
        await connection.Command(sql).ExecuteAsync(default);
    }

    private static EmbeddedPostgres Server(string folder) =>
        new(new EmbeddedPostgresOptions(Path.Combine(folder, "postgres")), TimeProvider.System, NullLogger<EmbeddedPostgres>.Instance);

    // The library is loaded at the next start of the server.
    private static async Task PreloadAsync(string folder)
    {
        await using var server = Server(folder);
        await server.StartAsync(default);
        await using var connection = new NpgsqlConnection(server.ConnectionString);
        await connection.OpenAsync();
        await connection.Command("create extension pg_stat_statements").ExecuteAsync(default);
        await connection.Command("alter system set shared_preload_libraries = 'pg_stat_statements'").ExecuteAsync(default);
        await connection.Command("alter system set track_commit_timestamp = on").ExecuteAsync(default);
    }

    public async ValueTask DisposeAsync()
    {
        NpgsqlConnection.ClearAllPools();
        await Sources.DisposeAsync();
        if (!ownsServer)
        {
            return;
        }

        await server.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }
}
