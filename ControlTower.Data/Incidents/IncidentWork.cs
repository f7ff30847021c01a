using ControlTower.Data.Db;
using Npgsql;
using NpgsqlTypes;

namespace ControlTower.Data.Incidents;

/// <summary>A condition that is trouble, as a rule judged it.</summary>
/// <param name="Began">What it harmed first, as far as the look knows; null: nothing before it was seen.</param>
/// <param name="Since">Since when it holds, as far as the look knows; null: as far as it was seen to hold.</param>
/// <param name="System">Connection, or nothing.</param>
/// <param name="About">JSON by which its harm is looked up; null for nothing.</param>
/// <param name="Flows">What it harmed, where the look knows it; null where the data are asked.</param>
public sealed record Condition(string Kind, string Subject, string Title, string Severity, string Words, DateTimeOffset? Began, DateTimeOffset? Since, string Brand = "", string System = "", string? About = null, IReadOnlyList<long>? Flows = null);

/// <summary>The detection at work. It is a set of functions in the database, because it is about sets; each may be repeated, by several nodes at once, and a repeat changes nothing.</summary>
public static class IncidentWork
{
    /// <summary>All rules, as they are now.</summary>
    public static Task<List<IncidentRule>> RulesAsync(NpgsqlDataSource data, CancellationToken cancel) => IncidentQueries.RulesAsync(data, cancel);

    /// <summary>Says that a condition holds; one that has held for long enough opens an incident, or joins the one that is there.</summary>
    /// <returns>The incident; null while it has not held for long enough.</returns>
    public static async Task<long?> HoldsAsync(NpgsqlDataSource data, Condition what, TimeSpan after, CancellationToken cancel) =>
        await data.Command(
                "select incident_signal($1, $2, $3, $4, $5, coalesce($6, now()), $7, $8, $9, $12, coalesce($10, now()), $11)",
                Sql.Of(what.Kind), Sql.Of(what.Subject), Sql.Of(what.Title), Sql.Of(what.Severity), Sql.Of(what.Words), Sql.Of(what.Began?.ToUniversalTime(), NpgsqlDbType.TimestampTz), Sql.Of(what.Brand), Sql.Of(what.System),
                Sql.Json(what.About ?? "{}"), Sql.Of(what.Since?.ToUniversalTime(), NpgsqlDbType.TimestampTz), Sql.Of(after), Sql.Of((what.Flows ?? []).ToArray()))
            .ScalarAsync<object>(cancel) as long?;

    /// <summary>Subjects of a kind of which a condition holds.</summary>
    public static async Task<HashSet<string>> HeldAsync(NpgsqlDataSource data, string kind, CancellationToken cancel) =>
        [.. await data.Command("select subject from incident_signal where kind = $1 and ended_at is null and act_key is null", Sql.Of(kind)).ListAsync(r => r.GetString(0), cancel)];

    /// <summary>Ends the conditions of a kind that do not hold any more.</summary>
    /// <param name="holding">Subjects of those that do.</param>
    /// <returns>How many ended.</returns>
    public static Task<int> OverAsync(NpgsqlDataSource data, string kind, IReadOnlyCollection<string> holding, CancellationToken cancel) =>
        data.Command(
                """
                select count(*) filter (where incident_signal_over(s.kind, s.subject))::integer from incident_signal s
                where s.kind = $1 and s.ended_at is null and s.act_key is null and s.subject <> all ($2)
                """,
                Sql.Of(kind), Sql.Of(holding.ToArray()))
            .ScalarAsync<int>(cancel);

    /// <summary>Incidents of which the harm may still change, the oldest first.</summary>
    public static Task<List<long>> AliveAsync(NpgsqlDataSource data, CancellationToken cancel) =>
        data.Command("select id from incident where status = 'open' or (status = 'drained' and drained_at > now() - interval '1 hour') order by id").ListAsync(r => r.GetInt64(0), cancel);

    /// <summary>Brings what an incident harmed up to date, and ends what is over.</summary>
    /// <returns>Whether anything changed.</returns>
    public static Task<bool> RefreshAsync(NpgsqlDataSource data, long id, CancellationToken cancel) => data.Command("select incident_refresh($1)", Sql.Of(id)).ScalarAsync<bool>(cancel);

    /// <summary>The newest line of any timeline: whoever sees another one than before knows that something happened.</summary>
    public static Task<long> NewestAsync(NpgsqlDataSource data, CancellationToken cancel) => data.Command("select coalesce(max(id), 0) from incident_log").ScalarAsync<long>(cancel);

    /// <summary>Tells others of what nobody has taken in time; each once.</summary>
    /// <returns>How many were told.</returns>
    public static Task<int> EscalateAsync(NpgsqlDataSource data, CancellationToken cancel) => data.Command("select incident_escalate()").ScalarAsync<int>(cancel);
}
