using ControlTower.Data.Connections;
using ControlTower.Tests.Support;
using Xunit;

namespace ControlTower.Tests.Data.Connections;

public sealed class GateStoreTests
{
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(10);

    [Fact]
    public async Task A_gate_whose_row_is_being_written_is_passed_over_and_not_lost()
    {
        await using var world = await EngineWorld.CreateAsync();
        var work = world.Database.Sources.Work;
        var before = await GateStore.HoldAsync(work, world.Node, Lease, default);
        await using var screen = await work.OpenConnectionAsync();
        await using var writing = await screen.BeginTransactionAsync();
        await using (var command = screen.CreateCommand())
        {
            command.CommandText = $"update connection_gate set updated_at = now() where connection_id = '{EngineWorld.ErpId}'";
            await command.ExecuteNonQueryAsync();
        }

        var during = await GateStore.HoldAsync(work, world.Node, Lease, default);
        Assert.Equal(before.Select(l => (l.ConnectionId, l.Fence)).Order(), during.Select(l => (l.ConnectionId, l.Fence)).Order());
        Assert.Equal([EngineWorld.ErpId], during.Where(l => !l.Renewed).Select(l => l.ConnectionId));

        // Nobody else gets it meanwhile, and a lease that is over is not held by being busy.
        Assert.Empty(await GateStore.HoldAsync(work, Guid.NewGuid(), Lease, default));
        await writing.RollbackAsync();
        await world.Database.ExecuteAsync("update connection_gate set lease_until = now() - interval '1 second'");
        Assert.Equal(before.Count, (await GateStore.HoldAsync(work, Guid.NewGuid(), Lease, default)).Count);
        Assert.Empty(await GateStore.HoldAsync(work, world.Node, Lease, default));
    }
}
