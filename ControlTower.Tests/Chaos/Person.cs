using ControlTower.Data;
using ControlTower.Data.Audit;
using ControlTower.Sync;
using ControlTower.Sync.Pumps;
using ControlTower.Sync.Triage;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace ControlTower.Tests.Chaos;

/// <summary>The one who works the exceptions: retries every open case that is not about poison or about goods that had left, with the product's own desk.</summary>
internal sealed class Person : IAsyncDisposable
{
    private const string Open = $"""
        select e.id from exception_case e left join inbox_message m on m.id = e.message_id
        where e.state = 'open' and e.code not in ('id-reused', 'cancel-after-shipment') and coalesce(m.event_id, '') not like '{Poisoner.Mark}%' order by e.id limit 500
        """;

    private readonly ChaosWorld world;
    private readonly ServiceProvider services;

    public Person(ChaosWorld world)
    {
        this.world = world;
        var configuration = new ConfigurationBuilder().AddInMemoryCollection([KeyValuePair.Create("Database:ConnectionString", (string?)world.ConnectionString)]).Build();
        var collection = new ServiceCollection();
        collection.AddLogging();
        collection.AddSingleton<IConfiguration>(configuration);
        collection.AddSingleton(TimeProvider.System);
        collection.AddDataProtection().UseEphemeralDataProtectionProvider();
        collection.AddTowerData(configuration);
        collection.AddTowerSync(configuration);
        collection.AddSingleton(NodeIdentity.New("web"));
        services = collection.BuildServiceProvider();
    }

    public int Retried { get; private set; }

    public async Task RetryAsync(CancellationToken cancel)
    {
        var open = await world.ListAsync(Open, r => r.GetInt64(0));
        if (open.Count > 0)
        {
            Retried += (await services.GetRequiredService<RetryDesk>().RetryAsync(open, new Actor(Guid.NewGuid(), "Ida Holm", "Operations"), cancel)).Frozen.Count;
        }
    }

    public ValueTask DisposeAsync() => services.DisposeAsync();
}
