using System.Text.Json;
using ControlTower.Data.Db;
using ControlTower.Sync.Connectors;
using ControlTower.Web;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace ControlTower.Bench;

/// <param name="HeapMb">What lives, after a collection; 0 if only the time was asked for.</param>
/// <param name="RssMb">What the process takes then.</param>
/// <param name="CpuSeconds">Processor time since its start.</param>
internal sealed record HostState(double HeapMb, double RssMb, double CpuSeconds);

/// <summary>Serves pages in a process of its own: says its address, then its state as often as it is asked.</summary>
internal static class DashboardHost
{
    public const string Tower = "child-tower", Smallest = "child-smallest-page";
    public const string Memory = "memory", Time = "time";

    public static async Task<int> RunAsync(Func<Task<WebApplication>> build, TextWriter answers)
    {
        await using var app = await build();
        await app.StartAsync(CancellationToken.None);
        await answers.WriteLineAsync(JsonSerializer.Serialize(app.Urls.First()));
        while (await Console.In.ReadLineAsync(CancellationToken.None) is { } question)
        {
            await answers.WriteLineAsync(JsonSerializer.Serialize(State(question == Memory)));
        }

        await app.StopAsync(CancellationToken.None);
        return 0;
    }

    /// <summary>The product as a web node. Its database is named in the environment, its keys lie in a folder that goes with the bench's.</summary>
    public static async Task<WebApplication> BuildTowerAsync()
    {
        var ledger = new NoOpLedger();
        var app = TowerApp.Build(["--urls", "http://127.0.0.1:0", "--Tower:Roles", "web", "--Tower:AllowPlainKeys", "true"], builder =>
        {
            builder.Logging.ClearProviders();
            builder.Services.AddSingleton(new ConnectorCatalog([new NoOpShop(ledger), new NoOpErp(ledger)]));
        });
        await app.Services.OpenTowerAsync(CancellationToken.None);
        return app;
    }

    private static HostState State(bool memory)
    {
        var cpu = Environment.CpuUsage.TotalTime.TotalSeconds;
        if (!memory)
        {
            return new HostState(0, 0, cpu);
        }

        GC.Collect(2, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        GC.WaitForPendingFinalizers();
        GC.Collect(2, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        return new HostState(GC.GetTotalMemory(forceFullCollection: false) / 1e6, Environment.WorkingSet / 1e6, cpu);
    }
}
