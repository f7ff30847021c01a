using ControlTower.Sync.Jobs;
using Hangfire;
using Hangfire.Common;

namespace ControlTower.Tests.Support;

/// <summary>A calendar of jobs that only remembers.</summary>
public sealed class TestCalendar : IRecurringJobManager
{
    /// <summary>Cron by job.</summary>
    public Dictionary<string, string> Crons { get; } = new(StringComparer.Ordinal);

    public List<string> Triggered { get; } = [];

    public static Schedule Over(TestDatabase database) => new(new TestCalendar(), database.Sources);

    public void AddOrUpdate(string recurringJobId, Job job, string cronExpression, RecurringJobOptions options) => Crons[recurringJobId] = cronExpression;

    public void Trigger(string recurringJobId) => Triggered.Add(recurringJobId);

    public void RemoveIfExists(string recurringJobId) => Crons.Remove(recurringJobId);
}
