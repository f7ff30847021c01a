using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;

namespace ControlTower.Tests.Support;

/// <summary>The tower as a process of its own on a free loopback port, for tests that kill it. Killed at disposal if it still runs.</summary>
public sealed class TowerProcess : IAsyncDisposable
{
    private const string Listening = "Now listening on: ";

    private readonly Process process;
    private readonly ConcurrentQueue<string> output = new();
    private readonly ConcurrentQueue<string> errors = new();
    private readonly TaskCompletionSource<Uri> address = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private TowerProcess(Process process)
    {
        this.process = process;
        process.OutputDataReceived += (_, e) => Read(output, e.Data);
        process.ErrorDataReceived += (_, e) => Read(errors, e.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    public int Id => process.Id;

    /// <summary>Everything written to standard output until now.</summary>
    public string Output => string.Join('\n', output);

    /// <summary>Everything written to standard error until now.</summary>
    public string Errors => string.Join('\n', errors);

    /// <summary>Starts without waiting.</summary>
    /// <param name="settings">As on the command line: <c>("Database:DataDirectory", folder)</c>.</param>
    public static TowerProcess Launch(params (string Key, string Value)[] settings)
    {
        var program = Path.Combine(AppContext.BaseDirectory, "ControlTower.Web.dll");
        var start = new ProcessStartInfo("dotnet", [program, "--urls", "http://127.0.0.1:0", "--Tower:AllowPlainKeys=true", .. settings.Select(s => $"--{s.Key}={s.Value}")])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = AppContext.BaseDirectory,
        };
        return new TowerProcess(Process.Start(start)!);
    }

    /// <summary>Starts and waits until it listens; fails with its last words if it ends before.</summary>
    public static async Task<(TowerProcess Tower, Uri Address)> StartAsync(CancellationToken cancel, params (string Key, string Value)[] settings)
    {
        var tower = Launch(settings);
        try
        {
            return (tower, await tower.AddressAsync(cancel));
        }
        catch
        {
            await tower.DisposeAsync();
            throw;
        }
    }

    public async Task<Uri> AddressAsync(CancellationToken cancel)
    {
        var ended = process.WaitForExitAsync(cancel);
        if (await Task.WhenAny(address.Task, ended).WaitAsync(TimeSpan.FromMinutes(2), cancel) == ended)
        {
            throw new InvalidOperationException($"The tower ended with {process.ExitCode}: {Errors}\n{Output}");
        }

        return await address.Task;
    }

    /// <summary>As by <c>kill -9</c>: nothing is said goodbye to.</summary>
    public async Task KillAsync()
    {
        process.Kill();
        await process.WaitForExitAsync();
    }

    /// <summary>Asks it to stop (SIGTERM), waits, and returns its exit code.</summary>
    public async Task<int> StopAsync(CancellationToken cancel)
    {
        using (var kill = Process.Start("kill", ["-TERM", Id.ToString(CultureInfo.InvariantCulture)]))
        {
            await kill.WaitForExitAsync(cancel);
        }

        return await ExitCodeAsync(cancel);
    }

    public async Task<int> ExitCodeAsync(CancellationToken cancel)
    {
        await process.WaitForExitAsync(cancel).WaitAsync(TimeSpan.FromMinutes(2), cancel);
        return process.ExitCode;
    }

    /// <summary>Completes when it is no more, whatever ended it.</summary>
    public Task EndedAsync(CancellationToken cancel) => process.WaitForExitAsync(cancel);

    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited)
        {
            await KillAsync();
        }

        process.Dispose();
    }

    private void Read(ConcurrentQueue<string> lines, string? line)
    {
        if (line is null)
        {
            return;
        }

        lines.Enqueue(line);
        // The line is JSON or plain, as the log is set.
        var at = line.IndexOf(Listening, StringComparison.Ordinal);
        if (at >= 0)
        {
            address.TrySetResult(new Uri(line[(at + Listening.Length)..].Split('"')[0].Trim()));
        }
    }
}
