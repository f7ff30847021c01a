using Npgsql;

namespace ControlTower.Data.Db;

/// <summary>Says in one sentence why the database cannot be used and what to do about it. Never repeats a password.</summary>
internal static class ConnectionTrouble
{
    public static StartupFailure Explain(NpgsqlException error, string connectionString)
    {
        var target = new NpgsqlConnectionStringBuilder(connectionString);
        var where = target.Host?.StartsWith('/') == true ? target.Host : $"{target.Host}:{target.Port}";
        return StartupFailure.OfDatabase(error is PostgresException answer ? OfServer(answer, target, where) : OfNetwork(error, where), error);
    }

    private static string OfServer(PostgresException error, NpgsqlConnectionStringBuilder target, string where) => error.SqlState switch
    {
        PostgresErrorCodes.InvalidPassword or PostgresErrorCodes.InvalidAuthorizationSpecification =>
            $"PostgreSQL at {where} refuses the user '{target.Username}' ({error.SqlState}). Correct Username and Password in Database:ConnectionString.",
        PostgresErrorCodes.InvalidCatalogName =>
            $"PostgreSQL at {where} has no database '{target.Database}'. Create it (createdb -E UTF8 {target.Database}), or correct Database:ConnectionString.",
        PostgresErrorCodes.InsufficientPrivilege =>
            $"The user '{target.Username}' may not set up the database '{target.Database}': {error.MessageText}. "
            + $"Make it the owner: alter database {target.Database} owner to {target.Username}.",
        PostgresErrorCodes.TooManyConnections =>
            $"PostgreSQL at {where} has no connection left. Raise max_connections (a node takes up to 60), or end other sessions.",
        PostgresErrorCodes.CannotConnectNow =>
            $"PostgreSQL at {where} does not accept connections yet: {error.MessageText}. Look at its log and start again.",
        _ => $"PostgreSQL at {where} answered: {error.MessageText} ({error.SqlState}). Correct the cause and start again.",
    };

    private static string OfNetwork(NpgsqlException error, string where)
    {
        var reason = (error.InnerException ?? error).Message.TrimEnd('.');
        return $"No PostgreSQL answers at {where}: {reason}. Start it, correct Database:ConnectionString, "
            + "or remove that setting to use the embedded PostgreSQL.";
    }
}
