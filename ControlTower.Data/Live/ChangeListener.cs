using System.Globalization;
using ControlTower.Data.Db;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace ControlTower.Data.Live;

/// <summary>
/// Hears the announcements of all nodes. After a lost connection it raises every topic once, so that nobody keeps showing what changed in between.
/// </summary>
public sealed partial class ChangeListener(TowerDataSources data, DatabaseWatch watch, TimeProvider clock, ILogger<ChangeListener> log) : BackgroundService
{
    private static readonly TimeSpan KeepAlive = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan Again = TimeSpan.FromSeconds(2);

    /// <summary>Raised on a thread of the listener; handlers must not block.</summary>
    public event Action<LiveTopics>? Changed;

    /// <summary>Raised with false when the database is lost, with true when it is heard again.</summary>
    public event Action<bool>? Connected;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await ListenAsync(stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception error) when (error is NpgsqlException or TimeoutException or System.Net.Sockets.SocketException or ObjectDisposedException)
            {
                if (!watch.Missed("changes", error))
                {
                    Lost(log, error.Message);
                }

                Connected?.Invoke(false);
                await Task.Delay(Again, clock, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private async Task ListenAsync(CancellationToken cancel)
    {
        // A listening session is idle by design; it must outlive the idle limits of the working pools.
        await using var connection = await data.Work.OpenConnectionAsync(cancel);
        connection.Notification += (_, e) => Raise(e.Payload);
        await using (var listen = new NpgsqlCommand($"listen {ChangeNotifier.Channel}", connection))
        {
            await listen.ExecuteNonQueryAsync(cancel);
        }

        Connected?.Invoke(true);
        Changed?.Invoke(LiveTopics.All);
        while (true)
        {
            if (!await connection.WaitAsync(KeepAlive, cancel))
            {
                await using var ping = new NpgsqlCommand("select 1", connection);
                await ping.ExecuteNonQueryAsync(cancel);
            }
        }
    }

    private void Raise(string payload)
    {
        if (int.TryParse(payload, NumberStyles.None, CultureInfo.InvariantCulture, out var topics))
        {
            Changed?.Invoke((LiveTopics)topics & LiveTopics.All);
        }
    }

    [LoggerMessage(EventId = 1102, Level = LogLevel.Warning, Message = "Stopped hearing of changes, trying again: {Reason}")]
    private static partial void Lost(ILogger log, string reason);
}
