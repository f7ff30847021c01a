using System.Globalization;
using System.Net.Sockets;
using ControlTower.Data.Audit;
using ControlTower.Data.Canonical;
using ControlTower.Data.Db;
using ControlTower.Data.Live;
using ControlTower.Sync.Pumps;
using ControlTower.Sync.Returns;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace ControlTower.Tests.Chaos;

/// <summary>The counter of a store where buyers of one web shop hand in a piece of what they got. The assistant presses until the tower says that it has it.</summary>
internal sealed class ReturnCounter : IAsyncDisposable
{
    public const string Shop = "shopify-eu";
    private const string Store = "EU-BER1";

    private static readonly TimeSpan Pace = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Again = TimeSpan.FromMilliseconds(500);

    private readonly ChaosWorld world;
    private readonly TowerDataSources sources;
    private readonly ReturnDesk desk;
    private readonly Dictionary<long, string> taken = [];

    public ReturnCounter(ChaosWorld world)
    {
        (this.world, sources) = (world, new TowerDataSources(world.ConnectionString));
        desk = new ReturnDesk(sources, new AuditLog(sources, TimeProvider.System), new ChangeNotifier(sources, TimeProvider.System, NullLogger<ChangeNotifier>.Instance), new Doorbell());
    }

    /// <summary>The orders, by their id in the shop, of which a piece came back: one return each.</summary>
    public IReadOnlyCollection<string> Orders => taken.Values;

    /// <summary>Until the time is over; what was begun is brought to its end.</summary>
    public async Task TakeBackAsync(TimeSpan time, CancellationToken cancel)
    {
        var began = TimeProvider.System.GetTimestamp();
        using var rhythm = new PeriodicTimer(Pace, TimeProvider.System);
        while (await rhythm.WaitForNextTickAsync(cancel) && TimeProvider.System.GetElapsedTime(began) < time)
        {
            if (await ParcelAsync() is var (flow, order, line))
            {
                await TakeOneAsync(flow, line, cancel);
                taken[flow] = order;
            }
        }
    }

    public ValueTask DisposeAsync() => sources.DisposeAsync();

    /// <summary>An order that has reached its buyer, all paid, of which nothing came back yet; null if there is none, or nobody can look.</summary>
    private async Task<(long Flow, string Order, string Line)?> ParcelAsync()
    {
        try
        {
            var found = await world.ListAsync(
                $"""
                select f.id, f.source_id, d.body -> 'lines' -> 0 ->> 'id' from flow f join order_document d on d.flow_id = f.id and d.version = (f.state ->> 'Document')::bigint
                where f.kind = 'order-to-cash' and f.source = '{Shop}' and f.status = 'done' and f.stage = 'paid' and f.id <> all ($1) order by f.id limit 1
                """,
                r => (r.GetInt64(0), r.GetString(1), r.GetString(2)), taken.Keys.ToArray());
            return found.Count > 0 ? found[0] : null;
        }
        catch (Exception error) when (error is NpgsqlException or SocketException or IOException or TimeoutException)
        {
            return null;
        }
    }

    private async Task TakeOneAsync(long flow, string line, CancellationToken cancel)
    {
        var wish = new ReturnWish(Guid.NewGuid(), flow, [new ReturnedLine(line, 1, ReturnReasons.Size)], Store, Receipt: true, [new InspectedLine(line, 1, GoodsCondition.Sound)]);
        while (true)
        {
            try
            {
                if (await desk.StartAsync(wish, new Actor(null, "Tina", "Operations"), cancel) is ReturnAnswer.Taken)
                {
                    return;
                }

                throw new InvalidOperationException(string.Create(CultureInfo.InvariantCulture, $"The return of a piece of order {flow} was refused."));
            }
            catch (Exception error) when (error is NpgsqlException or SocketException or IOException or TimeoutException)
            {
                await Task.Delay(Again, TimeProvider.System, cancel);
            }
        }
    }
}
