using System.Diagnostics;
using System.Globalization;

namespace ControlTower.Data.Db.Embedded;

/// <summary>One run of a PostgreSQL program as the account that owns the cluster, with its last words kept for a failure message.</summary>
internal sealed class PostgresProcess : IDisposable
{
    private const int KeptLines = 12;

    private readonly Process process;
    private readonly Queue<string> tail = new();
    private readonly Action<string>? onLine;

    private PostgresProcess(Process process, Action<string>? onLine)
    {
        this.process = process;
        Id = process.Id;
        this.onLine = onLine;
        process.OutputDataReceived += Keep;
        process.ErrorDataReceived += Keep;
        // Undrained pipes would block the server once they are full.
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        Exited = process.WaitForExitAsync(CancellationToken.None);
    }

    public int Id { get; }

    public int ExitCode => process.ExitCode;

    /// <summary>Completes when the process has ended and all its output is read.</summary>
    public Task Exited { get; }

    public string LastWords
    {
        get
        {
            lock (tail)
            {
                return string.Join(Environment.NewLine, tail);
            }
        }
    }

    /// <param name="account">User to run as; null: the own one.</param>
    /// <param name="folder">Working directory; the account must be able to enter it.</param>
    public static PostgresProcess Start(string program, IEnumerable<string> arguments, OsAccount? account, string folder, Action<string>? onLine = null)
    {
        // A session of its own: Ctrl-C in the terminal must not stop the database before the workers that still write.
        const string newSession = "/usr/bin/setsid";
        var start = File.Exists(newSession) ? new ProcessStartInfo(newSession, [program, .. arguments]) : new ProcessStartInfo(program, arguments);
        start.UseShellExecute = false;
        start.WorkingDirectory = folder;
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        if (account is not null)
        {
            start.UserName = account.Name;
        }

        // The server has no use for our environment, which may hold secrets.
        start.Environment.Clear();
        start.Environment["PATH"] = "/usr/local/bin:/usr/bin:/bin";
        start.Environment["LC_ALL"] = "C.UTF-8";
        start.Environment["TZ"] = "UTC";
        return new PostgresProcess(Process.Start(start) ?? throw new InvalidOperationException($"{program} did not start."), onLine);
    }

    public bool HasExited => process.HasExited;

    public void Signal(int signal)
    {
        if (!process.HasExited)
        {
            NativeCalls.Signal(Id, signal);
        }
    }

    public void Dispose() => process.Dispose();

    public string Describe() => string.Create(CultureInfo.InvariantCulture, $"exit code {ExitCode}: {LastWords}");

    private void Keep(object sender, DataReceivedEventArgs e)
    {
        if (e.Data is not { Length: > 0 } line)
        {
            return;
        }

        lock (tail)
        {
            tail.Enqueue(line);
            if (tail.Count > KeptLines)
            {
                tail.Dequeue();
            }
        }

        onLine?.Invoke(line);
    }
}
