using System.Runtime.InteropServices;

namespace ControlTower.Data.Db.Embedded;

/// <summary>What .NET does not offer on Unix: signals other than KILL, and ownership.</summary>
internal static partial class NativeCalls
{
    /// <summary>Fast shutdown of PostgreSQL: sessions are ended, a checkpoint is written.</summary>
    public const int Interrupt = 2;

    /// <summary>Immediate shutdown of PostgreSQL: the next start recovers from the log.</summary>
    public const int Quit = 3;

    public static bool Signal(int process, int signal) => Kill(process, signal) == 0;

    /// <summary>Gives a file or folder, and all within it, to an account.</summary>
    public static void Own(string path, OsAccount account)
    {
        OwnOne(path, account);
        if (Directory.Exists(path))
        {
            foreach (var entry in Directory.EnumerateFileSystemEntries(path, "*", SearchOption.AllDirectories))
            {
                OwnOne(entry, account);
            }
        }
    }

    private static void OwnOne(string path, OsAccount account)
    {
        if (LChown(path, account.UserId, account.GroupId) != 0)
        {
            throw new IOException($"Cannot give '{path}' to the user {account.Name} (error {Marshal.GetLastPInvokeError()}).");
        }
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Kill(int process, int signal);

    [LibraryImport("libc", EntryPoint = "lchown", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int LChown(string path, uint user, uint group);
}
