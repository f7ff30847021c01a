using Npgsql;

namespace ControlTower.Data.Db;

/// <summary>
/// Tells errors of the way to the database, or of its state, from errors that lie in what was to be written. The first say nothing about the work in hand: it is as good as
/// untried. The second come back however often the same is tried.
/// </summary>
public static class DatabaseTrouble
{
    public static bool Is(Exception error) => error switch
    {
        PostgresException answer => answer.IsTransient || OfState(answer.SqlState),
        NpgsqlException or OperationCanceledException or TimeoutException or ObjectDisposedException => true,
        _ => false,
    };

    // Operator intervention (shutdown, statement timeout), a session ended for idling in a transaction, a standby.
    private static bool OfState(string state) => state.StartsWith("57", StringComparison.Ordinal) || state is "25P03" or "25006";
}
