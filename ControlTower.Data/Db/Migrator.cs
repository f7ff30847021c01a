using System.Reflection;
using DbUp;
using DbUp.Engine;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace ControlTower.Data.Db;

/// <summary>
/// Applies the numbered SQL of <c>migrations/</c>, each script in one transaction, under an advisory lock: any number of nodes may start
/// together, one migrates and the others find nothing to do. Safe to run again. Forward only.
/// </summary>
public sealed partial class Migrator(ILogger<Migrator> log)
{
    private const string JournalTable = "schema_version";

    // Any constant of our own: it names the lock in pg_locks.
    private const long LockKey = 0x746f776572;

    /// <summary>Names of the scripts this program knows, in order: <c>migrations/0001_what.sql</c>.</summary>
    public static IReadOnlyList<string> Scripts { get; } = [.. Assembly.GetExecutingAssembly().GetManifestResourceNames()
        .Where(n => n.StartsWith("migrations/", StringComparison.Ordinal)).Order(StringComparer.Ordinal)];

    /// <returns>The scripts applied by this call.</returns>
    /// <exception cref="StartupFailure">A script failed (nothing of it remains), or the database was migrated by a newer tower.</exception>
    public async Task<IReadOnlyList<string>> MigrateAsync(string connectionString, CancellationToken cancel)
    {
        var settings = new NpgsqlConnectionStringBuilder(connectionString)
        {
            Pooling = false,
            ApplicationName = "controltower migrator",
            CommandTimeout = 0,
        };

        // The lock lives on a connection of its own: a script's failure must not release it before the others see the journal.
        await using var guard = new NpgsqlConnection(settings.ConnectionString);
        await guard.OpenAsync(cancel);
        await using (var take = new NpgsqlCommand($"select pg_advisory_lock({LockKey})", guard))
        {
            await take.ExecuteNonQueryAsync(cancel);
        }

        await RefuseNewerAsync(guard, cancel);
        return Apply(settings.ConnectionString);
    }

    private List<string> Apply(string connectionString)
    {
        var engine = DeployChanges.To.PostgresqlDatabase(connectionString)
            .WithScripts(Scripts.Select(n => SqlScript.FromStream(n, Assembly.GetExecutingAssembly().GetManifestResourceStream(n)!)))
            .WithTransactionPerScript()
            .WithVariablesDisabled() // $name$ is PostgreSQL's own quoting.
            .WithExecutionTimeout(TimeSpan.FromMinutes(30))
            .JournalToPostgresqlTable("public", JournalTable)
            .LogToNowhere()
            .Build();
        var result = engine.PerformUpgrade();
        var applied = result.Scripts.Select(s => s.Name).ToList();
        if (!result.Successful)
        {
            throw StartupFailure.OfDatabase($"Migration {result.ErrorScript?.Name ?? "journal"} failed: {Reason(result.Error)} "
                + $"Nothing of it was applied; {applied.Count} earlier ones were. Correct the cause and start again.", result.Error);
        }

        foreach (var name in applied)
        {
            Log.Applied(log, name);
        }

        return applied;
    }

    private static async Task RefuseNewerAsync(NpgsqlConnection connection, CancellationToken cancel)
    {
        await using var exists = new NpgsqlCommand($"select to_regclass('public.{JournalTable}') is not null", connection);
        if (await exists.ExecuteScalarAsync(cancel) is not true)
        {
            return;
        }

        await using var unknown = new NpgsqlCommand(
            $"select scriptname from public.{JournalTable} where scriptname <> all(@known) order by scriptname desc limit 1", connection);
        unknown.Parameters.AddWithValue("known", Scripts.ToArray());
        if (await unknown.ExecuteScalarAsync(cancel) is string name)
        {
            throw StartupFailure.OfDatabase($"The database has the migration {name}, which this program does not know: "
                + "a newer ControlTower has used it. Start that version, or point Database:ConnectionString at another database.");
        }
    }

    private static string Reason(Exception error) =>
        error is PostgresException e ? $"{e.MessageText} ({e.SqlState})." : $"{error.Message.TrimEnd('.')}.";

    private static partial class Log
    {
        [LoggerMessage(1001, LogLevel.Information, "Applied {Script}")]
        public static partial void Applied(ILogger logger, string script);
    }
}
