using ControlTower.Data.Db;
using Npgsql;

namespace ControlTower.Data.Operations;

/// <summary>How a recurring job was set by an admin.</summary>
/// <param name="Cron">Null: as shipped.</param>
/// <param name="Paused">Null: it runs.</param>
/// <param name="Version">0: nobody ever set it.</param>
public sealed record JobSetting(string Job, string? Cron, JobPause? Paused, int Version);

public sealed record JobPause(DateTimeOffset At, string By, string Reason);

/// <summary>What admins set about recurring jobs. A write names the version that was seen; false means that somebody was faster, and nothing was changed.</summary>
public static class JobScheduleStore
{
    public static Task<List<JobSetting>> ListAsync(NpgsqlDataSource data, CancellationToken cancel) =>
        data.Command("select job, cron, paused_at, paused_by, paused_reason, version from job_schedule order by job")
            .ListAsync(
                r => new JobSetting(r.GetString(0), r.Maybe<string>(1), r.IsDBNull(2) ? null : new JobPause(r.GetFieldValue<DateTimeOffset>(2), r.GetString(3), r.GetString(4)), r.GetInt32(5)), cancel);

    /// <summary>Asked by the job's own process before each run. Not async, for whoever asks is not.</summary>
    public static bool IsPaused(NpgsqlDataSource data, string job)
    {
        using var command = data.Command("select exists (select from job_schedule where job = $1 and paused_at is not null)", Sql.Of(job));
        return command.ExecuteScalar() is true;
    }

    /// <param name="cron">Null: as shipped again.</param>
    public static Task<bool> CronAsync(NpgsqlConnection connection, string job, string? cron, int seen, string by, CancellationToken cancel) => PutAsync(
        connection, "cron = $4", job, seen, by, cancel, Sql.Of(cron, NpgsqlTypes.NpgsqlDbType.Text));

    public static Task<bool> PauseAsync(NpgsqlConnection connection, string job, string reason, int seen, string by, CancellationToken cancel) => PutAsync(
        connection, "paused_at = now(), paused_by = $3, paused_reason = $4", job, seen, by, cancel, Sql.Of(reason));

    public static Task<bool> ResumeAsync(NpgsqlConnection connection, string job, int seen, string by, CancellationToken cancel) => PutAsync(
        connection, "paused_at = null, paused_by = null, paused_reason = null", job, seen, by, cancel);

    private static async Task<bool> PutAsync(NpgsqlConnection connection, string what, string job, int seen, string by, CancellationToken cancel, params NpgsqlParameter[] more)
    {
        if (seen == 0 && await connection.Command("insert into job_schedule (job, version, changed_by) values ($1, 0, $2) on conflict do nothing", Sql.Of(job), Sql.Of(by)).ExecuteAsync(cancel) == 0)
        {
            return false;
        }

        return await connection.Command($"update job_schedule set {what}, version = version + 1, changed_at = now(), changed_by = $3 where job = $1 and version = $2", [Sql.Of(job), Sql.Of(seen), Sql.Of(by), .. more])
            .ExecuteAsync(cancel) == 1;
    }
}
