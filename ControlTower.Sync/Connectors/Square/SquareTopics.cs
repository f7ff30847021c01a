using System.Collections.Frozen;

namespace ControlTower.Sync.Connectors.Square;

internal static class SquareTopics
{
    /// <summary>Topics of what was read, not pushed.</summary>
    public const string ReadOrder = "read/order";
    public const string ReadRefund = "read/refund";

    /// <summary>A reading of an order, and the hints that only name one to be read.</summary>
    public static readonly FrozenSet<string> OfOrder =
        FrozenSet.Create(StringComparer.Ordinal, ReadOrder, "order.created", "order.updated", "order.fulfillment.updated", "payment.created", "payment.updated");

    public const string Unreadable = "unreadable";

    public const string StockCount = "inventory.count.updated";

    /// <summary>What we subscribe to, by the vendor's names.</summary>
    public static readonly IReadOnlyList<string> Wanted =
    [
        "order.created", "order.updated", "order.fulfillment.updated", "payment.created", "payment.updated", "refund.created", "refund.updated", StockCount,
    ];
}
