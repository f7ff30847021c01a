using System.Globalization;
using System.Text.Json;

namespace ControlTower.Bench;

/// <param name="Sound">Nothing was lost, doubled or left undone: a speed without that is none.</param>
internal sealed record BenchResult(object Figures, bool Sound);

/// <summary>Measures the product against a limit or a peer in the same run, round by round in turns, and prints JSON. A figure from one run is only good as a ratio to its own limit.</summary>
internal static class Benches
{
    private static readonly JsonSerializerOptions Indented = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    public static async Task<int> RunAsync(string[] args, TextWriter output, TextWriter errors)
    {
        var rounds = Option(args, "--rounds", 5);
        var seconds = Option(args, "--seconds", 4);
        if (args is not [("ingress" or "flow") and var name, ..] || rounds < 1 || seconds < 1)
        {
            await errors.WriteLineAsync("Usage: bench ingress|flow [--rounds N] [--seconds N]; flow also takes --statements");
            return 2;
        }

        await using var database = await BenchDatabase.StartAsync(errors, args.Contains("--statements", StringComparer.Ordinal));
        var result = name == "ingress"
            ? await new IngressBench(database, errors).RunAsync(rounds, seconds)
            : await new FlowBench(database, errors).RunAsync(rounds, seconds);
        await output.WriteLineAsync(JsonSerializer.Serialize(result.Figures, Indented));
        return result.Sound ? 0 : 1;
    }

    public static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        return sorted.Length == 0 ? 0 : sorted.Length % 2 == 1 ? sorted[sorted.Length / 2] : (sorted[(sorted.Length / 2) - 1] + sorted[sorted.Length / 2]) / 2;
    }

    private static int Option(string[] args, string name, int otherwise) =>
        Array.IndexOf(args, name) is var at and >= 0 && at + 1 < args.Length && int.TryParse(args[at + 1], CultureInfo.InvariantCulture, out var value) ? value : otherwise;
}
