using System.Diagnostics;
using ControlTower.Data.Db;
using ControlTower.Data.Flows;
using ControlTower.Data.Timeline;
using ControlTower.Data.Triage;

namespace ControlTower.Bench;

/// <summary>
/// The first page of each view of the exceptions desk, as the desk reads it (causes with totals and counts, ids, rows), with ten thousand cases and with a million: at most 100 ms at the database, and at most
/// twice what it takes with the few. What opening and closing a case costs is measured beside it, so that no view is made fast at their expense unseen.
/// </summary>
internal sealed class TriageBench(BenchDatabase database, TextWriter log)
{
    private const int Few = 10_000;
    private const int Looks = 25;
    private const int Shown = 60;
    private const int Written = 500;
    private const double MostMs = 100;
    private const double MostRatio = 2;

    private static readonly Guid Person = new("5b1f7c0e-2d7e-4f0a-9a55-5a1f5d3f0001");

    public async Task<BenchResult> RunAsync(int cases)
    {
        var few = await MeasureAsync(Few);
        var many = await MeasureAsync(cases);
        var units = few.Keys.Select(unit => new
        {
            unit,
            fewMs = Math.Round(few[unit], 2),
            manyMs = Math.Round(many[unit], 2),
            ratio = Math.Round(many[unit] / few[unit], 2),
        }).ToList();
        var looks = units.Where(unit => !unit.unit.StartsWith("write: ", StringComparison.Ordinal)).ToList();
        var tooSlow = looks.Where(unit => unit.manyMs > MostMs).Select(unit => unit.unit).ToList();
        var grown = looks.Where(unit => unit.ratio > MostRatio).Select(unit => unit.unit).ToList();
        return new BenchResult(
            new
            {
                bench = "triage",
                cases = new[] { Few, cases },
                limit = $"{MostMs} ms, and {MostRatio} times what it takes with {Few}; medians at the database",
                units,
                tooSlow,
                grown,
            },
            Sound: tooSlow.Count + grown.Count == 0);
    }

    private async Task<Dictionary<string, double>> MeasureAsync(int cases)
    {
        var name = $"bench_triage_{cases}";
        await using var copy = await database.CreateAsync(name, from: null);
        var started = Stopwatch.GetTimestamp();
        await CaseReckoning.LimitAsync(copy.Sources.Work, new StageLimits(), default);
        await TriageSql.FillAsync(copy, Person, cases);
        await CaseTally.AddUpAsync(copy.Sources.Work, default);
        await log.WriteLineAsync($"{cases} cases made in {Stopwatch.GetElapsedTime(started).TotalSeconds:0} s");
        var costs = new Dictionary<string, double>(StringComparer.Ordinal);
        var desk = new CaseQueries(copy.Sources);
        var now = TimeProvider.System.GetUtcNow();
        foreach (var (view, filter) in Views(now))
        {
            costs[view] = await MedianAsync(copy, _ => FirstPageAsync(desk, filter));
        }

        costs["counts of all views"] = await MedianAsync(copy, _ => desk.CountsAsync([.. Views(now).Select(view => view.Filter)]));
        foreach (var (what, text) in Texts(cases))
        {
            costs[what] = await MedianAsync(copy, _ => FirstPageAsync(desk, new CaseFilter { Text = OrderSearchText.Parse(text) }));
        }

        costs["all causes as one list"] = await MedianAsync(copy, async _ => await desk.RowsAsync([.. (await desk.KeysAsync(new CaseFilter(), null, Shown)).Ids]));

        costs["write: a case opened"] = await WriteAsync(copy, async (connection, i) => await CaseStore.OpenAsync(connection, [Case(i)], default));
        costs["write: a case closed"] = await WriteAsync(copy, async (connection, i) => await CaseStore.WentOnAsync(connection, [Case(i).Subject], "done", default));
        foreach (var (unit, ms) in costs)
        {
            await log.WriteLineAsync($"{cases} {unit}: {ms:0.00} ms");
        }

        await database.DropAsync(name);
        return costs;
    }

    private static List<(string View, CaseFilter Filter)> Views(DateTimeOffset now) =>
    [
        ("Money first", new CaseFilter()),
        ("Oldest", new CaseFilter { Sort = CaseSort.Oldest }),
        ("Mine", new CaseFilter { Assignee = Person }),
        ("SLA under 1 h", new CaseFilter { DueSoon = true }),
        ("Retrying", new CaseFilter { States = ["retrying"] }),
        ("Snoozed", new CaseFilter { Shelved = true }),
        ("Proven today", new CaseFilter { States = ["resolved"], ProvenOnly = true, ClosedFrom = now.AddDays(-1), Sort = CaseSort.Newest }),
        ("Closed today", new CaseFilter { States = ["resolved", "discarded"], ClosedFrom = now.AddDays(-1), Sort = CaseSort.Newest }),
        ("one brand and target", new CaseFilter { Brands = ["brand-2"], Connections = ["erp-a"] }),
        ("opened today", new CaseFilter { OpenedFrom = now.AddDays(-1) }),
        ("tried three times or more", new CaseFilter { AttemptsFrom = 3 }),
        ("messages only", new CaseFilter { Types = [CaseType.Message] }),
    ];

    private static List<(string What, string Text)> Texts(int cases) =>
    [
        ("text: an order's name", $"#{cases / 2}"),
        ("text: an article", "BNX-1234-M"),
        ("text: words of an error", "refused f17 code"),
        ("text: a trace id", "4bf92f3577b34da6a3ce929d0e0e4736"),
        ("text: an event's id", "b9c04f5e-8d0f-4a55-9a5e-000000000001"),
    ];

    /// <summary>Causes, total, then the first one's ids and rows: what a person waits for who opens the view.</summary>
    private static async Task FirstPageAsync(CaseQueries desk, CaseFilter filter)
    {
        var causes = await desk.CausesAsync(filter);
        await desk.TotalAsync(filter, causes);
        if (causes is [var first, ..])
        {
            await desk.RowsAsync([.. (await desk.KeysAsync(filter with { Fingerprint = first.Fingerprint }, null, Shown)).Ids]);
        }
    }

    /// <summary>Time in the server, so that a busy client does not count.</summary>
    private static async Task<double> MedianAsync(BenchDatabase copy, Func<int, Task> look)
    {
        // Plans and pages are warm from the first look on.
        await look(0);
        List<double> times = [];
        for (var i = 0; i < Looks; i++)
        {
            await copy.ResetStatementsAsync();
            await look(i);
            times.Add((await copy.CallsAsync()).Sum(statement => statement.Ms));
        }

        return Benches.Median(times);
    }

    private static async Task<double> WriteAsync(BenchDatabase copy, Func<Npgsql.NpgsqlConnection, int, Task> write)
    {
        await copy.ResetStatementsAsync();
        await using var connection = await copy.Sources.Work.OpenConnectionAsync();
        for (var i = 0; i < Written; i++)
        {
            await write(connection, i);
        }

        return (await copy.CallsAsync()).Sum(statement => statement.Ms) / Written;
    }

    private static NewCase Case(int i) => new($"flow/{(i + 1) * 2}/late", $"value:code-{i % 5}", "value", $"code-{i % 5}", "A failure", "The target refused the tax code", "taxCode", "erp-a", (i + 1) * 2, null, null, null, 100 + i, "EUR", "brand-1");
}
