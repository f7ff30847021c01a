using ControlTower.Data.Db;
using ControlTower.Data.Reconciliation;
using Npgsql;
using NpgsqlTypes;

namespace ControlTower.Data.Configuration;

/// <summary>Who changes the configuration, and why.</summary>
public sealed record ConfigurationHand(string Name, Guid? Id, string Why);

/// <summary>Reads and writes of the configuration file's items, each inside the caller's transaction.</summary>
public static class ConfigurationStore
{
    private const string Tables =
        """
        connection, location, mapping, assignment_rules, assignment_rule, case_class, remedy, incident_rule, kpi_target, kpi_assumption, notification_channel, currency_rate, channel_rule, stock_watch,
        recon_limit, recon_rule, recon_owner_rules, recon_owner_rule, recon_sla, feed, feed_wait, sequence_rule, api_client, api_limit, stage_rule, job_schedule, retention_rule
        """;

    /// <summary>
    /// Keeps everybody else from changing what the file holds until the transaction ends; reading goes on. Gives up after ten seconds.
    /// </summary>
    /// <exception cref="PostgresException"><c>55P03</c>: somebody is in the middle of a change; nothing was done, it may be tried again.</exception>
    public static async Task LockAsync(NpgsqlConnection connection, CancellationToken cancel)
    {
        await connection.Command("set local lock_timeout = '10s'").ExecuteAsync(cancel);
        await connection.Command($"lock table {Tables} in share row exclusive mode").ExecuteAsync(cancel);
    }

    /// <summary>The items of a section as JSON objects, in no order.</summary>
    public static Task<List<string>> ReadAsync(NpgsqlConnection connection, ConfigurationSection section, CancellationToken cancel) =>
        connection.Command($"select x::text from ({section.Read}) q (x)").ListAsync(r => r.GetString(0), cancel);

    /// <returns>Rows that it touched; 0: it does not apply.</returns>
    public static Task<int> PutAsync(NpgsqlConnection connection, ConfigurationSection section, string item, ConfigurationHand hand, CancellationToken cancel) =>
        RunAsync(connection, section.Put, section, item, hand, cancel);

    /// <inheritdoc cref="PutAsync"/>
    public static Task<int> RemoveAsync(NpgsqlConnection connection, ConfigurationSection section, string item, ConfigurationHand hand, CancellationToken cancel) =>
        RunAsync(connection, section.Remove is { } remove ? [remove] : [], section, item, hand, cancel);

    /// <summary>Whether the database can use it as a regular expression; the transaction goes on in either case.</summary>
    public static async Task<bool> IsPatternAsync(NpgsqlConnection connection, string pattern, CancellationToken cancel)
    {
        await connection.Command("savepoint pattern").ExecuteAsync(cancel);
        var good = await ReconSettings.IsPatternAsync(connection, pattern, cancel);
        await connection.Command(good ? "release savepoint pattern" : "rollback to savepoint pattern").ExecuteAsync(cancel);
        return good;
    }

    /// <summary>Whether secrets are stored for a place where people are told, and the mail server that they are for.</summary>
    public static async Task<(bool Sealed, string Host)?> ChannelAsync(NpgsqlConnection connection, string name, CancellationToken cancel) =>
        await connection.Command("select secrets is not null, coalesce(settings ->> 'host', '') || ':' || coalesce(settings ->> 'port', '') from notification_channel where name = $1", Sql.Of(name))
            .ListAsync(r => (r.GetBoolean(0), r.GetString(1)), cancel) is [var row] ? row : null;

    private static async Task<int> RunAsync(
        NpgsqlConnection connection, IReadOnlyList<string> statements, ConfigurationSection section, string item, ConfigurationHand hand, CancellationToken cancel)
    {
        var touched = 0;
        foreach (var statement in statements)
        {
            touched += await Command(connection, statement, item, hand).ExecuteAsync(cancel);
        }

        foreach (var statement in touched > 0 ? section.Then : [])
        {
            await Command(connection, statement, item, hand).ExecuteAsync(cancel);
        }

        return touched;
    }

    private static NpgsqlCommand Command(NpgsqlConnection connection, string statement, string item, ConfigurationHand hand) =>
        connection.Command(statement, Sql.Json(item), Sql.Of(hand.Name), Sql.Of(hand.Id, NpgsqlDbType.Uuid), Sql.Of(hand.Why));
}
