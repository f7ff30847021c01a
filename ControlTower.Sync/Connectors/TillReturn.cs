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
        return Of(key, refund.Order.Value, refund.Version, refund.At, lines, store, Paid(key, refund));
    }

    /// <param name="paid">Null while its money is still to be heard of.</param>
    public static IEnumerable<CanonicalEvent> Of(OrderKey key, OrderKey sale, long version, DateTimeOffset at, IReadOnlyList<ReturnedLine> lines, string store, ReturnRefunded? paid)
    {
        yield return new ReturnStated($"return:{key.Id}", key, sale, version, lines, store, By: null, Receipt: true, Approved: true, at, AtTill: true);
        if (paid is not null)
        {
            yield return paid;
        }

        yield return new ReturnInspected($"return:{key.Id}:inspected", key, store, [.. lines.Select(l => new InspectedLine(l.OrderLineId, l.Quantity, GoodsCondition.Sound))], By: null, at);
    }

    public static ReturnRefunded Paid(OrderKey key, RefundRecorded refund) => new($"return:{key.Id}:refund:{refund.RefundId}", key, refund.RefundId, refund.Amount, refund.At);
}
