using System.Diagnostics;
using Npgsql;

namespace ControlTower.Data.Db;

/// <summary>
/// The connection pools of one node, one per kind of work, so that none can starve another. Every session carries limits that free its
/// locks within seconds when this node freezes or its network goes away; holding a transaction open over an outside call breaks it.
/// </summary>
public sealed class TowerDataSources : IAsyncDisposable
{
    // Server-side: a black-holed client is noticed after about 8 s, a frozen one inside a transaction after 5 s.
    private const string FreeLocks =
        "-c tcp_keepalives_idle=5 -c tcp_keepalives_interval=2 -c tcp_keepalives_count=2 -c tcp_user_timeout=8000"
        + " -c idle_in_transaction_session_timeout=5000";

    // Compiling a plan to machine code takes longer than any statement of the tower may: it pays for reports over minutes.
    private const string Plans = "-c jit=off";

    public TowerDataSources(string connectionString)
    {
        ConnectionString = connectionString;
        // A driver that waits for a dead server gives up after Command Timeout + 2 x Timeout; senders of webhooks wait 5 s at most.
        Ingress = Build("controltower ingress", maxPool: 8, timeout: 1, command: 2, "-c statement_timeout=2500 -c lock_timeout=2000");
        Work = Build("controltower work", maxPool: 30, timeout: 3, command: 15, "-c statement_timeout=20000 -c lock_timeout=7000");
        Read = Build("controltower read", maxPool: 16, timeout: 3, command: 10,
            "-c statement_timeout=12000 -c lock_timeout=3000 -c default_transaction_read_only=on");
        Jobs = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(connectionString)
        {
            ApplicationName = "controltower jobs", MaxPoolSize = 12, Timeout = 5, CommandTimeout = 15, Enlist = false,
            NoResetOnClose = true, // Hangfire leaves no state in a session either.
        });
    }

    /// <summary>As configured, without the limits of the pools. Holds the password.</summary>
    public string ConnectionString { get; }

    /// <summary>For accepting webhooks only: small, and gives up within 4 s whatever happens.</summary>
    public NpgsqlDataSource Ingress { get; }

    /// <summary>For pumps, jobs and commands of people. Statements end after 15 s; waiting for a lock after 7 s, by when a frozen holder has lost it.</summary>
    public NpgsqlDataSource Work { get; }

    /// <summary>Hangfire's own, so that its many small queries never take a connection from the pumps.</summary>
    public NpgsqlDataSource Jobs { get; }

    /// <summary>For screens and read APIs. Its transactions are read only: a write fails with 25006.</summary>
    public NpgsqlDataSource Read { get; }

    /// <summary>
    /// Lets go of the sessions that write. A session keeps for life what the database told it at its beginning, such as that it only reads; the next ones ask anew.
    /// </summary>
    public void Renew()
    {
        Ingress.Clear();
        Work.Clear();
        Jobs.Clear();
    }

    public async ValueTask DisposeAsync()
    {
        await Ingress.DisposeAsync();
        await Work.DisposeAsync();
        await Read.DisposeAsync();
        await Jobs.DisposeAsync();
    }

    private NpgsqlDataSource Build(string name, int maxPool, int timeout, int command, string limits)
    {
        var settings = new NpgsqlConnectionStringBuilder(ConnectionString)
        {
            ApplicationName = name,
            MaxPoolSize = maxPool,
            Timeout = timeout,
            CommandTimeout = command,
            CancellationTimeout = 1000,
            // What a pooled session is reset with are seven statements each time it is taken: dearer than most of what it is taken for. Nothing here leaves state in a session; a
            // transaction that was left open is rolled back all the same.
            NoResetOnClose = true,
            MaxAutoPrepare = 64,
            AutoPrepareMinUsages = 3,
        };
        if (settings.Host?.StartsWith('/') is false)
        {
            settings.TcpKeepAlive = true; // A Unix socket has none to set, and the driver then fails to connect.
            settings.TcpKeepAliveTime = 5;
            settings.TcpKeepAliveInterval = 2;
        }

        settings.Options = string.Join(' ', new[] { settings.Options, FreeLocks, Plans, limits }.Where(o => !string.IsNullOrWhiteSpace(o)));
        // Pumps look for work all the time: a statement is traced only as part of something.
        return new NpgsqlDataSourceBuilder(settings.ConnectionString)
            .ConfigureTracing(tracing => tracing.ConfigureCommandFilter(_ => Activity.Current is not null).ConfigureBatchFilter(_ => Activity.Current is not null))
            .Build();
    }
}
