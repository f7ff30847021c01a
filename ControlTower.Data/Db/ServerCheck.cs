using Microsoft.Extensions.Logging;
using Npgsql;

namespace ControlTower.Data.Db;

/// <summary>
/// Looks at the server before anything is trusted to it. An answer of 2xx promises that the order survives a crash: that is only true with
/// fsync, full_page_writes and synchronous_commit on, and no kill test of ours would notice that they are off.
/// </summary>
public sealed partial class ServerCheck(ILogger<ServerCheck> log)
{
    public const int OldestMajor = 15;
    public const int NewestMajor = 18;

    /// <exception cref="StartupFailure">Unsupported version, another encoding than UTF8, a read-only server, or unsafe settings.</exception>
    public async Task RunAsync(NpgsqlConnection connection, bool allowUnsafe, CancellationToken cancel)
    {
        var major = connection.PostgreSqlVersion.Major;
        if (major is < OldestMajor or > NewestMajor)
        {
            throw StartupFailure.OfDatabase(
                $"PostgreSQL {major} is not supported: ControlTower needs {OldestMajor} to {NewestMajor}. Set Database:ConnectionString to such a server.");
        }

        var settings = await SettingsAsync(connection, cancel);
        if (settings["server_encoding"] != "UTF8")
        {
            throw StartupFailure.OfDatabase($"The database is encoded in {settings["server_encoding"]}: ControlTower needs UTF8. "
                + "Create it with: createdb -E UTF8 -T template0 NAME");
        }

        if (settings["transaction_read_only"] == "on")
        {
            throw StartupFailure.OfDatabase(
                "The database only reads (a standby, or default_transaction_read_only is on). Set Database:ConnectionString to the primary.");
        }

        Log.Server(log, settings["server_version"], settings["data_checksums"]);
        RefuseUnsafe([.. Unsafe(settings)], allowUnsafe);
    }

    private void RefuseUnsafe(IReadOnlyList<string> unsafeSettings, bool allowUnsafe)
    {
        if (unsafeSettings.Count == 0)
        {
            return;
        }

        var list = string.Join(", ", unsafeSettings);
        if (!allowUnsafe)
        {
            throw StartupFailure.OfDatabase($"PostgreSQL would lose acknowledged orders in a crash: {list}. "
                + "Set each of them to on for this server, database and role, and start again.");
        }

        Log.Unsafe(log, list);
    }

    private static IEnumerable<string> Unsafe(Dictionary<string, string> settings) =>
        new[] { "fsync", "full_page_writes", "synchronous_commit" }.Where(n => settings[n] == "off").Select(n => $"{n} is off");

    private static async Task<Dictionary<string, string>> SettingsAsync(NpgsqlConnection connection, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand(
            """
            select name, setting from pg_settings where name in ('fsync', 'full_page_writes', 'synchronous_commit', 'data_checksums',
                'server_version', 'server_encoding', 'transaction_read_only')
            """, connection);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var settings = new Dictionary<string, string>(StringComparer.Ordinal);
        while (await reader.ReadAsync(cancel))
        {
            settings[reader.GetString(0)] = reader.GetString(1);
        }

        return settings;
    }

    private static partial class Log
    {
        [LoggerMessage(1002, LogLevel.Information, "PostgreSQL {Version}, data checksums {Checksums}")]
        public static partial void Server(ILogger logger, string version, string checksums);

        [LoggerMessage(1003, LogLevel.Warning, "Unsafe by Database:AllowUnsafeSettings, acknowledged orders can be lost: {Settings}")]
        public static partial void Unsafe(ILogger logger, string settings);
    }
}
