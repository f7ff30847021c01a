using Microsoft.Extensions.Logging;
using Npgsql;

namespace ControlTower.Data.Db.Embedded;

/// <summary>
/// A private PostgreSQL of this tower: made on the first start, reachable from this machine only, with a random password, watched and
/// restarted while it runs, stopped on disposal. Its files belong to one tower at a time. After any kill of the tower or of the server the
/// next start recovers every committed transaction.
/// </summary>
public sealed partial class EmbeddedPostgres(EmbeddedPostgresOptions options, TimeProvider time, ILogger<EmbeddedPostgres> log) : IAsyncDisposable
{
    public const string User = "tower";
    public const string Database = "tower";

    private static readonly TimeSpan StartPatience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan StopPatience = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(15);

    private readonly CancellationTokenSource stopping = new();
    private ClusterFolder? folder;
    private OsAccount? account;
    private PostgresBinaries? binaries;
    private PostgresProcess? server;
    private Task watch = Task.CompletedTask;
    private int? port;

    /// <summary>For the tower's own database. Holds the password. Known once <see cref="StartAsync"/> has returned.</summary>
    public string ConnectionString => ConnectionTo(Database);

    /// <summary>Id of the server now running; changes when it had to be restarted.</summary>
    public int ProcessId => server?.Id ?? throw NotStarted();

    public string Version => binaries?.Version ?? throw NotStarted();

    /// <summary>Where the cluster is; differs from the option if root's own folders are closed to the server's account.</summary>
    public string Location => folder?.Root ?? throw NotStarted();

    /// <exception cref="StartupFailure">No usable binaries, folder in use or not writable, or the server did not come up.</exception>
    public async Task StartAsync(CancellationToken cancel)
    {
        folder = ClusterFolder.Own(options.Directory);
        account = OsAccount.ForServer(folder.State.Account);
        binaries = PostgresBinaries.Find(options.BinDirectory, folder.Major, Path.GetDirectoryName(folder.Root)!, account is not null);
        if (await OrphanServer.StopAsync(folder.Data, time, cancel) is { } orphan)
        {
            Log.StoppedOrphan(log, orphan);
        }

        if (!folder.HasCluster)
        {
            Log.Creating(log, binaries.Version, folder.Root);
            await ClusterCreation.RunAsync(folder, binaries, account, options.Durable, cancel);
        }

        port = options.Port ?? (folder.SocketsFit ? null : folder.ChoosePort());
        await LaunchAsync(cancel);
        await CreateDatabaseAsync(cancel);
        folder.Publish(ConnectionString);
        watch = WatchAsync();
        Log.Ready(log, binaries.Version, port is null ? folder.Sockets : $"127.0.0.1:{port}", server!.Id);
    }

    /// <summary>A connection string for another database of this cluster.</summary>
    public string ConnectionTo(string database) => new NpgsqlConnectionStringBuilder
    {
        Host = port is null ? (folder ?? throw NotStarted()).Sockets : "127.0.0.1",
        Port = port ?? 5432,
        Username = User,
        Password = (folder ?? throw NotStarted()).Password(),
        Database = database,
        SslMode = SslMode.Disable, // Nothing leaves this machine.
        GssEncryptionMode = GssEncryptionMode.Disable,
    }.ConnectionString;

    public async ValueTask DisposeAsync()
    {
        if (folder is null)
        {
            return;
        }

        await stopping.CancelAsync();
        await watch;
        if (server is { HasExited: false })
        {
            await StopAsync(server);
        }

        server?.Dispose();
        folder.Dispose();
        folder = null;
        stopping.Dispose();
    }

    private async Task StopAsync(PostgresProcess running)
    {
        running.Signal(options.Durable ? NativeCalls.Interrupt : NativeCalls.Quit);
        try
        {
            await running.Exited.WaitAsync(StopPatience, time, CancellationToken.None);
            Log.Stopped(log);
        }
        catch (TimeoutException)
        {
            Log.SlowStop(log, StopPatience.TotalSeconds);
            running.Signal(NativeCalls.Quit);
            await running.Exited;
        }
    }

    private async Task LaunchAsync(CancellationToken cancel)
    {
        server?.Dispose();
        server = PostgresProcess.Start(binaries!.Server, ServerArguments.For(folder!, port, options.Durable), account, folder!.Data, Report);
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var answers = UntilAnswersAsync(deadline.Token);
        var first = await Task.WhenAny(answers, server.Exited, Task.Delay(StartPatience, time, deadline.Token));
        await deadline.CancelAsync();
        cancel.ThrowIfCancellationRequested();
        if (first == server.Exited)
        {
            throw StartupFailure.OfDatabase($"The embedded PostgreSQL in '{folder.Root}' did not start, {server.Describe()}");
        }

        if (first != answers)
        {
            await StopAsync(server);
            throw StartupFailure.OfDatabase(
                $"The embedded PostgreSQL in '{folder.Root}' gave no answer within {StartPatience.TotalSeconds:0} s: {server.LastWords}");
        }

        await answers;
    }

