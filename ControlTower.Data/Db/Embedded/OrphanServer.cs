using System.Diagnostics;
using System.Globalization;

namespace ControlTower.Data.Db.Embedded;

/// <summary>
/// A server that outlived its tower (killed with -9). It is stopped, not adopted: the new tower then watches a child of its own, and a
/// readiness poll can never mistake the old server for the new one.
/// </summary>
internal static class OrphanServer
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    /// <returns>The id of the stopped process, or null if there was none.</returns>
    /// <remarks>Call only as owner of the folder: then whoever still serves the data has no living tower.</remarks>
    public static async Task<int?> StopAsync(string data, TimeProvider time, CancellationToken cancel)
    {
        if (Find(data) is not { } process)
        {
            return null;
        }

        using (process)
        {
            foreach (var signal in new[] { NativeCalls.Interrupt, NativeCalls.Quit })
            {
                NativeCalls.Signal(process.Id, signal);
                try
                {
                    await process.WaitForExitAsync(cancel).WaitAsync(Patience, time, cancel);
                    return process.Id;
                }
                catch (TimeoutException)
                {
                    // The fast stop waits for a checkpoint; the immediate one, next, waits for nothing.
                }
            }

            throw StartupFailure.OfDatabase($"A PostgreSQL of an earlier run (process {process.Id}) still serves '{data}' and does not stop. "
                + $"End it (kill -QUIT {process.Id}) and start again.");
        }
    }

    // postmaster.pid may be stale and its number reused by a stranger: only a postgres started on this very folder is ours.
    private static Process? Find(string data)
    {
        var file = Path.Combine(data, "postmaster.pid");
        if (!File.Exists(file)
            || !int.TryParse(File.ReadLines(file).FirstOrDefault()?.Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var id))
        {
            return null;
        }

        try
        {
            var command = File.ReadAllText($"/proc/{id}/cmdline").Split('\0');
            return Path.GetFileName(command[0]) == "postgres" && command.Contains(data) ? Process.GetProcessById(id) : null;
        }
        catch (Exception e) when (e is IOException or ArgumentException or UnauthorizedAccessException)
        {
            return null; // Gone.
        }
    }
}
