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
            await RunAsync("vendure/install.sh", [], cancel);
        }

        await RunAsync("tryton/install.sh", [], cancel);
        await RunAsync("vendure/stop.sh", [], cancel);
        await RunAsync("vendure/start.sh", ["--fresh"], cancel);
        await RunAsync("vendure/seed.sh", [], cancel);
        await RunAsync("tryton/stop.sh", [], cancel);
        await RunAsync("tryton/start.sh", ["--fresh"], cancel);
        await RunAsync("tryton/seed.sh", [], cancel);
    }

    public Task StopTrytonAsync(CancellationToken cancel) => RunAsync("tryton/stop.sh", [], cancel);

    public Task StartTrytonAsync(CancellationToken cancel) => RunAsync("tryton/start.sh", [], cancel);

    public Task<string> TrafficAsync(int orders, double rate, CancellationToken cancel)
        => RunAsync("vendure/traffic.mjs", ["--count", $"{orders}", "--rate", rate.ToString(System.Globalization.CultureInfo.InvariantCulture), "--refund", "0.2", "--cancel", "0.12"], cancel);

    /// <summary>Receipts of a till, which the real shop has by its admin interface.</summary>
    public Task<string> TillAsync(int receipts, CancellationToken cancel) => RunAsync("pos/till.mjs", ["--count", $"{receipts}", "--returns", "0.2"], cancel);

    public async Task StopAsync()
    {
        foreach (var script in new[] { "vendure/stop.sh", "tryton/stop.sh", "pg/stop.sh" })
        {
            await RunAsync(script, [], CancellationToken.None);
        }
    }

    private async Task<string> RunAsync(string script, string[] words, CancellationToken cancel)
    {
        // Into files, not pipes: the scripts leave servers behind that would keep a pipe open for ever.
        Directory.CreateDirectory(Path.Combine(home, "log"));
        var log = Path.Combine(home, "log", script.Replace('/', '-'));
        var program = script.EndsWith(".mjs", StringComparison.Ordinal) ? "node" : "bash";
        var start = new ProcessStartInfo("bash", ["-c", """exec "$@" > "$0.out" 2> "$0.err" < /dev/null""", log, program, Path.Combine(folder, script), .. words]) { UseShellExecute = false };
        start.Environment["PEER_HOME"] = home;
        start.Environment["PYTHONDONTWRITEBYTECODE"] = "1";
        start.Environment["WEBHOOK_URL"] = $"http://127.0.0.1:{hooksPort}/ingress/vendure/events";
        start.Environment["WEBHOOK_SECRET"] = "peer-secret";
        using var process = Process.Start(start)!;
        await process.WaitForExitAsync(cancel);
        return process.ExitCode == 0
            ? await File.ReadAllTextAsync($"{log}.out", cancel)
            : throw new InvalidOperationException($"{script} ended with {process.ExitCode}:\n{string.Join('\n', File.ReadLines($"{log}.err").TakeLast(20))}");
    }
}
