using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace ControlTower.Web.Hosting;

/// <summary>Asks at most once a second, however many ask: the door is open to anybody and must not use up the pool that takes webhooks.</summary>
internal sealed partial class ReadyProbe(HealthCheckService health, TimeProvider time, ILogger<ReadyProbe> log)
{
    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(1);

    private readonly Lock gate = new();
    private Task<HealthStatus>? latest;
    private long asked;
    private HealthStatus last = HealthStatus.Healthy;

    public Task<HealthStatus> StatusAsync()
    {
        lock (gate)
        {
            if (latest is null || (latest.IsCompleted && time.GetElapsedTime(asked) >= Fresh))
            {
                asked = time.GetTimestamp();
                latest = AskAsync();
            }

            return latest;
        }
    }

    private async Task<HealthStatus> AskAsync()
    {
        var report = await health.CheckHealthAsync(CancellationToken.None);
        if (report.Status != last)
        {
            last = report.Status;
            Log.Changed(log, report.Status, string.Join(' ', report.Entries.Values.Select(e => e.Description).Where(d => d is not null)));
        }

        return report.Status;
    }

    private static partial class Log
    {
        [LoggerMessage(1030, LogLevel.Warning, "Readiness is now {Status}. {Reasons}")]
        public static partial void Changed(ILogger logger, HealthStatus status, string reasons);
    }
}
