using ControlTower.Sync.Connections;
using ControlTower.Sync.Connectors;
using ControlTower.Sync.Ingress;
using ControlTower.Sync.Pumps;
using ControlTower.Tests.Support;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace ControlTower.Tests.Sync.Connections;

/// <summary>The key folder is gone: what was sealed under it cannot be opened any more.</summary>
public sealed class LostKeysTests
{
    [Fact]
    public async Task Without_its_keys_a_node_calls_nobody_with_an_empty_secret_and_asks_senders_to_come_later()
    {
        await using var world = await EngineWorld.CreateAsync();
        await world.PlaceAsync(1);
        var keyless = await EngineWorld.CreateAsync(other: world, configure: services => services.AddSingleton<IDataProtectionProvider>(new EphemeralDataProtectionProvider()));

        Assert.All(keyless.Get<ConnectionDirectory>().All, connection => Assert.Contains("Enter them again or restore the key folder", connection.Unusable, StringComparison.Ordinal));
        await keyless.Get<OutboxPump>().RunOnceAsync(default);
        Assert.Empty(world.Erp.Client.Calls);
        var pushed = new RawRequest("order", new Dictionary<string, string> { ["x-test-signature"] = "genuine", ["x-test-id"] = "1" }, new Dictionary<string, string>(), "{}"u8.ToArray());
        Assert.IsType<Reception.Later>(await keyless.Get<IngressDesk>().ReceiveAsync(EngineWorld.ShopId, pushed, null, default));

        // With the keys back nothing was lost.
        await keyless.Get<OutboxPump>().StopAsync(default);
        await world.WorkOutboxAsync();
        Assert.Single(world.Erp.Client.Ledger);
    }
}
