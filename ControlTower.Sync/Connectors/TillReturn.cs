using ControlTower.Data.Canonical;

namespace ControlTower.Sync.Connectors;

/// <summary>
/// What a till took back by itself: goods, inspection and money in one act that is over when it is heard of. The books are still to be told, with what the till paid and not with a share of the
/// sale that the tower reckons. Goods count as sound, as the till's own stock counts them.
/// </summary>
internal static class TillReturn
{
    /// <param name="id">Of the return; what is heard of it again, such as its refund in a second payment, carries the same.</param>
    /// <param name="refund">The refund of the order that was recorded for it.</param>
    /// <param name="lines">What came back, each line named as in the sale.</param>
    public static IEnumerable<CanonicalEvent> Of(string id, RefundRecorded refund, IReadOnlyList<ReturnedLine> lines, string store)
    {
        var key = new OrderKey(refund.Order!.Value.Source, id);
        yield return new ReturnStated($"return:{id}", key, refund.Order.Value, refund.Version, lines, store, By: null, Receipt: true, Approved: true, refund.At, AtTill: true);
        yield return Paid(key, refund);
        yield return new ReturnInspected($"return:{id}:inspected", key, store, [.. lines.Select(l => new InspectedLine(l.OrderLineId, l.Quantity, GoodsCondition.Sound))], By: null, refund.At);
    }

    public static ReturnRefunded Paid(OrderKey key, RefundRecorded refund) => new($"return:{key.Id}:refund:{refund.RefundId}", key, refund.RefundId, refund.Amount, refund.At);
}
