using System.Text.Json;

namespace ControlTower.Bench;

/// <param name="Sound">Nothing was lost, doubled or left undone: a speed without that is none. Where a bench names a goal of its own, it was met as well.</param>
internal sealed record BenchResult(object Figures, bool Sound);

/// <summary>Measures the product against a limit or a peer in the same run, round by round in turns, and prints JSON. A figure from one run is only good as a ratio to its own limit.</summary>
internal static class Benches
{
    private static readonly JsonSerializerOptions Indented = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    private const string Usage = """
        Usage: bench NAME [--rounds N] [--seconds N]
          ingress   signed webhooks over HTTP against single-row inserts
          flow      steps of orders against Hangfire              (--statements: what each statement costs)
          idle      what a tower with nothing to do asks its database, with one node and with three   (--seconds N, default 60: the schedule once around)
          history   work and screens above growing history                                              (--orders N at 1x, default 10000; --scale N, default 10)
          soak      does anything grow that should not                                                  (--minutes N, default 30; --rate N orders a second, default 40)
          latency   from a webhook's commit to its first step and to the fifth, at half load           (--seconds N a round, default 10)
          triage    first pages of the exceptions desk with 10,000 cases and with many                 (--cases N, default 1000000)
          poslog    a day of tills, from a file to the inbox, and its memory                            (--transactions N, default 50000)
          availability  what may be sold, over HTTP, against the same question to the database
          reserve   many at once hold pieces of one SKU, against a lock on its row for each
          release   a promotion of many prices: its check, its way out and its way back, against the channels' budgets  (--cells N, default 100000; --calls N a second and channel, default 10)
          reconcile orders and payments against the books and the processor: the full pass against a bare join, and one group in a hundred against both  (--lines N a side, default 1000000)
          ownership what the guard costs an order, and a change tried on logged writes                  (--writes N, default 1000000)
          dashboards  what a live viewer of the overview costs and how soon a change is on the screen, with 1, 50 and 200 of them, against the framework's smallest page  (--viewers N, default 200)
          export    a list as a workbook and as CSV, against ClosedXML and MiniExcel, and ten times the list       (--rows N, default 100000)
          outage    the queue that an ERP's outage leaves, and new orders beside it                     (--waiting N, default 20000)
        """;

    public static async Task<int> RunAsync(string[] args, TextWriter output, TextWriter errors)
    {
        if (args is [var word, .. var rest] && Children.TryGetValue(word, out var child))
        {
            return await child(rest, output);
        }

        if (args is not [var name, .. var words] || !All.TryGetValue(name, out var bench))
        {
            await errors.WriteLineAsync(Usage);
            return 2;
        }

        try
        {
            var options = new BenchOptions(words);
            await using var database = await BenchDatabase.StartAsync(errors, bench.Statements || options.Statements);
            var result = await bench.RunAsync(database, errors, options);
            await output.WriteLineAsync(JsonSerializer.Serialize(result.Figures, Indented));
            return result.Sound ? 0 : 1;
        }
        catch (FormatException wrong)
        {
            await errors.WriteLineAsync(wrong.Message);
            return 2;
        }
    }

    public static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        return sorted.Length == 0 ? 0 : sorted.Length % 2 == 1 ? sorted[sorted.Length / 2] : (sorted[(sorted.Length / 2) - 1] + sorted[sorted.Length / 2]) / 2;
    }

    private static readonly Dictionary<string, Bench> All = new(StringComparer.Ordinal)
    {
        ["ingress"] = new(Statements: false, (database, log, options) => new IngressBench(database, log).RunAsync(options.Rounds, options.Seconds)),
        ["flow"] = new(Statements: false, (database, log, options) => new FlowBench(database, log).RunAsync(options.Rounds, options.Seconds)),
        ["idle"] = new(Statements: true, (database, log, options) => new IdleBench(database, log).RunAsync(options.Number("--seconds", 60))),
        ["history"] = new(Statements: true, (database, log, options) => new HistoryBench(database, log).RunAsync(options.Number("--orders", 10_000), options.Number("--scale", 10))),
        ["soak"] = new(Statements: false, (database, log, options) => new SoakBench(database, log).RunAsync(options.Number("--minutes", 30), options.Number("--rate", 40))),
        ["latency"] = new(Statements: true, (database, log, options) => new LatencyBench(database, log).RunAsync(options.Rounds, options.Number("--seconds", 10))),
        ["triage"] = new(Statements: true, (database, log, options) => new TriageBench(database, log).RunAsync(options.Number("--cases", 1_000_000))),
        ["poslog"] = new(Statements: false, (database, log, options) => new PosLogBench(database, log).RunAsync(options.Number("--transactions", 50_000), options.Rounds)),
        ["availability"] = new(Statements: false, (database, log, options) => new AvailabilityBench(database, log).RunAsync(options.Rounds, options.Seconds)),
        ["reserve"] = new(Statements: false, (database, log, options) => new ReserveBench(database, log).RunAsync(options.Rounds, options.Seconds)),
        ["release"] = new(Statements: true, (database, log, options) => new ReleaseBench(database, log).RunAsync(options.Number("--cells", 100_000), options.Number("--calls", 10))),
        ["reconcile"] = new(Statements: false, (database, log, options) => new ReconcileBench(database, log).RunAsync(options.Number("--lines", 1_000_000), options.Rounds)),
        ["ownership"] = new(Statements: true, (database, log, options) => new OwnershipBench(database, log).RunAsync(options.Number("--writes", 1_000_000), options.Rounds)),
        ["dashboards"] = new(Statements: true, (database, log, options) => new DashboardsBench(database, log).RunAsync(options.Number("--viewers", 200), options.Number("--rounds", 3), options.Number("--seconds", 10))),
        ["export"] = new(Statements: false, (_, log, options) => new ExportBench(log).RunAsync(options.Number("--rows", 100_000), options.Rounds)),
        ["outage"] = new(Statements: true, (database, log, options) => new OutageBench(database, log).RunAsync(options.Number("--waiting", 20_000))),
    };

    // What a bench runs in a process of its own.
    private static readonly Dictionary<string, Func<string[], TextWriter, Task<int>>> Children = new(StringComparer.Ordinal)
    {
        [ExportChild.Word] = ExportChild.RunAsync,
        [DashboardHost.Tower] = (_, answers) => DashboardHost.RunAsync(DashboardHost.BuildTowerAsync, answers),
        [DashboardHost.Smallest] = (_, answers) => DashboardHost.RunAsync(SmallestPage.BuildAsync, answers),
    };

    /// <param name="Statements">It needs the server to count what each statement costs.</param>
    private sealed record Bench(bool Statements, Func<BenchDatabase, TextWriter, BenchOptions, Task<BenchResult>> RunAsync);
}
