using ControlTower.Data.Connections;
using ControlTower.Sync.Connections;
using ControlTower.Sync.Pumps;
using ControlTower.Tests.Conformance;
using ControlTower.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace ControlTower.Tests.Sync.Pumps;

/// <summary>A worker is added to one that holds all gates.</summary>
public sealed class SharedGatesTests : IAsyncLifetime
{
    private readonly FakeTimeProvider clock = new();
    private EngineWorld rich = null!;
    private EngineWorld added = null!;
    private OutboxPump pump = null!;

    public async ValueTask InitializeAsync()
    {
        rich = await EngineWorld.CreateAsync();
        added = await EngineWorld.CreateAsync(other: rich);
        var parts = rich.Get<ConnectionWorkerParts>();
        pump = new OutboxPump(rich.Database.Sources, rich.Get<ConnectionDirectory>(), parts, parts.Node, clock, NullLogger<OutboxPump>.Instance);
        await BeatAsync(rich, "now()");
        await pump.RunOnceAsync(default);
        Assert.Equal((2, 0), await HeldAsync());
    }

    public async ValueTask DisposeAsync()
    {
        await pump.StopAsync(default);
        await rich.DisposeAsync();
    }

    [Fact]
    public async Task It_is_given_its_share_once_and_works_with_it()
    {
        await BeatAsync(added, "now()");
        await LookAsync();
        await Wait.ForAsync(async () => await HeldAsync() == (1, 1));

        Assert.True(await added.Database.ScalarAsync<bool>($"select lease_until < now() + interval '5 seconds' from connection_gate where owner = '{added.Node}'"));
        await LookAsync();
        Assert.Equal((1, 1), await HeldAsync());
        var fences = await GateStore.HoldAsync(added.Database.Sources.Work, added.Node, OutboxPump.Lease, default);
        Assert.Equal(2, Assert.Single(fences).Fence);
    }

    [Theory]
    [InlineData("now() - interval '8 seconds'", "worker")]
    [InlineData("now()", "web")]
    public async Task Who_is_silent_or_works_off_nothing_is_given_nothing(string beat, string roles)
    {
        await BeatAsync(added, beat, roles);
        await LookAsync();
        Assert.Null(await GateStore.SurplusAsync(rich.Database.Sources.Work, rich.Node, default));
        Assert.Equal((2, 0), await HeldAsync());
    }

    [Fact]
    public async Task A_gate_that_was_lost_meanwhile_is_nobodys_to_give()
    {
        await rich.Database.ExecuteAsync("update connection_gate set fence = fence + 1");
        Assert.Equal(0, await GateStore.GiveAsync(rich.Database.Sources.Work, EngineWorld.ErpId, 1, added.Node, OutboxPump.Lease, default));
        Assert.Equal((2, 0), await HeldAsync());
    }

    private Task<PumpRun> LookAsync()
    {
        clock.Advance(OutboxPump.Sharing);
        return pump.RunOnceAsync(default);
    }

    private static Task BeatAsync(EngineWorld node, string at, string roles = "worker") => node.Database.ExecuteAsync(
        $"insert into node (id, roles, host, version, beat_at) values ('{node.Node}', '{roles}', 'here', '1', {at}) on conflict (id) do update set beat_at = excluded.beat_at, roles = excluded.roles");

    private async Task<(long Rich, long Added)> HeldAsync() => (
        await rich.Database.ScalarAsync<long>($"select count(*) from connection_gate where owner = '{rich.Node}'"), await rich.Database.ScalarAsync<long>($"select count(*) from connection_gate where owner = '{added.Node}'"));
}
