using ControlTower.Data.Db;
using Npgsql;
using NpgsqlTypes;

namespace ControlTower.Data.Incidents;

/// <summary>An incident under its lock.</summary>
/// <param name="Flagged">A person's flag holds.</param>
/// <param name="Holding">A condition of a rule holds.</param>
public sealed record IncidentHeld(long Id, string Kind, string Subject, string Status, string Severity, Guid? Lead, Guid? Comms, string StakeholderStatus, string Review, int Version, bool Flagged, bool Holding);

/// <summary>What people's acts write, inside the caller's transaction. Every act leaves a line in the timeline, and the line carries the act's key: the same act again is seen to have been done.</summary>
public static class IncidentActs
{
    /// <summary>Whether an act was done already.</summary>
    public static Task<bool> DoneAsync(NpgsqlConnection connection, Guid key, CancellationToken cancel) =>
        connection.Command("select exists (select from incident_log where act_key = $1)", Sql.Of(key)).ScalarAsync<bool>(cancel);

    /// <summary>The incident that a person's flag opened or joined; null if there was none.</summary>
    public static async Task<long?> FlaggedAsync(NpgsqlConnection connection, Guid key, CancellationToken cancel) =>
        await connection.Command("select incident_id from incident_signal where act_key = $1", Sql.Of(key)).ScalarAsync<object>(cancel) as long?;

    /// <returns>Null if there is none.</returns>
    public static async Task<IncidentHeld?> LockAsync(NpgsqlConnection connection, long id, CancellationToken cancel) =>
        (await connection.Command(
                """
                select i.id, i.kind, i.subject, i.status, i.severity, i.lead, i.comms, i.stakeholder_status, i.review, i.version,
                    exists (select from incident_signal s where s.incident_id = i.id and s.ended_at is null and s.act_key is not null), exists (select from incident_signal s where s.incident_id = i.id and s.ended_at is null and s.act_key is null)
                from incident i where i.id = $1 for update of i
                """,
                Sql.Of(id))
            .ListAsync(
                r => new IncidentHeld(
                    r.GetInt64(0), r.GetString(1), r.GetString(2), r.GetString(3), r.GetString(4), r.Maybe<Guid?>(5), r.Maybe<Guid?>(6), r.GetString(7), r.GetString(8), r.GetInt32(9), r.GetBoolean(10), r.GetBoolean(11)),
                cancel)).FirstOrDefault();

    /// <summary>What a flag about a system starts from: name, brand, and the first call that it did not answer; null if there is no such system.</summary>
    public static async Task<(string Name, string Brand, DateTimeOffset? Began)?> SystemAsync(NpgsqlConnection connection, string system, CancellationToken cancel) =>
        await connection.Command("select name, brand, incident_connection_began(id) from connection where id = $1 and disabled_at is null", Sql.Of(system))
            .ListAsync(r => (r.GetString(0), r.GetString(1), r.Maybe<DateTimeOffset?>(2)), cancel) is [var one] ? one : null;

    /// <summary>What a flag about a cause starts from: its title, its system and brand if they are one, and its first open case; null if no case of it is open.</summary>
    public static async Task<(string Title, string System, string Brand, DateTimeOffset Began)?> CauseAsync(NpgsqlConnection connection, string fingerprint, CancellationToken cancel) =>
        await connection.Command(
                """
                select min(title), case when count(distinct connection_id) = 1 then min(connection_id) else '' end, case when count(distinct brand) = 1 then min(brand) else '' end, min(opened_at)
                from exception_case where fingerprint = $1 and state in ('open', 'retrying') having count(*) > 0
                """,
                Sql.Of(fingerprint))
            .ListAsync(r => (r.GetString(0), r.GetString(1), r.GetString(2), r.GetFieldValue<DateTimeOffset>(3)), cancel) is [var one] ? one : null;

    /// <summary>Opens an incident or joins the one that is there.</summary>
    /// <param name="began">Null: nothing before now is known.</param>
    /// <returns>Its id; the same for the same key.</returns>
    public static Task<long> FlagAsync(
        NpgsqlConnection connection, Guid key, string kind, string subject, string title, string severity, string words, DateTimeOffset? began, string brand, string system, Guid? by, string name, CancellationToken cancel) =>
        connection.Command(
                "select incident_flag($1, $2, $3, $4, $5, $6, coalesce($7, now()), $8, $9, $10, $11)",
                Sql.Of(key), Sql.Of(kind), Sql.Of(subject), Sql.Of(title), Sql.Of(severity), Sql.Of(words), Sql.Of(began?.ToUniversalTime(), NpgsqlDbType.TimestampTz), Sql.Of(brand), Sql.Of(system), Sql.Of(by, NpgsqlDbType.Uuid),
                Sql.Of(name))
            .ScalarAsync<long>(cancel);

