using System.Text.Json;
using System.Text.Json.Serialization;
using ControlTower.Data.Canonical;
using ControlTower.Data.Returns;
using ControlTower.Sync.Flows.OrderToCash;
using Npgsql;

namespace ControlTower.Sync.Flows;

/// <summary>What flows want done to the limits of orders, and to the stock of what came back. Answers wait in the flows.</summary>
internal static class ReturnEffects
{
    public static bool Are(LocalEffect effect) => effect is
        LocalEffect.SeeOrder or LocalEffect.Claim or LocalEffect.ReleaseClaim or LocalEffect.SettleClaim or LocalEffect.CountRefund or LocalEffect.PutBack;

    /// <summary>Limits are locked before rows of stock, and all that the batch is about at once, so that two batches never wait for each other.</summary>
    public static async Task LockAsync(NpgsqlConnection connection, FlowBatch working, IReadOnlyList<(FlowInstance Flow, LocalEffect Effect)> effects, CancellationToken cancel)
    {
        var orders = effects.Select(e => e.Effect).OfType<LocalEffect.SeeOrder>().Select(e => e.Order).Distinct().ToList();
        var flows = working.Flows.Where(f => f.Row.Kind == ReturnToRefund.ReturnToRefundFlow.Name).Select(f => f.Row.Id)
            .Concat(effects.Where(e => e.Effect is LocalEffect.CountRefund).Select(e => e.Flow.Row.Id)).Distinct().ToList();
        if (flows.Count > 0)
        {
            await ReturnLimits.LockAsync(connection, flows, orders, cancel);
        }
    }

    /// <summary>Goods first; then what flows want of limits, in the order of order flows, each flow's wishes in its own order.</summary>
    public static async Task CarryOutAsync(NpgsqlConnection connection, IReadOnlyList<(FlowInstance Flow, LocalEffect Effect)> effects, CancellationToken cancel)
    {
        var goods = effects.Where(e => e.Effect is LocalEffect.PutBack).SelectMany(e => Items(e.Flow.Row.Id, (LocalEffect.PutBack)e.Effect)).ToArray();
        if (goods.Length > 0)
        {
            await ReturnLimits.PutBackAsync(connection, JsonSerializer.Serialize(goods, ReturnJson.Default.PutBackJsonArray), cancel);
        }

        var asking = effects.Where(e => e.Effect is LocalEffect.SeeOrder).Select(e => (e.Flow, Asked: ((LocalEffect.SeeOrder)e.Effect).Order)).ToList();
        if (asking.Count > 0)
        {
            var seen = await ReturnLimits.SeeAsync(connection, [.. asking.Select(a => a.Asked).Distinct()], cancel);
            asking.ForEach(a => a.Flow.Answers.Enqueue(new FlowEvent.OrderSeen(seen.TryGetValue(a.Asked, out var order) ? Sold(order, a.Flow.Row.SourceId) : null)));
        }

        // Limits that do not exist yet could not be locked beforehand: who makes them does so in the same order as everybody.
        foreach (var (flow, effect) in effects.GroupBy(e => e.Flow).OrderBy(g => g.Max(e => LimitOf(e.Flow, e.Effect))).SelectMany(g => g))
        {
            await CarryOutAsync(connection, flow, effect, cancel);
        }
    }

    private static long LimitOf(FlowInstance flow, LocalEffect effect) => effect switch
    {
        LocalEffect.Claim claim => claim.Order.FlowId,
        LocalEffect.CountRefund => flow.Row.Id,
        _ => 0,
    };

