using System.Globalization;

namespace ControlTower.Data.Db.Embedded;

/// <summary>The settings every start passes, stronger than anything in the cluster's own files.</summary>
internal static class ServerArguments
{
    public static IEnumerable<string> For(ClusterFolder folder, int? port, bool durable)
    {
        yield return "-D";
        yield return folder.Data;
        foreach (var (name, value) in Settings(folder, port, durable))
        {
            yield return "-c";
            yield return $"{name}={value}";
        }
    }

    private static IEnumerable<(string Name, string Value)> Settings(ClusterFolder folder, int? port, bool durable)
    {
        var safety = durable ? "on" : "off";
        yield return ("fsync", safety);
        yield return ("full_page_writes", safety);
        yield return ("synchronous_commit", safety);
        yield return ("listen_addresses", port is null ? "" : "127.0.0.1");
        yield return ("port", (port ?? 5432).ToString(CultureInfo.InvariantCulture));
        yield return ("unix_socket_directories", port is null ? folder.Sockets : "");
        yield return ("unix_socket_permissions", "0700");
        yield return ("max_connections", "300");
        yield return ("shared_buffers", "256MB");
        yield return ("wal_compression", "on");
        yield return ("max_wal_size", "2GB");
        yield return ("password_encryption", "scram-sha-256");
        yield return ("timezone", "UTC");
        yield return ("logging_collector", "off");
        yield return ("log_destination", "stderr");
        // Statements and key values name customers: the log tells that something failed, not with which values.
        yield return ("log_min_error_statement", "panic");
        yield return ("log_error_verbosity", "terse");
        yield return ("log_statement", "none");
    }
}
