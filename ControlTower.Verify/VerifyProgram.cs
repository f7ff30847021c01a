using System.Net.Sockets;
using Npgsql;

namespace ControlTower.Verify;

/// <summary>
/// Looks whether the data of a tower keep what the tower promises. Reads only, in one snapshot, with SQL of its own: it shares no code with what it checks.
/// Ends with 0 if everything holds, 1 if something does not, 2 if it could not look.
/// </summary>
public static class VerifyProgram
{
    public static async Task<int> RunAsync(string[] args, TextWriter output, TextWriter errors, CancellationToken cancel)
    {
        var (options, complaint) = VerifyOptions.Parse(args);
        if (options is null)
        {
            await errors.WriteLineAsync(complaint);
            return 2;
        }

        try
        {
            var findings = await new Checker(options).RunAsync(cancel);
            await (options.Json ? Report.WriteJsonAsync(findings, output) : Report.WriteTextAsync(findings, output));
            return findings.Any(f => f.Error is not null) ? 2 : findings.Any(f => f.Count > 0) ? 1 : 0;
        }
        catch (Exception e) when (e is NpgsqlException or SocketException or HttpRequestException or TimeoutException or ArgumentException or IOException)
        {
            await errors.WriteLineAsync($"verify: could not look: {e.Message}");
            return 2;
        }
    }
}
