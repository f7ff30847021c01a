using ControlTower.Data.Db;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace ControlTower.Data.Live;

/// <summary>
/// Tells every node that something changed. Announcements are gathered and sent as one NOTIFY of their own, never inside a working transaction: a commit that
/// notifies takes a lock that all commits share. A lost announcement costs freshness, not truth; pages also ask on a slow timer.
/// </summary>
public sealed partial class ChangeNotifier(TowerDataSources data, TimeProvider clock, ILogger<ChangeNotifier> log) : BackgroundService
{
    public const string Channel = "tower_changes";

    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(100);
    private readonly SemaphoreSlim wake = new(0, 1);
    private int pending;

    /// <summary>Call after the commit. Never blocks, never throws.</summary>
    public void Announce(LiveTopics topics)
    {
        if (topics != LiveTopics.None && Interlocked.Or(ref pending, (int)topics) == 0)
        {
            wake.Release();
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await wake.WaitAsync(stoppingToken);
                await Task.Delay(Pace, clock, stoppingToken);
                await SendAsync((LiveTopics)Interlocked.Exchange(ref pending, 0), stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception error) when (error is NpgsqlException or TimeoutException)
            {
                NotSent(log, error.Message);
            }
            catch (Exception error) when (error is not OutOfMemoryException)
            {
                // Whatever it is, it costs freshness; leaving would end the host.
                Stumbled(log, error);
            }
        }
    }

    public override void Dispose()
    {
        base.Dispose();
        wake.Dispose();
    }

    private async Task SendAsync(LiveTopics topics, CancellationToken cancel)
    {
        await using var command = data.Work.CreateCommand("select pg_notify($1, $2)");
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = Channel });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = ((int)topics).ToString(System.Globalization.CultureInfo.InvariantCulture) });
        await command.ExecuteNonQueryAsync(cancel);
    }

    [LoggerMessage(EventId = 1101, Level = LogLevel.Debug, Message = "A change could not be announced: {Reason}")]
    private static partial void NotSent(ILogger log, string reason);

    [LoggerMessage(EventId = 1103, Level = LogLevel.Error, Message = "A change could not be announced")]
    private static partial void Stumbled(ILogger log, Exception error);
}
