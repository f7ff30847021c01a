namespace ControlTower.Data.Db;

/// <summary>Section <c>Database</c>. Without a connection string the tower runs a PostgreSQL of its own in <see cref="DataDirectory"/>.</summary>
public sealed class DatabaseOptions
{
    public const string Section = "Database";

    /// <summary>An existing PostgreSQL 15 to 18. Empty: the embedded one.</summary>
    public string? ConnectionString { get; set; }

    /// <summary>Where the embedded PostgreSQL keeps its cluster, password and lock. Relative paths start at the working directory.</summary>
    public string DataDirectory { get; set; } = ".data/postgres";

    /// <summary>Folder with <c>postgres</c> and <c>initdb</c>. Empty: searched for.</summary>
    public string? BinDirectory { get; set; }

    /// <summary>Loopback port of the embedded PostgreSQL. Empty: a Unix socket in the data directory, or a free port where its path is too long.</summary>
    public int? Port { get; set; }

    /// <summary>Start although fsync, full_page_writes or synchronous_commit is off. Acknowledged orders can then be lost. For tests only.</summary>
    public bool AllowUnsafeSettings { get; set; }
}
