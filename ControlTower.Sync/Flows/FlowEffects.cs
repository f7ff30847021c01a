using ControlTower.Data.Flows;
using ControlTower.Data.Inventory;
using ControlTower.Sync.Connectors;
using Npgsql;

namespace ControlTower.Sync.Flows;

/// <summary>Carries out what the flows of a round want done in our own database, each kind in one go. Answers wait in the flows.</summary>
internal static class FlowEffects
{
    public static async Task CarryOutAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, FlowBatch working, CancellationToken cancel)
    {
        var effects = working.Flows.SelectMany(f => f.Effects.Select(e => (Flow: f, Effect: e))).ToList();
        if (effects.Count == 0)
        {
            return;
        }

        foreach (var flow in working.Flows)
        {
            flow.Effects.Clear();
        }

        await SeekTwinsAsync(connection, [.. effects.Where(e => e.Effect is LocalEffect.SeekTwin).Select(e => (e.Flow, (LocalEffect.SeekTwin)e.Effect))], cancel);
        await ReturnEffects.LockAsync(connection, working, effects, cancel);
        await MoveStockAsync(connection, transaction, working, [.. effects.Where(e => e.Effect is not (LocalEffect.SeekTwin or LocalEffect.SeeCover) && !ReturnEffects.Are(e.Effect)).Select(e => Request(e.Flow, e.Effect))], cancel);
        await SeeCoverAsync(connection, [.. effects.Where(e => e.Effect is LocalEffect.SeeCover).Select(e => e.Flow)], cancel);
        await ReturnEffects.CarryOutAsync(connection, [.. effects.Where(e => ReturnEffects.Are(e.Effect))], cancel);
    }

    private static async Task SeekTwinsAsync(NpgsqlConnection connection, List<(FlowInstance Flow, LocalEffect.SeekTwin Asked)> seeking, CancellationToken cancel)
    {
        if (seeking.Count == 0)
        {
            return;
        }

        // One policy, so one length of time.
        var within = seeking.Max(s => s.Asked.Within);
        var questions = seeking.ConvertAll(s => new TwinQuestion(s.Flow.Row.Id, s.Flow.Row.Source, s.Asked.Likeness, s.Asked.PlacedAt, s.Asked.Name));
        var found = await OrderTwins.SeekAsync(connection, questions, within, cancel);
        foreach (var (flow, _) in seeking)
        {
            flow.Answers.Enqueue(new FlowEvent.TwinSought(found.GetValueOrDefault(flow.Row.Id)));
        }
    }

    private static async Task SeeCoverAsync(NpgsqlConnection connection, List<FlowInstance> looking, CancellationToken cancel)
    {
        if (looking.Count == 0)
        {
            return;
        }

        var missing = (await StockStore.UncoveredAsync(connection, [.. looking.Select(f => f.Row.Id)], cancel)).ToLookup(u => u.FlowId);
        foreach (var flow in looking)
        {
            flow.Answers.Enqueue(new FlowEvent.CoverSeen([.. missing[flow.Row.Id].Select(u => new Uncovered(u.Sku, u.Location, u.Wanted, u.Missing))]));
        }
    }

    private static async Task MoveStockAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, FlowBatch working, List<StockRequest> requests, CancellationToken cancel)
    {
        foreach (var answer in (await StockStore.ApplyAsync(connection, transaction, requests, cancel)).Values)
        {
            working[answer.FlowId].Answers.Enqueue(answer switch
            {
                StockAnswer.Reserved r => new FlowEvent.Reserved(Parts(r.Parts)),
                StockAnswer.Short s => new FlowEvent.NotReserved(Named(s.Shortages)),
                StockAnswer.Taken t => new FlowEvent.Taken(Parts(t.Parts), Named(t.Oversold)),
                _ => throw new InvalidOperationException($"Unknown answer {answer.GetType().Name}."),
            });
        }
    }

    private static List<Allocation> Parts(IReadOnlyList<StockPart> parts) => [.. parts.Select(p => new Allocation(p.OrderLineId, p.Sku, p.Location, p.Quantity))];

    private static List<Shortage> Named(IReadOnlyList<StockShortage> shortages) => [.. shortages.Select(s => new Shortage(s.Sku, s.Wanted, s.Missing))];

    private static StockRequest Request(FlowInstance flow, LocalEffect effect) => effect switch
    {
        LocalEffect.Reserve r => new StockRequest.Reserve(flow.Row.Id, [.. r.Lines.Select(l => new StockLine(l.OrderLineId, l.Sku, l.Quantity))], r.Mode, r.PreferredLocation),
        LocalEffect.Release => new StockRequest.Release(flow.Row.Id),
        LocalEffect.Commit c => new StockRequest.Commit(flow.Row.Id, c.At, c.Goods is null ? null : [.. c.Goods.Select(g => new StockGoods(g.Sku, g.Quantity))]),
        LocalEffect.CallBack b => new StockRequest.CallBack(flow.Row.Id, b.At, [.. b.Goods.Select(g => new StockGoods(g.Sku, g.Quantity))]),
        LocalEffect.Take t => new StockRequest.Take(flow.Row.Id, [.. t.Lines.Select(l => new StockLine(l.OrderLineId, l.Sku, l.Quantity))], t.Location, t.At),
        _ => throw new InvalidOperationException($"Unknown effect {effect.GetType().Name}."),
    };
}
