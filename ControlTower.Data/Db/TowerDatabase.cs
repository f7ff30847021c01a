using ControlTower.Data.Db.Embedded;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;

namespace ControlTower.Data.Db;

/// <summary>
/// The database of this node: the configured one, or an embedded one that this object starts. Open it before anything else is resolved
/// that connects. The container disposes it after all who used it, so an embedded server outlives the workers.
/// </summary>
public sealed partial class TowerDatabase(
    IOptions<DatabaseOptions> options, TimeProvider time, ServerCheck check, Migrator migrator, ILoggerFactory loggers) : IAsyncDisposable
{
    private static readonly TimeSpan StartingUp = TimeSpan.FromSeconds(60);

    private readonly ILogger<TowerDatabase> log = loggers.CreateLogger<TowerDatabase>();

    private EmbeddedPostgres? embedded;

    /// <summary>True once the server was found good and every migration is applied.</summary>
    public bool IsOpen { get; private set; }

    /// <summary>True if this node runs its own PostgreSQL.</summary>
    public bool IsEmbedded => string.IsNullOrWhiteSpace(options.Value.ConnectionString);

    /// <summary>Holds the password.</summary>
    /// <exception cref="InvalidOperationException">The embedded server is not open yet.</exception>
    public string ConnectionString => IsEmbedded
        ? embedded?.ConnectionString ?? throw new InvalidOperationException("Await TowerDatabase.OpenAsync before using the database.")
        : options.Value.ConnectionString!;

    /// <summary>Starts the embedded server if there is no other, checks it, migrates. A second call does nothing.</summary>
    /// <exception cref="StartupFailure">With the one message to show.</exception>
    public async Task OpenAsync(CancellationToken cancel)
    {
        if (IsOpen)
        {
            return;
        }

        if (IsEmbedded && embedded is null)
        {
            var settings = options.Value;
            embedded = new EmbeddedPostgres(
                new EmbeddedPostgresOptions(Path.GetFullPath(settings.DataDirectory), settings.BinDirectory, settings.Port),
                time, loggers.CreateLogger<EmbeddedPostgres>());
            await embedded.StartAsync(cancel);
        }

        try
        {
            await using var connection = await ConnectAsync(cancel);
            await check.RunAsync(connection, options.Value.AllowUnsafeSettings, cancel);
            await migrator.MigrateAsync(ConnectionString, cancel);
        }
        catch (NpgsqlException e)
        {
            throw ConnectionTrouble.Explain(e, ConnectionString);
        }

        IsOpen = true;
    }

    public async ValueTask DisposeAsync()
    {
        if (embedded is not null)
        {
            await embedded.DisposeAsync();
        }
    }

    // A server that says "starting up", or takes the connection and is silent, is waited for; one that takes none is more likely misspelt.
    private async Task<NpgsqlConnection> ConnectAsync(CancellationToken cancel)
    {
        var settings = new NpgsqlConnectionStringBuilder(ConnectionString) { Pooling = false, ApplicationName = "controltower start" };
        settings.Timeout = Math.Min(settings.Timeout, 10);
        var began = time.GetTimestamp();
        while (true)
        {
            var connection = new NpgsqlConnection(settings.ConnectionString);
            try
            {
                await connection.OpenAsync(cancel);
                return connection;
            }
            catch (NpgsqlException e) when (IsBusy(e) && time.GetElapsedTime(began) < StartingUp)
            {
                NotYet(log, e.Message);
                await connection.DisposeAsync();
                await Task.Delay(TimeSpan.FromMilliseconds(500), time, cancel);
            }
            catch
            {
                await connection.DisposeAsync();
                throw;
            }
        }
    }

    private static bool IsBusy(NpgsqlException error) =>
        error is PostgresException { SqlState: PostgresErrorCodes.CannotConnectNow } or { InnerException: TimeoutException };

    [LoggerMessage(EventId = 1104, Level = LogLevel.Warning, Message = "PostgreSQL does not serve yet: {Reason}. Trying again for up to a minute")]
    private static partial void NotYet(ILogger log, string reason);
}
