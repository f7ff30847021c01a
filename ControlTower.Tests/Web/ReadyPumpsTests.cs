using System.Net;
using ControlTower.Sync.Pumps;
using ControlTower.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace ControlTower.Tests.Web;

/// <summary>A worker is ready when its pumps run, and not before.</summary>
public sealed class ReadyPumpsTests
{
    [Theory]
    [InlineData("worker")]
    [InlineData("both")]
    public async Task A_worker_becomes_ready_once_every_pump_has_run(string roles)
    {
        await using var tower = await TestTower.StartAsync(settings: [$"Tower:Roles={roles}"]);
        while (await AskAsync(tower) != (HttpStatusCode.OK, "Healthy"))
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task A_worker_of_whose_pumps_one_hangs_is_not_ready_although_it_beats()
    {
        await using var tower = await TestTower.StartAsync(builder => builder.Services.AddSingleton<IPump>(new Hanging()), null, "Tower:Roles=both");
        var meter = tower.Services.GetRequiredService<PumpMeter>();
        while (!tower.Services.GetServices<IPump>().Where(pump => pump is not Hanging).All(pump => meter.Find(pump.Name)?.LastRunAt is not null))
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, TestContext.Current.CancellationToken);

        Assert.Equal((HttpStatusCode.ServiceUnavailable, "Unhealthy"), await AskAsync(tower));
        while (!tower.Log.Lines.Any(line => line.Text.Contains("No run of hanging has ended well", StringComparison.Ordinal)))
        {
            await AskAsync(tower);
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, TestContext.Current.CancellationToken);
        }
    }

    private static async Task<(HttpStatusCode Status, string Word)> AskAsync(TestTower tower)
    {
        using var client = tower.Client();
        using var answer = await client.GetAsync(new Uri("/health/ready", UriKind.Relative));
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync());
    }

    private sealed class Hanging : IPump
    {
        public string Name => "hanging";

        public string Bell => "#hanging";

        public TimeSpan Idle => TimeSpan.FromSeconds(1);

        public Task<PumpRun> RunOnceAsync(CancellationToken cancel) => new TaskCompletionSource<PumpRun>().Task;
    }
}
