using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text.Json;

namespace ControlTower.Data.Db.Embedded;

/// <summary>
/// The folder of one embedded cluster: the data, the socket, the password, and the lock of the one process that owns it.
/// </summary>
internal sealed class ClusterFolder : IDisposable
{
    // The kernel's limit for the path of a socket is 107 bytes.
    private const int LongestSocketFolder = 107 - 15;

    // EWOULDBLOCK, which .NET passes on when another process holds the lock of a file.
    private const int WouldBlock = 11;

    private readonly string asked;
    private readonly FileStream ownership;

    private ClusterFolder(string asked, string root, FileStream ownership)
    {
        this.asked = asked;
        Root = root;
        this.ownership = ownership;
        State = File.Exists(StateFile)
            ? JsonSerializer.Deserialize<ClusterState>(File.ReadAllText(StateFile)) ?? new ClusterState()
            : new ClusterState();
    }

    public string Root { get; }

    public string Data => Path.Combine(Root, "cluster");

    public string Sockets => Path.Combine(Root, "run");

    public ClusterState State { get; private set; }

    public bool HasCluster => File.Exists(Path.Combine(Data, "PG_VERSION"));

    public int? Major => HasCluster ? int.Parse(File.ReadAllText(Path.Combine(Data, "PG_VERSION")).Trim(), CultureInfo.InvariantCulture) : null;

    public bool SocketsFit => System.Text.Encoding.UTF8.GetByteCount(Sockets) <= LongestSocketFolder;

    private string StateFile => Path.Combine(Root, "state.json");

    private string PasswordFile => Path.Combine(Root, "password");

    /// <summary>Takes the folder for this process until disposed, also against another tower that has not yet started its server.</summary>
    /// <exception cref="StartupFailure">Another living process owns it, or it cannot be written.</exception>
    public static ClusterFolder Own(string wanted)
    {
        var asked = Path.GetFullPath(wanted);
        var owner = Path.Combine(asked, "owner.pid");
        try
        {
            Directory.CreateDirectory(asked);
            var ownership = new FileStream(Path.Combine(asked, "owner.lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            File.WriteAllText(owner, Environment.ProcessId.ToString(CultureInfo.InvariantCulture));
            return new ClusterFolder(asked, Reachable(asked), ownership);
        }
        catch (IOException e) when (e.HResult == WouldBlock)
        {
            var who = File.Exists(owner) ? $" (process {File.ReadAllText(owner).Trim()})" : "";
            throw StartupFailure.OfDatabase($"The data directory '{asked}' is in use by another ControlTower{who}. "
                + "Stop that one (./tower down), or set Database:DataDirectory to another folder.", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw StartupFailure.OfDatabase($"The folder '{asked}' cannot be written: {e.Message} Set Database:DataDirectory to one that can.", e);
        }
    }

    /// <summary>Kept beside the data, readable by its owner only; made on the first call.</summary>
    public string Password()
    {
        if (File.Exists(PasswordFile) && File.ReadAllText(PasswordFile).Trim() is { Length: > 0 } known)
        {
            return known;
        }

        if (HasCluster)
        {
            throw StartupFailure.OfDatabase($"The password of the embedded PostgreSQL is missing. Put back '{PasswordFile}', "
                + "or set Database:DataDirectory to an empty folder to begin anew.");
        }

        var password = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(24));
        WritePrivately(PasswordFile, password);
        return password;
    }

    /// <summary>The remembered port if it is still free, else another free one, which is then remembered.</summary>
    public int ChoosePort()
    {
        if (State.Port is { } known && IsFree(known))
        {
            return known;
        }

        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        Remember(State with { Port = port });
        return port;
    }

    public void Remember(ClusterState state)
    {
        State = state;
        File.WriteAllText(StateFile, JsonSerializer.Serialize(state));
    }

    /// <summary>Leaves the way to the database for other programs of the same user, in the folder that was asked for.</summary>
    public void Publish(string connectionString)
    {
        WritePrivately(Path.Combine(asked, "connection"), connectionString);
    }

    public void Dispose() => ownership.Dispose();

    private static void WritePrivately(string path, string text)
    {
        var options = new FileStreamOptions
        {
            Mode = FileMode.Create,
            Access = FileAccess.Write,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        };
        using var writer = new StreamWriter(path, options);
        writer.Write(text);
    }

    // Root's own folders are closed to the account that runs the server (a checkout in /root, say). /var/lib is where such data belongs.
    // The name is new for each new data directory, so that deleting that one begins anew, as it does everywhere else.
    private static string Reachable(string asked)
    {
        if (!Environment.IsPrivilegedProcess)
        {
            return asked;
        }

        // Whatever the umask: the account that runs the server passes through here.
        Open(asked);
        var note = Path.Combine(asked, "location");
        if (!File.Exists(note))
        {
            if (OsAccount.FirstClosedFolder(asked) is not { } closed)
            {
                return asked;
            }

            if (File.Exists(Path.Combine(asked, "cluster", "PG_VERSION")))
            {
                throw StartupFailure.OfDatabase(
                    $"The server's user can no longer enter '{closed}' on the way to its data in '{asked}'. Allow it: chmod o+x '{closed}'");
            }

            WritePrivately(note, Path.Combine("/var/lib/controltower", Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(6))));
        }

        var root = File.ReadAllText(note).Trim();
        Directory.CreateDirectory(root);
        Open(Path.GetDirectoryName(root)!);
        Open(root);
        return root;

        static void Open(string folder) => File.SetUnixFileMode(folder, File.GetUnixFileMode(folder) | UnixFileMode.OtherExecute);
    }

    private static bool IsFree(int port)
    {
        try
        {
            using var listener = new TcpListener(IPAddress.Loopback, port);
            listener.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}

/// <summary>What must be the same at the next start.</summary>
/// <param name="Account">User who owns the cluster's files.</param>
/// <param name="Port">Loopback port last used.</param>
internal sealed record ClusterState(string? Account = null, int? Port = null);
