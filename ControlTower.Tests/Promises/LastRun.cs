using System.Text.Json;
using System.Text.Json.Nodes;
using ControlTower.Tests.Support;

namespace ControlTower.Tests.Promises;

/// <summary>What a whole run of the tests showed, promise by promise: docs/last-run.json, written by <c>./tower record</c> from the runner's own report and from nothing else.</summary>
internal sealed record LastRun(string At, string Commit, int Passed, int Failed, int Skipped, int Minutes, IReadOnlyDictionary<int, RunCount> Promises, IReadOnlyDictionary<int, RunCount> Sabotages)
{
    private static readonly JsonSerializerOptions format = new(JsonSerializerDefaults.Web) { WriteIndented = true };
    private static readonly string file = Path.Combine(Repository.Root, "docs", "last-run.json");

    /// <summary>The run that is on record; null if none is.</summary>
    public static LastRun? Read() => File.Exists(file) ? JsonSerializer.Deserialize<LastRun>(File.ReadAllText(file), format) : null;

    /// <summary>Puts a run on record: the report of the runner (CTRF) that CT_RECORD names, of the commit that CT_RECORD_COMMIT names.</summary>
    public static void Take(Func<string, string, IEnumerable<int>> promisesOf, Func<string, string, IEnumerable<int>> sabotagesOf)
    {
        if (Environment.GetEnvironmentVariable("CT_RECORD") is not { Length: > 0 } report)
        {
            return;
        }

        var results = JsonNode.Parse(File.ReadAllText(report))!["results"]!;
        var tests = results["tests"]!.AsArray().Select(test => (Type: $"{test!["extra"]!["type"]}", Method: $"{test["extra"]!["method"]}", Status: $"{test["status"]}")).ToList();
        var summary = results["summary"]!;
        File.WriteAllText(
            file,
            JsonSerializer.Serialize(
                new LastRun(
                    DateTimeOffset.FromUnixTimeMilliseconds((long)summary["start"]!).ToString("yyyy-MM-dd HH:mm 'UTC'", System.Globalization.CultureInfo.InvariantCulture),
                    Environment.GetEnvironmentVariable("CT_RECORD_COMMIT") ?? "", (int)summary["passed"]!, (int)summary["failed"]!, (int)summary["skipped"]!,
                    (int)Math.Round(((long)summary["stop"]! - (long)summary["start"]!) / 60_000.0), Count(tests, promisesOf), Count(tests, sabotagesOf)),
                format) + "\n");
    }

    private static SortedDictionary<int, RunCount> Count(List<(string Type, string Method, string Status)> tests, Func<string, string, IEnumerable<int>> of) =>
        new(tests.SelectMany(test => of(test.Type, test.Method).Select(number => (Number: number, test.Status))).GroupBy(test => test.Number)
            .ToDictionary(group => group.Key, group => new RunCount(group.Count(t => t.Status == "passed"), group.Count(t => t.Status == "failed"), group.Count(t => t.Status is not ("passed" or "failed")))));
}

/// <summary>Cases of tests, as the runner counts them: one for each row of data.</summary>
internal sealed record RunCount(int Passed, int Failed, int Skipped)
{
    public override string ToString() => $"{Passed} passed{(Failed > 0 ? $", {Failed} failed" : "")}{(Skipped > 0 ? $", {Skipped} not run there" : "")}";
}
