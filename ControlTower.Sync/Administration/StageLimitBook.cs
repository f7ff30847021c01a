using ControlTower.Data.Db;
using ControlTower.Data.Flows;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace ControlTower.Sync.Administration;

/// <summary>The limits of stages in force: those of the settings, and in their place those that admins set. Reading them asks nobody.</summary>
public sealed class StageLimitBook(IOptions<StageLimits> shipped)
{
    private StageLimits? current;

    /// <summary>As the settings of this process say.</summary>
    public StageLimits Shipped => shipped.Value;

    public StageLimits Current => Volatile.Read(ref current) ?? shipped.Value;

    /// <summary>What admins set, as it was just read.</summary>
    public void Take(IEnumerable<StageRule> rules) => Volatile.Write(ref current, shipped.Value.With(rules));
}

/// <summary>Keeps the book of this node at most <see cref="Pace"/> old. While the database is away, what was read before stays in force.</summary>
public sealed partial class StageLimitWatch(StageLimitBook book, TowerDataSources data, DatabaseWatch watch, TimeProvider clock, ILogger<StageLimitWatch> log) : BackgroundService
{
    public static readonly TimeSpan Pace = TimeSpan.FromSeconds(15);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var pace = new PeriodicTimer(Pace, clock);
        do
        {
            try
            {
                book.Take(await StageRuleStore.ListAsync(data.Work, stoppingToken));
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception error) when (error is not OutOfMemoryException)
            {
                // Whatever it is, the next look may mend it.
                if (!watch.Missed("stage limits", error))
                {
                    NotRead(log, error);
                }
            }
        }
        while (await NextAsync(pace, stoppingToken));
    }

    private static async Task<bool> NextAsync(PeriodicTimer pace, CancellationToken stopping)
    {
        try
        {
            return await pace.WaitForNextTickAsync(stopping);
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    [LoggerMessage(EventId = 2800, Level = LogLevel.Error, Message = "The limits of stages could not be read; those of before stay in force")]
    private static partial void NotRead(ILogger log, Exception error);
}
