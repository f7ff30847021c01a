using ControlTower.Data.Inventory;
using ControlTower.Sync.Connectors;
using Npgsql;

namespace ControlTower.Sync.Flows;

/// <summary>Carries out the stock movements that the flows of a round decided, all in one statement. Answers wait in the flows.</summary>
internal static class FlowEffects
{
    public static async Task CarryOutAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, FlowBatch working, CancellationToken cancel)
    {
        var requests = working.Flows.SelectMany(f => f.Effects.Select(e => Request(f, e))).ToList();
        if (requests.Count == 0)
        {
            return;
        }

        foreach (var flow in working.Flows)
        {
            flow.Effects.Clear();
        }

        foreach (var answer in (await StockStore.ApplyAsync(connection, transaction, requests, cancel)).Values)
        {
            working[answer.FlowId].Answers.Enqueue(answer switch
            {
                StockAnswer.Reserved r => new FlowEvent.Reserved([.. r.Parts.Select(p => new Allocation(p.OrderLineId, p.Sku, p.Location, p.Quantity))]),
                StockAnswer.Short s => new FlowEvent.NotReserved([.. s.Shortages.Select(x => new Shortage(x.Sku, x.Wanted, x.Missing))]),
                _ => throw new InvalidOperationException($"Unknown answer {answer.GetType().Name}."),
            });
        }
    }

    private static StockRequest Request(FlowInstance flow, LocalEffect effect) => effect switch
    {
        LocalEffect.Reserve r => new StockRequest.Reserve(flow.Row.Id, [.. r.Lines.Select(l => new StockLine(l.OrderLineId, l.Sku, l.Quantity))], r.Mode, r.PreferredLocation),
        LocalEffect.Release => new StockRequest.Release(flow.Row.Id),
        LocalEffect.Commit => new StockRequest.Commit(flow.Row.Id),
        _ => throw new InvalidOperationException($"Unknown effect {effect.GetType().Name}."),
    };
}
