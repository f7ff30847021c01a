using System.Net.Http.Json;
using ControlTower.Data.Db;
using ControlTower.Simulator;
using ControlTower.Sync.Connections;
using ControlTower.Web;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace ControlTower.Bench;

/// <summary>
/// Goal G12: how many statements a second a tower sends that has nothing to do: whole nodes, web and worker, with the four shops and two ERPs of the estate, in which nobody buys. First one
/// node, then three. Reading the vendors' feeds as often as their plans say is part of it.
/// </summary>
internal sealed class IdleBench(BenchDatabase database, TextWriter log)
{
    private const double Most = 5;

    public async Task<BenchResult> RunAsync(int seconds)
    {
        await using var estate = await EstateApp.StartAsync(new ControlTower.Simulator.EstateOptions { TrafficRunning = false, ClerkRunning = false });
        var keys = Directory.CreateTempSubdirectory("ct-bench-keys-").FullName;
        var nodes = new List<WebApplication>();
        try
        {
            nodes.Add(await StartAsync(estate, keys));
            await SettleAsync();
            var one = await MeasureAsync(1, seconds);
            nodes.Add(await StartAsync(estate, keys));
            nodes.Add(await StartAsync(estate, keys));
            await SettleAsync();
            var three = await MeasureAsync(3, seconds);
            var figures = new
            {
                bench = "idle",
                goal = "G12",
                connections = await database.LongAsync("select count(*) from connection"),
                seconds,
                limit = "5 statements a second and node",
                one = one.Figures,
                three = three.Figures,
                met = one.PerNode < Most && three.PerNode < Most,
                statementsOfOne = one.Lines,
                statementsOfThree = three.Lines,
            };
            return new BenchResult(figures, Sound: true);
        }
        finally
        {
            foreach (var node in nodes)
            {
                await node.StopAsync(CancellationToken.None);
                await node.DisposeAsync();
            }

            Directory.Delete(keys, recursive: true);
        }
    }

    private async Task<WebApplication> StartAsync(EstateApp estate, string keys)
    {
        var tower = TowerApp.Build(
            [
                "--urls", "http://127.0.0.1:0", "--Tower:AllowPlainKeys", "true", "--Tower:KeyFolder", keys, "--Database:ConnectionString", database.ConnectionString,
                "--Audit:AnchorFile", Path.Combine(keys, "anchors"),
            ],
            builder => builder.Logging.ClearProviders());
        await tower.Services.OpenTowerAsync(CancellationToken.None);
        await tower.Services.GetRequiredService<ConnectionSeeder>().ApplyAsync(await SeedAsync(estate), default);
        await tower.StartAsync(CancellationToken.None);
        return tower;
    }

    private static async Task<ConnectionSeed> SeedAsync(EstateApp estate)
    {
        using var http = new HttpClient();
        return (await http.GetFromJsonAsync<ConnectionSeed>(new Uri($"{estate.BaseUrl}/estate/connections")))!;
    }

    // Once around for everything that is done at start: subscriptions, first reads of feeds, each job of the schedule.
    private async Task SettleAsync()
    {
        await log.WriteLineAsync("Waiting until the tower has nothing left to do ...");
        await Task.Delay(TimeSpan.FromSeconds(70), TimeProvider.System);
    }

    private async Task<(double PerNode, object Figures, IReadOnlyList<string> Lines)> MeasureAsync(int nodes, int seconds)
    {
        await database.ResetStatementsAsync();
        var before = await database.CountAsync();
        await Task.Delay(TimeSpan.FromSeconds(seconds), TimeProvider.System);
        var commits = (await database.CountAsync() - before).Commits;
        var statements = await database.CallsAsync();
        var perNode = statements.Sum(s => s.Calls) / (double)seconds / nodes;
        await log.WriteLineAsync($"{nodes} node(s): {perNode:0.0} statements/s a node");
        return (
            perNode,
            new { nodes, statementsPerSecondAndNode = Math.Round(perNode, 1), commitsPerSecondAndNode = Math.Round(commits / (double)seconds / nodes, 1) },
            [.. statements.Select(s => $"{s.Calls / (double)seconds / nodes:0.00}/s  {s.Text}")]);
    }
}
