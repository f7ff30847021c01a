using System.Diagnostics;

namespace ControlTower.Tests.Journeys.Peers;

/// <summary>Runs the scripts that install, start, seed and stop the real systems, and the shop's own traffic.</summary>
internal sealed class PeerScripts(string folder, string home, int hooksPort)
{
    public string Home => home;

    public async Task PrepareAsync(CancellationToken cancel)
    {
        if (!Directory.Exists(Path.Combine(home, "vendure", "node_modules", "@vendure", "core")))
        {
            await RunAsync(cancel, "vendure/install.sh");
        }

        await RunAsync(cancel, "tryton/install.sh");
        await RunAsync(cancel, "vendure/stop.sh");
        await RunAsync(cancel, "vendure/start.sh", "--fresh");
        await RunAsync(cancel, "vendure/seed.sh");
        await RunAsync(cancel, "tryton/stop.sh");
        await RunAsync(cancel, "tryton/start.sh", "--fresh");
        await RunAsync(cancel, "tryton/seed.sh");
    }

    public Task StopTrytonAsync(CancellationToken cancel) => RunAsync(cancel, "tryton/stop.sh");

    public Task StartTrytonAsync(CancellationToken cancel) => RunAsync(cancel, "tryton/start.sh");

    public Task<string> TrafficAsync(int orders, double rate, CancellationToken cancel)
        => RunAsync(cancel, "vendure/traffic.mjs", "--count", $"{orders}", "--rate", rate.ToString(System.Globalization.CultureInfo.InvariantCulture), "--refund", "0.2", "--cancel", "0.12");

    public async Task StopAsync()
    {
        foreach (var script in new[] { "vendure/stop.sh", "tryton/stop.sh", "pg/stop.sh" })
        {
            await RunAsync(CancellationToken.None, script);
        }
    }

    private async Task<string> RunAsync(CancellationToken cancel, string script, params string[] words)
    {
        var path = Path.Combine(folder, script);
        var start = new ProcessStartInfo(script.EndsWith(".mjs", StringComparison.Ordinal) ? "node" : "bash", [path, .. words])
        {
            RedirectStandardOutput = true, RedirectStandardError = true,
        };
        start.Environment["PEER_HOME"] = home;
        start.Environment["PYTHONDONTWRITEBYTECODE"] = "1";
        start.Environment["WEBHOOK_URL"] = $"http://127.0.0.1:{hooksPort}/ingress/vendure/events";
        start.Environment["WEBHOOK_SECRET"] = "peer-secret";
        using var process = Process.Start(start)!;

        // The scripts leave servers behind that keep the error stream open; only the output of the script itself is waited for.
        var errors = new System.Collections.Concurrent.ConcurrentQueue<string>();
        process.ErrorDataReceived += (_, e) => errors.Enqueue(e.Data ?? string.Empty);
        process.BeginErrorReadLine();
        var output = new System.Text.StringBuilder();
        process.OutputDataReceived += (_, e) => output.AppendLine(e.Data);
        process.BeginOutputReadLine();
        while (!process.HasExited)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, cancel);
        }

        await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, cancel);
        return process.ExitCode == 0
            ? output.ToString()
            : throw new InvalidOperationException($"{script} ended with {process.ExitCode}:\n{string.Join('\n', errors.TakeLast(20))}");
    }
}
