using System.Globalization;
using System.Net;
using System.Net.Sockets;
using ControlTower.Simulator;
using ControlTower.Simulator.Ledger;
using ControlTower.Simulator.Scenarios;
using ControlTower.Sync.Pumps;
using ControlTower.Tests.Support;
using ControlTower.Verify;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace ControlTower.Tests.Browser;

/// <summary>A whole tower, web and worker, beside the estate that plays its morning at the desk. Both ends keep books of their own.</summary>
internal sealed class DeskMorning(EstateApp estate, TestTower tower) : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    public TestTower Tower => tower;

    /// <summary>Runs until all that the scenario breaks waits for a person.</summary>
    public static async Task<DeskMorning> StartAsync()
    {
        // Nobody ships: the orders stay in the ERP's list, where each can be counted.
        var estate = await EstateApp.StartAsync(new EstateOptions { Seed = 11, TrafficRunning = false, ClerkRunning = false, Scenario = DeskScenario.Name });
        var address = $"http://127.0.0.1:{FreePort()}";
        var tower = await TestTower.StartAsync(null, null, $"urls={address}", "Tower:Roles=both", $"Estate:Url={estate.BaseUrl}", $"Tower:PublicUrl={address}", "Tower:StoreZone=Europe/London");
        return new DeskMorning(estate, tower);
    }

    public Task BrokenAsync() => UntilAsync(
        "select count(*) from exception_case where state = 'open' and code in ('unknown-tax-code', 'unknown-location', 'undecided', 'id-reused')", DeskScenario.Untaxed + DeskScenario.ToCollect + 2, HurryAsync);

    /// <summary>Waits for the truth in the database, not for time.</summary>
    public async Task UntilAsync(string sql, long expected, Func<Task>? meanwhile = null)
    {
        var began = TimeProvider.System.GetTimestamp();
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(100), TimeProvider.System);
        for (var last = -1L; last != expected; last = await tower.Database.ScalarAsync<long>(sql))
        {
            Assert.True(TimeProvider.System.GetElapsedTime(began) < Patience, $"{sql} is {last}, not {expected}.\n{string.Join('\n', tower.Log.Errors)}");
            await (meanwhile?.Invoke() ?? Task.CompletedTask);
            await timer.WaitForNextTickAsync(TestContext.Current.CancellationToken);
        }
    }

    /// <summary>Every order that the shops have placed is in the ERP's book exactly once, with the amount that is due for it.</summary>
    public void BooksAgree()
    {
        var placed = Ledger("shopify-eu", "shopify-uk").Where(e => e.Kind == "order-placed").ToDictionary(e => e.Number!, e => (e.Amount, e.Currency), StringComparer.Ordinal);
        var booked = Ledger("bc-eu").Where(e => e.Kind == "order-posted").ToList();
        Assert.Equal(DeskScenario.Untaxed + DeskScenario.ToCollect + 2, placed.Count);
        Assert.Equal(placed.Count, booked.Count);
        Assert.Equal(placed.Keys.Order(StringComparer.Ordinal), booked.Select(e => e.ExternalDocumentNumber![..e.ExternalDocumentNumber!.LastIndexOf('-')]).Order(StringComparer.Ordinal));
        Assert.All(booked, e => Assert.Equal(placed[e.ExternalDocumentNumber![..e.ExternalDocumentNumber!.LastIndexOf('-')]], (e.Amount, e.Currency)));
    }

    /// <summary>The checker of <c>./tower verify</c> finds nothing, the ERP's own ledger compared; but for the test server, which is fast because it is not durable.</summary>
    public async Task SoundAsync()
    {
        await using var said = new StringWriter(CultureInfo.InvariantCulture);
        await VerifyProgram.RunAsync([tower.Database.ConnectionString, "--ledger", estate.BaseUrl], said, said, TestContext.Current.CancellationToken);
        var bad = said.ToString().Split('\n').Where(line => line.StartsWith("FAIL", StringComparison.Ordinal) || line.StartsWith("??", StringComparison.Ordinal) || line.StartsWith("verify:", StringComparison.Ordinal));
        Assert.Equal(["server-is-durable"], bad.Select(line => line[14..].Split(' ', StringSplitOptions.RemoveEmptyEntries)[0]));
    }

    public async ValueTask DisposeAsync()
    {
        await tower.DisposeAsync();
        await estate.DisposeAsync();
    }

    // A look-up that decides nothing is repeated ever more slowly, for minutes: here each is due at once, but only behind all other calls, or so many failures in a row would shut the ERP's door.
    private async Task HurryAsync()
    {
        await tower.Database.ExecuteAsync(
            $"""
            update delivery set due_at = now(), last_sent_at = last_sent_at - interval '1 minute'
            where state = 2 and due_at > now() and (select count(*) from exception_case where code = 'unknown-tax-code') = {DeskScenario.Untaxed}
            """);
        tower.Services.GetRequiredService<Doorbell>().Ring("bc-eu");
    }

    private IEnumerable<Effect> Ledger(params string[] systems) => systems.SelectMany(system => estate.Estate.Ledger(system, 0)!);

    internal static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
