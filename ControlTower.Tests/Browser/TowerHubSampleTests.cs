using System.Diagnostics;
using System.Net;
using ControlTower.Data.ApiClients;
using ControlTower.Data.Audit;
using ControlTower.Sync.Connections;
using ControlTower.Tests.Support;
using ControlTower.Web.Auth;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace ControlTower.Tests.Browser;

/// <summary>The samples of docs/TOWERHUB.md do what they say.</summary>
public sealed class TowerHubSampleTests(BrowserWorld world) : IClassFixture<BrowserWorld>
{
    private static readonly Actor Ada = new(Guid.NewGuid(), "Ada Lind", "Admin");

    [Fact]
    public async Task The_NET_sample_prints_the_snapshot_and_what_changes()
    {
        await using var tower = await TestTower.StartAsync();
        await new OrderWorld(tower.Database).ConnectAsync();
        // Built with these tests; a solution builds what stands outside of it in its own configuration.
        var bin = Path.Combine(Repository.Root, "docs", "samples", "towerhub-dotnet", "bin");
        var sample = Directory.EnumerateFiles(bin, "towerhub-dotnet.dll", SearchOption.AllDirectories).MaxBy(File.GetLastWriteTimeUtc)!;
        var start = new ProcessStartInfo("dotnet", [sample, tower.Url, "connections", "brand=Northlane"]) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["TOWERHUB_KEY"] = await KeyAsync(tower);
        using var process = Process.Start(start)!;
        try
        {
            await SaysAsync(process, "connections 1: 3 items");
            await tower.Services.GetRequiredService<ConnectionDesk>().PauseAsync("bc-eu", "month end", Ada, default);
            await SaysAsync(process, "\"state\":\"paused\"");
        }
        finally
        {
            process.Kill(entireProcessTree: true);
        }
    }

    [Fact]
    public async Task The_browser_sample_follows_from_another_origin_and_comes_back_after_a_loss()
    {
        await new OrderWorld(world.Tower.Database).ConnectAsync();
        await using var visitor = await world.VisitAsync();
        visitor.ExpectLoss();
        using var elsewhere = new HttpListener();
        var origin = $"http://127.0.0.1:{FreePort()}/";
        elsewhere.Prefixes.Add(origin);
        elsewhere.Start();
        var serving = ServeAsync(elsewhere, Path.Combine(Repository.Root, "docs", "samples", "towerhub-browser.html"));

        await visitor.Page.AddInitScriptAsync("const sockets = window.ctSockets = []; window.WebSocket = class extends WebSocket { constructor(...all) { super(...all); sockets.push(this); } };");
        await visitor.Page.GotoAsync($"{origin}#tower={world.Tower.Url}&key={await KeyAsync(world.Tower)}&stream=connections");
        await Expect(visitor.Page.Locator("#state")).ToContainTextAsync("Live");
        await Expect(visitor.Page.Locator("[data-item=bc-eu]")).ToContainTextAsync("closed");
        await visitor.Page.EvaluateAsync("() => window.ctSockets[0].close()");
        await world.Tower.Services.GetRequiredService<ConnectionDesk>().PauseAsync("bc-eu", "month end", Ada, default);
        await Expect(visitor.Page.Locator("[data-item=bc-eu]")).ToContainTextAsync("paused");
        await Expect(visitor.Page.Locator("#state")).ToContainTextAsync("Live");

        elsewhere.Stop();
        await serving;
    }

    private static async Task<string> KeyAsync(TestTower tower) =>
        (await tower.Services.GetRequiredService<ApiClientStore>().AddAsync(Guid.NewGuid(), $"Board {Guid.NewGuid():N}", [Scopes.ConnectionsRead], [], TimeSpan.FromDays(1), Ada, default)).Key!;

    private static async Task SaysAsync(Process process, string words)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (await process.StandardOutput.ReadLineAsync(limit.Token) is { } line)
        {
            if (line.Contains(words, StringComparison.Ordinal))
                return;
        }

        Assert.Fail($"The sample ended: {await process.StandardError.ReadToEndAsync(limit.Token)}");
    }

    private static async Task ServeAsync(HttpListener listener, string file)
    {
        try
        {
            while (true)
            {
                var context = await listener.GetContextAsync();
                context.Response.ContentType = "text/html; charset=utf-8";
                await context.Response.OutputStream.WriteAsync(await File.ReadAllBytesAsync(file));
                context.Response.Close();
            }
        }
        catch (Exception stopped) when (stopped is HttpListenerException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private static int FreePort()
    {
        using var socket = new System.Net.Sockets.TcpListener(IPAddress.Loopback, 0);
        socket.Start();
        return ((IPEndPoint)socket.LocalEndpoint).Port;
    }
}
