using Hangfire;
using Hangfire.Common;
using Hangfire.Storage;

namespace ControlTower.Sync.Operations;

/// <summary>An entry of the schedule. Times are UTC.</summary>
/// <param name="Trouble">Why it cannot be run, for example a job of another version.</param>
public sealed record ScheduledJob(string Id, string Cron, string What, DateTimeOffset? Last, string? LastState, DateTimeOffset? Next, string? Trouble);

/// <param name="State"><c>waiting</c>, <c>running</c>, <c>done</c> or <c>failed</c>.</param>
public sealed record JobLine(string Id, string What, string State, DateTimeOffset? At, TimeSpan? Took, string? Why);

public sealed record JobPicture(IReadOnlyList<ScheduledJob> Schedule, IReadOnlyList<JobLine> Recent, long Waiting, long Failed);

/// <summary>What the job storage knows, for screens. Reads only, through Hangfire's own interface; its tables are nobody else's business.</summary>
public sealed class JobBoard(JobStorage storage)
{
    /// <summary>Parameter of a run that did nothing because its job was paused.</summary>
    public const string Skipped = "Skipped";

    private const int MostPerState = 20;

    /// <summary>Asks the storage; takes some queries of its pool. Reading again is always safe.</summary>
    public Task<JobPicture> ReadAsync(CancellationToken cancel) => Task.Run(Read, cancel);

    private JobPicture Read()
    {
        using var connection = storage.GetConnection();
        var schedule = connection.GetRecurringJobs().OrderBy(job => job.Id, StringComparer.Ordinal)
            .Select(job => new ScheduledJob(job.Id, job.Cron, Words(job.Job), Utc(job.LastExecution), State(connection, job.LastJobState, job.LastJobId), Utc(job.NextExecution), job.LoadException?.Message ?? job.Error))
            .ToList();
        var routine = schedule.Select(job => job.What).ToHashSet(StringComparer.Ordinal);
        var monitor = storage.GetMonitoringApi();
        var counts = monitor.GetStatistics();
        var running = monitor.ProcessingJobs(0, MostPerState).Where(job => job.Value is not null)
            .Select(job => new JobLine(job.Key, Words(job.Value.Job), "running", Utc(job.Value.StartedAt), null, null));
        // The schedule tells the last run of each routine; repeated here they would push out what somebody asked for.
        var done = monitor.SucceededJobs(0, MostPerState * 3).Where(job => job.Value is not null && !routine.Contains(Words(job.Value.Job)))
            .Select(job => new JobLine(job.Key, Words(job.Value.Job), "done", Utc(job.Value.SucceededAt), job.Value.TotalDuration is { } ms ? TimeSpan.FromMilliseconds(ms) : null, null));
        var failed = monitor.FailedJobs(0, MostPerState).Where(job => job.Value is not null)
            .Select(job => new JobLine(job.Key, Words(job.Value.Job), "failed", Utc(job.Value.FailedAt), null, job.Value.ExceptionType?.Split('.')[^1]));
        var recent = running.Concat(done).Concat(failed).OrderByDescending(job => job.State == "running").ThenByDescending(job => job.At).Take(MostPerState * 2);
        return new JobPicture(schedule, [.. recent], counts.Enqueued + counts.Scheduled, counts.Failed);
    }

    private static string Words(Job? job) => job is null ? "a job of another version" : $"{job.Type.Name}.{job.Method.Name}";

    private static string? State(IStorageConnection connection, string? hangfire, string? job) => hangfire switch
    {
        null => null,
        "Succeeded" => "done",
        "Deleted" when job is not null && connection.GetJobParameter(job, Skipped) is not null => "skipped",
        "Failed" or "Deleted" => "failed", // A routine that is not kept when it fails is deleted instead.
        "Processing" => "running",
        _ => "waiting",
    };

    private static DateTimeOffset? Utc(DateTime? time) => time is { } known ? new DateTimeOffset(DateTime.SpecifyKind(known, DateTimeKind.Utc)) : null;
}
