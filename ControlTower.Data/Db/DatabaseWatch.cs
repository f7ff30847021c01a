using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace ControlTower.Data.Db;

/// <summary>
/// Whether this node reaches its database, as its endless loops find out. One warning when it goes and one line when it is back, however many loops notice and however often they try.
/// </summary>
public sealed partial class DatabaseWatch(TowerDataSources data, TimeProvider clock, ILogger<DatabaseWatch> log)
{
    // While some loops still fail, one that succeeds is no proof; else the two lines would take turns.
    private static readonly TimeSpan Settled = TimeSpan.FromSeconds(3);

    private readonly Lock gate = new();
    private long? since;
    private long missedAt;

    public bool IsAway
    {
        get
        {
            lock (gate)
            {
                return since is not null;
            }
        }
    }

    /// <summary>True if the error means that the database cannot be used: it is taken note of, and the caller says nothing and tries again later. False if it is anything else.</summary>
    /// <param name="who">The loop that noticed, for the warning.</param>
    public bool Missed(string who, Exception error)
    {
        if (!IsAbsence(error))
        {
            return false;
        }

        if (error is PostgresException { SqlState: PostgresErrorCodes.ReadOnlySqlTransaction })
        {
            data.Renew();
        }

        lock (gate)
        {
            missedAt = clock.GetTimestamp();
            if (since is null)
            {
                since = missedAt;
                Gone(log, who, error.Message);
            }
        }

        return true;
    }

    /// <summary>The database has just answered.</summary>
    public void Reached()
    {
        lock (gate)
        {
            if (since is { } began && clock.GetElapsedTime(missedAt) >= Settled)
            {
                since = null;
                Back(log, (int)clock.GetElapsedTime(began).TotalSeconds);
            }
        }
    }

    private static bool IsAbsence(Exception error) => error switch
    {
        // Shutting down or starting up, out of connections, memory or disk, the connection itself; read only is a standby.
        PostgresException answer => answer.SqlState is "25006" || answer.SqlState[..2] is "08" or "53" || answer.SqlState.StartsWith("57P", StringComparison.Ordinal),
        NpgsqlException or TimeoutException or SocketException => true,
        _ => false,
    };

    [LoggerMessage(EventId = 1111, Level = LogLevel.Warning, Message = "The database cannot be used ({Who}: {Reason}). Everything waits and is tried again")]
    private static partial void Gone(ILogger log, string who, string reason);

    [LoggerMessage(EventId = 1112, Level = LogLevel.Information, Message = "The database answers again after {Seconds} s")]
    private static partial void Back(ILogger log, int seconds);
}
