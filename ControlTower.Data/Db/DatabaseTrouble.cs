using System.Data.Common;
using Npgsql;

namespace ControlTower.Data.Db;

/// <summary>What an error says about the database, told without the caller knowing who talks to it.</summary>
public static class DatabaseTrouble
{
    /// <summary>
    /// True if the database could not be reached, did not answer in time or refused. A read may be asked again; of a write it is not certain whether it was done:
    /// look before it is repeated.
    /// </summary>
    public static bool Is(Exception error) => error is DbException or TimeoutException;

    /// <summary>
    /// True if the error lies in the way to the database or in its state. It says nothing about the work in hand, which is as good as untried; an error that lies in what was to be
    /// written comes back however often the same is tried.
    /// </summary>
    public static bool IsOfTheWay(Exception error) => error switch
    {
        PostgresException answer => answer.IsTransient || OfState(answer.SqlState),
        NpgsqlException or OperationCanceledException or TimeoutException or ObjectDisposedException => true,
        _ => false,
    };

    // Operator intervention (shutdown, statement timeout), a session ended for idling in a transaction, a standby.
    private static bool OfState(string state) => state.StartsWith("57", StringComparison.Ordinal) || state is "25P03" or "25006";
}
