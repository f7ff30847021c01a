using ControlTower.Data.Connections;
using ControlTower.Data.Db;
using ControlTower.Data.Live;
using ControlTower.Sync.Connectors;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace ControlTower.Sync.Connections;

/// <summary>A connection ready for use.</summary>
/// <param name="Unusable">Why it cannot be used now, in words for a person; null if it can.</param>
public sealed record LiveConnection(ConnectionProfile Profile, IConnector? Connector, bool Paused, DateTimeOffset? SubscribedAt, int Version, string? Unusable)
{
    /// <summary>Where the vendor was told to push to at <see cref="SubscribedAt"/>.</summary>
    public string? SubscribedUrl { get; init; }
}

/// <summary>
/// All connections with their secrets open, as one immutable picture, renewed when anybody changes one. Reads of the hot path cost a dictionary look-up.
/// </summary>
public sealed partial class ConnectionDirectory : BackgroundService
{
    private static readonly TimeSpan Pace = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Anyway = TimeSpan.FromSeconds(15);

    private readonly TowerDataSources data;
    private readonly ConnectorCatalog connectors;
    private readonly SecretSeal seal;
    private readonly ChangeListener listener;
    private readonly DatabaseWatch watch;
    private readonly TimeProvider clock;
    private readonly ILogger<ConnectionDirectory> log;
    private readonly SemaphoreSlim wake = new(1, 1);
    private readonly SemaphoreSlim reading = new(1, 1);
    private readonly SemaphoreSlim looking = new(1, 1);
    private long? lookedAt;
    private Dictionary<string, LiveConnection> current = new(StringComparer.Ordinal);

    public ConnectionDirectory(
        TowerDataSources data, ConnectorCatalog connectors, SecretSeal seal, ChangeListener listener, DatabaseWatch watch, TimeProvider clock, ILogger<ConnectionDirectory> log)
    {
        (this.data, this.connectors, this.seal, this.listener, this.watch, this.clock, this.log) = (data, connectors, seal, listener, watch, clock, log);
        listener.Changed += OnChanged;
    }

    public IReadOnlyCollection<LiveConnection> All => Volatile.Read(ref current).Values;

    public ConnectionProfile? Find(string id) => Get(id)?.Profile;

    public LiveConnection? Get(string id) => Volatile.Read(ref current).GetValueOrDefault(id);

    /// <summary>
    /// As <see cref="Get"/>, but asks the database before it says that there is none: a connection may be seconds old. Anybody may name one that never was, so all who do share one
    /// look a second.
    /// </summary>
    public async ValueTask<LiveConnection?> GetFreshAsync(string id, CancellationToken cancel)
    {
        if (Get(id) is { } known)
        {
            return known;
        }

        await LookAgainAsync(cancel);
        return Get(id);
    }

    public async Task RefreshAsync(CancellationToken cancel)
    {
        await reading.WaitAsync(cancel);
        try
        {
            var rows = await ConnectionStore.AllAsync(data.Work, cancel);
            Volatile.Write(ref current, rows.ToDictionary(r => r.Id, Open, StringComparer.Ordinal));
        }
        finally
        {
            reading.Release();
        }
    }

    private async Task LookAgainAsync(CancellationToken cancel)
    {
        var asked = clock.GetTimestamp();
        await looking.WaitAsync(cancel);
        try
        {
            if (lookedAt > asked)
            {
                return; // Somebody else's look began after this one was asked for.
            }

            if (lookedAt is { } last && Pace - clock.GetElapsedTime(last) is { Ticks: > 0 } wait)
            {
                await Task.Delay(wait, clock, cancel);
            }

            lookedAt = clock.GetTimestamp();
            await RefreshAsync(cancel);
        }
        finally
        {
            looking.Release();
        }
    }

    public override void Dispose()
    {
        listener.Changed -= OnChanged;
        wake.Dispose();
        reading.Dispose();
        looking.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await wake.WaitAsync(Anyway, stoppingToken);
                await RefreshAsync(stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception error) when (error is not OutOfMemoryException)
            {
                // Whatever it is, the last picture stays in force and the next look may mend it.
                if (!watch.Missed("connections", error))
                {
                    NotRead(log, error);
                }
            }
        }
    }

    private void OnChanged(LiveTopics topics)
    {
        if (topics.HasFlag(LiveTopics.Connections) && wake.CurrentCount == 0)
        {
            try
            {
                wake.Release();
            }
            catch (SemaphoreFullException)
            {
                // Another announcement has just asked for the same.
            }
        }
    }

    private LiveConnection Open(ConnectionRow row)
    {
        var connector = connectors.Find(row.Kind);
        IReadOnlyDictionary<string, string> secrets = new Dictionary<string, string>(StringComparer.Ordinal);
        var sealBroken = row.SealedSecrets is not null && !seal.TryOpen(row.Id, row.SealedSecrets, out secrets);
        var profile = new ConnectionProfile(row.Id, row.Kind, row.Name, row.Brand, row.Region, row.Currency, row.TimeZone, row.PostsTo, row.Settings, secrets);
        var unusable = row.Disabled is not null ? "It is disabled."
            : connector is null ? $"This build has no connector of kind '{row.Kind}'."
            : sealBroken ? "The stored secrets cannot be opened with this installation's keys. Enter them again or restore the key folder."
            : Problem(connector, profile);
        if (unusable is not null && Get(row.Id)?.Unusable != unusable)
        {
            NotUsable(log, row.Id, unusable);
        }

        return new LiveConnection(profile, connector, row.Paused, row.SubscribedAt, row.Version, unusable) { SubscribedUrl = row.SubscribedUrl };
    }

    // One connection whose settings its connector cannot bear is that connection's trouble; the others are read all the same.
    private static string? Problem(IConnector connector, ConnectionProfile profile)
    {
        try
        {
            return connector.Check(profile) is [var problem, ..] ? $"{problem.Field}: {problem.Message}" : null;
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            return $"Its settings could not be checked ({error.GetType().Name}).";
        }
    }

    [LoggerMessage(EventId = 2202, Level = LogLevel.Warning, Message = "Connection {Connection} cannot be used: {Reason}")]
    private static partial void NotUsable(ILogger log, string connection, string reason);

    [LoggerMessage(EventId = 2201, Level = LogLevel.Error, Message = "Connections could not be read, the last picture stays in force")]
    private static partial void NotRead(ILogger log, Exception error);
}