    private async Task UntilAnswersAsync(CancellationToken cancel)
    {
        var settings = new NpgsqlConnectionStringBuilder(ConnectionTo("postgres")) { Pooling = false, Timeout = 10 }.ConnectionString;
        while (true)
        {
            try
            {
                await using var connection = new NpgsqlConnection(settings);
                await connection.OpenAsync(cancel);
                return;
            }
            catch (NpgsqlException e) when (e is not PostgresException { SqlState: not PostgresErrorCodes.CannotConnectNow })
            {
                await Task.Delay(TimeSpan.FromMilliseconds(100), time, cancel);
            }
        }
    }

    private async Task CreateDatabaseAsync(CancellationToken cancel)
    {
        await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(ConnectionTo("postgres")) { Pooling = false }.ConnectionString);
        await connection.OpenAsync(cancel);
        await using var exists = new NpgsqlCommand($"select 1 from pg_database where datname = '{Database}'", connection);
        if (await exists.ExecuteScalarAsync(cancel) is null)
        {
            await using var create = new NpgsqlCommand($"create database {Database}", connection);
            await create.ExecuteNonQueryAsync(cancel);
        }
    }

    // A server that ends by itself is brought back for as long as the tower runs: meanwhile every caller gets errors and retries.
    private async Task WatchAsync()
    {
        var pause = TimeSpan.FromMilliseconds(200);
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                await server!.Exited.WaitAsync(stopping.Token);
                Log.Died(log, server.Id, server.ExitCode);
                await LaunchAsync(stopping.Token);
                pause = TimeSpan.FromMilliseconds(200);
                Log.Restarted(log, server.Id);
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                // Right after a kill its children may still hold the shared memory, and a disk may be full for long.
                Log.RestartFailed(log, e.Message, pause.TotalSeconds);
                await Task.Delay(pause, time, stopping.Token).ContinueWith(_ => { }, TaskScheduler.Default);
                pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
            }
        }
    }

    private void Report(string line)
    {
        if (line.Contains("PANIC:", StringComparison.Ordinal) || line.Contains("LOG:  server process", StringComparison.Ordinal))
        {
            Log.ServerTrouble(log, line);
        }
        else
        {
            Log.ServerLine(log, line);
        }
    }

    private static InvalidOperationException NotStarted() => new("The embedded PostgreSQL has not been started.");

    private static partial class Log
    {
        [LoggerMessage(1010, LogLevel.Information, "Creating the embedded PostgreSQL {Version} in {Folder}")]
        public static partial void Creating(ILogger logger, string version, string folder);

        [LoggerMessage(1011, LogLevel.Information, "Embedded PostgreSQL {Version} is ready on {Where}, process {Process}")]
        public static partial void Ready(ILogger logger, string version, string where, int process);

        [LoggerMessage(1012, LogLevel.Warning, "Stopped PostgreSQL process {Process}, which a killed tower had left behind")]
        public static partial void StoppedOrphan(ILogger logger, int process);

        [LoggerMessage(1013, LogLevel.Error, "Embedded PostgreSQL, process {Process}, ended by itself with code {Code}; starting it again")]
        public static partial void Died(ILogger logger, int process, int code);

        [LoggerMessage(1014, LogLevel.Warning, "Embedded PostgreSQL runs again, process {Process}")]
        public static partial void Restarted(ILogger logger, int process);

        [LoggerMessage(1015, LogLevel.Error, "Embedded PostgreSQL could not be started again, next try in {Seconds} s: {Reason}")]
        public static partial void RestartFailed(ILogger logger, string reason, double seconds);

        [LoggerMessage(1016, LogLevel.Information, "Embedded PostgreSQL stopped")]
        public static partial void Stopped(ILogger logger);

        [LoggerMessage(1017, LogLevel.Warning, "Embedded PostgreSQL did not stop within {Seconds} s; stopping it at once, the next start recovers from its log")]
        public static partial void SlowStop(ILogger logger, double seconds);

        [LoggerMessage(1018, LogLevel.Error, "PostgreSQL: {Line}")]
        public static partial void ServerTrouble(ILogger logger, string line);

        [LoggerMessage(1019, LogLevel.Debug, "PostgreSQL: {Line}")]
        public static partial void ServerLine(ILogger logger, string line);
    }
}
