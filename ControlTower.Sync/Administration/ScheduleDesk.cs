using ControlTower.Data.Audit;
using ControlTower.Data.Db;
using ControlTower.Data.Operations;
using ControlTower.Sync.Operations;
using Hangfire;
using Npgsql;

namespace ControlTower.Sync.Administration;

/// <summary>A job of the calendar as it stands.</summary>
/// <param name="Cron">In force, in UTC; null: it runs only when somebody asks.</param>
/// <param name="Next">The next times, none while it is paused.</param>
/// <param name="Ran">What the calendar knows of its last run; null if no worker has put it there yet.</param>
public sealed record ScheduleLine(RecurringJob Job, string? Cron, JobPause? Paused, int Version, IReadOnlyList<DateTimeOffset> Next, ScheduledJob? Ran)
{
    public bool IsShipped => Cron == Job.Cron;
}

/// <summary>What came of an act on a schedule.</summary>
public enum ScheduleAnswer
{
    Done,

    /// <summary>Somebody was faster. Nothing was changed.</summary>
    Moved,
}

/// <summary>
/// People set when jobs run, pause them and run them now. Each act is one transaction with its audit entry; the calendar follows behind the commit, and at the next start of a worker if the process dies
/// before. An input that cannot be used throws an <see cref="ArgumentException"/> that says what to do. The caller has checked the permission.
/// </summary>
public sealed class ScheduleDesk(TowerDataSources data, AuditLog audit, ICalendar calendar, JobBoard board, IRecurringJobManager jobs, TimeProvider clock)
{
    public const string Manage = "admin:schedule:manage";
    public const int LongestReason = 300;
    private const int Shown = 5;

    public async Task<IReadOnlyList<ScheduleLine>> ListAsync(CancellationToken cancel)
    {
        var settings = (await JobScheduleStore.ListAsync(data.Work, cancel)).ToDictionary(setting => setting.Job, StringComparer.Ordinal);
        var ran = (await board.ReadAsync(cancel)).Schedule.ToDictionary(job => job.Id, StringComparer.Ordinal);
        var now = clock.GetUtcNow();
        return [.. RecurringJobs.All.Select(job =>
        {
            var setting = settings.GetValueOrDefault(job.Id);
            var cron = setting?.Cron ?? job.Cron;
            return new ScheduleLine(job, cron, setting?.Paused, setting?.Version ?? 0, cron is null || setting?.Paused is not null ? [] : CronRule.Next(cron, now, Shown), ran.GetValueOrDefault(job.Id));
        })];
    }

    /// <param name="cron">In UTC; null: as shipped again.</param>
    public async Task<ScheduleAnswer> ChangeAsync(string job, string? cron, int seen, Actor actor, CancellationToken cancel)
    {
        var known = Known(job);
        cron = cron?.Trim() is { Length: > 0 } given ? string.Join(' ', given.Split(' ', StringSplitOptions.RemoveEmptyEntries)) : null;
        if (cron is not null && CronRule.Wrong(cron, known.LeastMinutes, clock.GetUtcNow()) is { } wrong)
        {
            throw new ArgumentException(wrong, nameof(cron));
        }

        var answer = await ActAsync(
            connection => JobScheduleStore.CronAsync(connection, job, cron == known.Cron ? null : cron, seen, actor.Name, cancel),
            new AuditEntry(actor, Manage, $"schedule:{job}", Detail: Detail("change", ("cron", cron ?? "as shipped"))), cancel);
        if (answer == ScheduleAnswer.Done)
        {
            await calendar.SetAsync(cancel);
        }

        return answer;
    }

    public Task<ScheduleAnswer> PauseAsync(string job, string reason, int seen, Actor actor, CancellationToken cancel)
    {
        Known(job);
        reason = reason.Trim();
        return reason.Length is 0 or > LongestReason
            ? throw new ArgumentException($"Give a reason of at most {LongestReason} characters.", nameof(reason))
            : ActAsync(connection => JobScheduleStore.PauseAsync(connection, job, reason, seen, actor.Name, cancel), new AuditEntry(actor, Manage, $"schedule:{job}", Reason: reason, Detail: Detail("pause")), cancel);
    }

    public Task<ScheduleAnswer> ResumeAsync(string job, int seen, Actor actor, CancellationToken cancel)
    {
        Known(job);
        return ActAsync(connection => JobScheduleStore.ResumeAsync(connection, job, seen, actor.Name, cancel), new AuditEntry(actor, Manage, $"schedule:{job}", Detail: Detail("resume")), cancel);
    }

    /// <summary>Has a worker run it as soon as one is free. Asked twice it may run twice, which comes to the same.</summary>
    public async Task RunAsync(string job, Actor actor, CancellationToken cancel)
    {
        Known(job);
        if ((await JobScheduleStore.ListAsync(data.Work, cancel)).Exists(setting => setting.Job == job && setting.Paused is not null))
        {
            throw new ArgumentException("It is paused. Resume it first, then run it.", nameof(job));
        }

        await calendar.SetAsync(cancel);
        await audit.AppendAsync(new AuditEntry(actor, Manage, $"schedule:{job}", Detail: Detail("run")), cancel);
        jobs.Trigger(job);
    }

    private static RecurringJob Known(string job) => RecurringJobs.Find(job) ?? throw new ArgumentException("There is no such job.", nameof(job));

    private async Task<ScheduleAnswer> ActAsync(Func<NpgsqlConnection, Task<bool>> act, AuditEntry entry, CancellationToken cancel)
    {
        await using var connection = await data.Work.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        if (!await act(connection))
        {
            return ScheduleAnswer.Moved;
        }

        await audit.AppendAsync(connection, transaction, entry, cancel);
        await transaction.CommitAsync(cancel);
        return ScheduleAnswer.Done;
    }

    private static Dictionary<string, string> Detail(string act, params ReadOnlySpan<(string Name, string Value)> more)
    {
        Dictionary<string, string> detail = new(StringComparer.Ordinal) { ["act"] = act };
        foreach (var (name, value) in more)
        {
            detail[name] = value;
        }

        return detail;
    }
}
