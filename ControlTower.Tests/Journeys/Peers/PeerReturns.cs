using ControlTower.Data.Audit;
using ControlTower.Data.Canonical;
using ControlTower.Data.Db;
using ControlTower.Data.Live;
using ControlTower.Sync.Pumps;
using ControlTower.Sync.Returns;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Xunit;

namespace ControlTower.Tests.Journeys.Peers;

/// <param name="Id">The return's id in the tower.</param>
/// <param name="Code">The shop's number of its order.</param>
/// <param name="Store">Where it was handed in; null if it came by post.</param>
internal sealed record PeerReturn(string Id, string Code, string? Store, int Pieces);

/// <summary>People of the tower take goods back: every third delivered order, by turns at the store and by post.</summary>
internal sealed class PeerReturns(TowerDataSources sources, NpgsqlDataSource tower)
{
    public const string Store = "ST1";

    private static readonly Actor Assistant = new(null, "Tina", "Operations");

    private readonly ReturnDesk desk = new(
        sources, new AuditLog(sources, TimeProvider.System), new ChangeNotifier(sources, TimeProvider.System, NullLogger<ChangeNotifier>.Instance), new Doorbell());

    public static async Task<IReadOnlyList<PeerReturn>> TakeAsync(string connectionString, IReadOnlyList<ShopOrder> delivered, CancellationToken cancel)
    {
        await using var sources = new TowerDataSources(connectionString);
        await using var tower = NpgsqlDataSource.Create(connectionString);
        var people = new PeerReturns(sources, tower);
        var taken = new List<PeerReturn>();
        foreach (var order in delivered.Where((_, i) => i % 3 == 0))
        {
            taken.Add(await people.TakeAsync(order, atStore: taken.Count % 2 == 0, whole: taken.Count % 4 > 1, cancel));
        }

        return taken;
    }

    private async Task<PeerReturn> TakeAsync(ShopOrder order, bool atStore, bool whole, CancellationToken cancel)
    {
        var (flow, lines) = await SoldAsync(order, cancel);
        List<ReturnedLine> back = whole ? lines : [lines[0] with { Quantity = 1 }];
        List<InspectedLine> goods = [.. back.Select(l => new InspectedLine(l.OrderLineId, l.Quantity, GoodsCondition.Sound))];
        var wish = new ReturnWish(Guid.NewGuid(), flow, back, atStore ? Store : null, Receipt: true, atStore ? goods : null);
        var id = Assert.IsType<ReturnAnswer.Taken>(await desk.StartAsync(wish, Assistant, cancel)).ReturnId;
        if (!atStore)
        {
            var parcel = await FlowAsync(id, cancel);
            Assert.IsType<ReturnAnswer.Taken>(await desk.ReceiveAsync(
                parcel, Guid.NewGuid(), "WEB", [.. back.Select(l => new ReceivedLine(l.OrderLineId, l.Quantity))], complete: true, seen: 0, Assistant, cancel));
            Assert.IsType<ReturnAnswer.Taken>(await desk.InspectAsync(parcel, Guid.NewGuid(), "WEB", goods, seen: 0, Assistant, cancel));
        }

        return new PeerReturn(id, order.Code, atStore ? Store : null, back.Sum(l => l.Quantity));
    }

    private async Task<(long Flow, List<ReturnedLine> Lines)> SoldAsync(ShopOrder order, CancellationToken cancel)
    {
        await using var command = tower.CreateCommand(
            """
            select f.id, l ->> 'id', (l ->> 'quantity')::integer from flow f join order_document d on d.flow_id = f.id and d.version = (f.state ->> 'Document')::bigint,
                jsonb_array_elements(d.body -> 'lines') l where f.kind = 'order-to-cash' and f.source_id = $1 order by l ->> 'id'
            """);
        command.Parameters.Add(new NpgsqlParameter { Value = order.Id });
        await using var rows = await command.ExecuteReaderAsync(cancel);
        var (flow, lines) = (0L, new List<ReturnedLine>());
        while (await rows.ReadAsync(cancel))
        {
            flow = rows.GetInt64(0);
            lines.Add(new ReturnedLine(rows.GetString(1), rows.GetInt32(2), ReturnReasons.Size));
        }

        return (flow, lines);
    }

    private async Task<long> FlowAsync(string id, CancellationToken cancel)
    {
        while (true)
        {
            await using var command = tower.CreateCommand("select id from flow where kind = 'return-to-refund' and source_id = $1");
            command.Parameters.Add(new NpgsqlParameter { Value = id });
            if (await command.ExecuteScalarAsync(cancel) is long flow)
            {
                return flow;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System, cancel);
        }
    }
}