    private static async Task CarryOutAsync(NpgsqlConnection connection, FlowInstance flow, LocalEffect effect, CancellationToken cancel)
    {
        var id = flow.Row.Id;
        switch (effect)
        {
            case LocalEffect.Claim claim:
                var lines = JsonSerializer.Serialize(
                    [.. claim.Lines.Select(l => new ClaimJson(l.OrderLineId, l.Sku, l.Sold, l.Worth, l.Quantity, l.Amount))], ReturnJson.Default.ClaimJsonArray);
                flow.Answers.Enqueue(new FlowEvent.Claimed(
                    await ReturnLimits.ClaimAsync(connection, id, claim.Order.FlowId, new Money(claim.Order.Captured, claim.Order.Currency), lines, cancel)));
                break;
            case LocalEffect.ReleaseClaim release:
                await ReturnLimits.ReleaseAsync(connection, id, release.Parts is null ? null : JsonSerializer.Serialize(
                    [.. release.Parts.Select(p => new PartJson(p.OrderLineId, p.Quantity, p.Amount))], ReturnJson.Default.PartJsonArray), cancel);
                break;
            case LocalEffect.SettleClaim settle:
                await ReturnLimits.SettleAsync(connection, id, settle.RefundId, settle.Amount, settle.ByHand, cancel);
                break;
            case LocalEffect.CountRefund count:
                var counted = JsonSerializer.Serialize(
                    [.. count.Lines.Select(l => new CountedJson(l.OrderLineId, l.Sold, l.Worth, l.Quantity))], ReturnJson.Default.CountedJsonArray);
                await ReturnLimits.CountAsync(connection, new StatedRefund(id, count.RefundId, count.Amount, count.Captured, count.Echo?.Value, count.OfReturn, counted), cancel);
                break;
            default:
                break;
        }
    }

    private static IEnumerable<PutBackJson> Items(long flow, LocalEffect.PutBack back) =>
        back.Lines.Select(l => new PutBackJson(flow, back.Inspection, l.OrderLineId, l.Sku, back.Location, l.Sound, l.Damaged));

    private static SoldOrder Sold(SeenOrder seen, string returned)
    {
        // What the shop paid for this very return is not in its way.
        var early = seen.Early.Where(r => r.Return == returned).ToList();
        var mine = early.SelectMany(r => JsonSerializer.Deserialize(r.LinesJson, ReturnJson.Default.CountedJsonArray)!).ToLookup(l => l.Line, l => l.Quantity, StringComparer.Ordinal);
        var state = JsonSerializer.Deserialize(seen.State, OrderStateJson.Default.OrderState)!;
        var order = seen.Document is null ? null : JsonSerializer.Deserialize(seen.Document, CanonicalJson.Default.Order);
        var gone = Gone(state);
        return new SoldOrder(
            seen.FlowId, seen.Key, seen.Name, state.Currency, order?.TaxesIncluded ?? true, seen.Status == "cancelled",
            state.IsHandedOver() ? state.PlacedAt : state.Shipments.Count > 0 ? state.Shipments.Min(s => s.At) : null,
            state.Captured, state.Captured - seen.GivenBack + early.Sum(r => r.Counted), state.Erp ?? seen.Erp, seen.PostedAs is { } key ? new PostingKey(key) : null,
            state.Invoices.Count > 0, seen.Returns,
            [.. (order?.Lines ?? []).Where(l => l.Quantity > 0).Select(l => new SoldLine(
                l.Id, l.Sku, l.Title, l.Quantity, l.Quantity - Back(l.Id), l.UnitPrice, l.Net, l.Taxes, seen.Back.GetValueOrDefault(l.Id).Claimed,
                gone is null ? int.MaxValue : Math.Max(gone.GetValueOrDefault(l.Sku) - order!.Lines.Where(o => o.Sku == l.Sku).Sum(o => Back(o.Id)), 0)))]);

        int Back(string line) => seen.Back.GetValueOrDefault(line).Pieces - mine[line].Sum();
    }

    // Pieces by SKU that left; null where all of the order did, or parcels do not say what was in them.
    private static Dictionary<string, int>? Gone(OrderState state) =>
        state.IsHandedOver() || state.Shipments.Any(s => s.Complete || s.Lines.Count == 0) ? null
        : state.Shipments.SelectMany(s => s.Lines).GroupBy(l => l.Sku, StringComparer.Ordinal).ToDictionary(g => g.Key, g => g.Sum(l => l.Quantity), StringComparer.Ordinal);
}

internal sealed record ClaimJson(string Line, string Sku, int Sold, decimal Worth, int Quantity, decimal Amount);

internal sealed record PartJson(string Line, int Quantity, decimal Amount);

internal sealed record CountedJson(string Line, int Sold, decimal Worth, int Quantity);

internal sealed record PutBackJson(long Flow, string Inspection, string Line, string Sku, string Location, int Sound, int Damaged);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(ClaimJson[]))]
[JsonSerializable(typeof(PartJson[]))]
[JsonSerializable(typeof(CountedJson[]))]
[JsonSerializable(typeof(PutBackJson[]))]
internal sealed partial class ReturnJson : JsonSerializerContext;
