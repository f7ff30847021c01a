using System.Globalization;

namespace ControlTower.Tests.Support;

/// <summary>Scratch folders named after the process that made them, so that a later run can clear what a killed one left.</summary>
public static class TestFolders
{
    private const string Prefix = "controltower-test-";

    // Root's server runs as another user, who must be able to enter every folder on the way.
    private static readonly string parent = new[] { Path.GetTempPath(), "/tmp", "/var/tmp" }.FirstOrDefault(OthersMayEnter) ?? Path.GetTempPath();

    private const string Memory = "/dev/shm";
    private const long Gigabyte = 1L << 30;

    public static string Create(string what) => CreateIn(parent, what);

    /// <summary>
    /// In memory where there is plenty of it, else as <see cref="Create"/>: a database is a thousand small files, and making them is most of what a new one costs on a disk.
    /// For what need not survive its server.
    /// </summary>
    public static string CreateFast(string what) => CreateIn(MemoryIsPlenty() ? Memory : parent, what);

    public static void Remove(string folder)
    {
        if (Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    public static void RemoveAbandoned()
    {
        foreach (var folder in new[] { parent, Memory }.Where(Directory.Exists).SelectMany(place => Directory.EnumerateDirectories(place, Prefix + "*")))
        {
            var owner = Path.GetFileName(folder)[Prefix.Length..].Split('-')[0];
            if (int.TryParse(owner, NumberStyles.None, CultureInfo.InvariantCulture, out var process) && !Directory.Exists($"/proc/{process}"))
            {
                TryRemove(folder);
            }
        }
    }

    private static string CreateIn(string place, string what)
    {
        // Short: a Unix socket below it must fit into 107 bytes.
        var folder = Path.Combine(place, $"{Prefix}{Environment.ProcessId}-{what}-{Guid.NewGuid().ToString("N")[..6]}");
        Directory.CreateDirectory(folder);
        return folder;
    }

    // Two gigabytes of log and the databases of the tests that run at once; and as much again for the towers and browsers.
    private static bool MemoryIsPlenty() =>
        Directory.Exists(Memory) && OthersMayEnter(Memory) && new DriveInfo(Memory).AvailableFreeSpace > 5 * Gigabyte && GC.GetGCMemoryInfo().TotalAvailableMemoryBytes > 10 * Gigabyte;

    private static bool OthersMayEnter(string path)
    {
        for (var folder = new DirectoryInfo(path); folder is not null; folder = folder.Parent)
        {
            if (!folder.Exists || (File.GetUnixFileMode(folder.FullName) & UnixFileMode.OtherExecute) == UnixFileMode.None)
            {
                return false;
            }
        }

        return true;
    }

    private static void TryRemove(string folder)
    {
        try
        {
            Directory.Delete(folder, recursive: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Another run is clearing it at this moment, or it belongs to another user.
        }
    }
}
