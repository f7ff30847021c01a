namespace ControlTower.Data.Db;

/// <summary>
/// The tower cannot start, for a reason that the person who starts it can mend. <see cref="Exception.Message"/> is the whole text to show:
/// what is wrong and what to do, without secrets. The process ends with <see cref="ExitCode"/> and no stack trace.
/// </summary>
public sealed class StartupFailure(int exitCode, string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>The configuration is wrong; the message lists every problem.</summary>
    public const int Configuration = 2;

    /// <summary>The database is missing, unreachable, too old, unsafe, in use, or could not be migrated.</summary>
    public const int Database = 3;

    /// <summary>Another program already listens on the address to serve.</summary>
    public const int Address = 4;

    public int ExitCode { get; } = exitCode;

    public static StartupFailure OfDatabase(string message, Exception? inner = null) => new(Database, message, inner);
}
