using System.Globalization;

namespace ControlTower.Data.Db.Embedded;

/// <summary>A user of this machine. PostgreSQL refuses to run as root, so a tower started by root hands the cluster to one of these.</summary>
internal sealed record OsAccount(string Name, uint UserId, uint GroupId)
{
    // A dedicated account keeps the cluster out of reach of other services; nobody exists everywhere.
    private static readonly string[] Preferred = ["controltower", "postgres", "nobody"];

    /// <summary>The account to run PostgreSQL as; null when the own one will do.</summary>
    public static OsAccount? ForServer(string? owner)
    {
        if (!Environment.IsPrivilegedProcess)
        {
            return owner is null || owner == Environment.UserName ? null : throw StartupFailure.OfDatabase(
                $"The embedded PostgreSQL's data belongs to the user {owner}, and this is {Environment.UserName}. "
                + "Start the tower as the user who started it first, or set Database:DataDirectory to another folder.");
        }

        var known = File.ReadLines("/etc/passwd").Select(Parse).OfType<OsAccount>().ToDictionary(a => a.Name, StringComparer.Ordinal);
        var names = owner is null ? Preferred : [owner];
        return names.Select(known.GetValueOrDefault).FirstOrDefault(a => a is { UserId: > 0 }) ?? throw StartupFailure.OfDatabase(
            $"PostgreSQL does not run as root, and this machine has no user {string.Join(", ", names)}. "
            + "Create one (useradd --system controltower), or start the tower as an ordinary user.");
    }

    /// <summary>
    /// The first folder on the way to <paramref name="path"/> that others may not enter, or null. Looks at the permissions for others only,
    /// which is what holds for an account that owns nothing here.
    /// </summary>
    public static string? FirstClosedFolder(string path)
    {
        var closed = default(string);
        for (var folder = new DirectoryInfo(Path.GetFullPath(path)); folder is not null; folder = folder.Parent)
        {
            if (folder.Exists && (File.GetUnixFileMode(folder.FullName) & UnixFileMode.OtherExecute) == UnixFileMode.None)
            {
                closed = folder.FullName;
            }
        }

        return closed;
    }

    private static OsAccount? Parse(string line) =>
        line.Split(':') is [var name, _, var user, var group, ..]
        && uint.TryParse(user, NumberStyles.None, CultureInfo.InvariantCulture, out var userId)
        && uint.TryParse(group, NumberStyles.None, CultureInfo.InvariantCulture, out var groupId)
            ? new OsAccount(name, userId, groupId)
            : null;
}