    /// <summary>Adds a line to the timeline.</summary>
    public static Task LogAsync(NpgsqlConnection connection, long id, string kind, string words, string by, Guid key, CancellationToken cancel) =>
        connection.Command("insert into incident_log (incident_id, kind, words, by_name, act_key) values ($1, $2, $3, $4, $5)", Sql.Of(id), Sql.Of(kind), Sql.Of(words), Sql.Of(by), Sql.Of(key)).ExecuteAsync(cancel);

    /// <summary>Gives a role to a person, or to nobody.</summary>
    /// <returns>The person's name; null for nobody, or if there is no such person who may sign in.</returns>
    public static async Task<string?> RoleAsync(NpgsqlConnection connection, long id, bool lead, Guid? person, CancellationToken cancel)
    {
        var name = person is null ? null : await connection.Command("select name from account where id = $1 and disabled_at is null", Sql.Of(person.Value)).ScalarAsync<string>(cancel);
        if (person is null || name is not null)
        {
            await connection.Command($"update incident set {(lead ? "lead" : "comms")} = $2, version = version + 1 where id = $1", Sql.Of(id), Sql.Of(person, NpgsqlDbType.Uuid)).ExecuteAsync(cancel);
        }

        return name;
    }

    public static Task SeverityAsync(NpgsqlConnection connection, long id, string severity, CancellationToken cancel) =>
        connection.Command("update incident set severity = $2, version = version + 1 where id = $1", Sql.Of(id), Sql.Of(severity)).ExecuteAsync(cancel);

    public static Task StakeholdersAsync(NpgsqlConnection connection, long id, string words, CancellationToken cancel) =>
        connection.Command("update incident set stakeholder_status = $2, stakeholder_at = now(), version = version + 1 where id = $1", Sql.Of(id), Sql.Of(words)).ExecuteAsync(cancel);

    public static Task ReviewAsync(NpgsqlConnection connection, long id, string text, CancellationToken cancel) =>
        connection.Command("update incident set review = $2, version = version + 1 where id = $1", Sql.Of(id), Sql.Of(text)).ExecuteAsync(cancel);

    /// <summary>Ends people's flags: as far as people know, the cause is over.</summary>
    public static Task LowerFlagsAsync(NpgsqlConnection connection, long id, CancellationToken cancel) =>
        connection.Command("update incident_signal set ended_at = now() where incident_id = $1 and act_key is not null and ended_at is null", Sql.Of(id)).ExecuteAsync(cancel);

    /// <param name="status">closed or dismissed.</param>
    public static Task EndAsync(NpgsqlConnection connection, long id, string status, CancellationToken cancel) =>
        connection.Command("update incident set status = $2, closed_at = now(), version = version + 1 where id = $1", Sql.Of(id), Sql.Of(status)).ExecuteAsync(cancel);

    /// <summary>Brings what it harmed up to date at once, so that the answer to an act shows it.</summary>
    public static Task RefreshAsync(NpgsqlConnection connection, long id, CancellationToken cancel) => connection.Command("select incident_refresh($1)", Sql.Of(id)).ExecuteAsync(cancel);

    /// <returns>False if it is of another version by now.</returns>
    public static async Task<bool> RuleAsync(NpgsqlConnection connection, IncidentRule rule, string by, CancellationToken cancel) =>
        await connection.Command(
                """
                update incident_rule set active = $2, after_minutes = $3, most = $4, severity = $5, take_minutes = $6, version = version + 1, changed_by = $7, changed_at = now() where kind = $1 and version = $8
                """,
                Sql.Of(rule.Kind), Sql.Of(rule.Active), Sql.Of(rule.AfterMinutes), Sql.Of(rule.Most), Sql.Of(rule.Severity), Sql.Of(rule.TakeMinutes), Sql.Of(by), Sql.Of(rule.Version))
            .ExecuteAsync(cancel) == 1;
}
