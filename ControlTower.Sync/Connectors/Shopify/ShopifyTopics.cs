using System.Collections.Frozen;

namespace ControlTower.Sync.Connectors.Shopify;

/// <summary>The topics that the tower asks for or may be sent anyway.</summary>
internal static class ShopifyTopics
{
    /// <summary>Topic of an order that was read, not pushed.</summary>
    public const string ReadOrder = "read/order";

    /// <summary>What may be sold of an item at a location changed, by whomever.</summary>
    public const string StockLevel = "inventory_levels/update";

    /// <summary>What we subscribe to: topic of the header, and its name in the API.</summary>
    public static readonly IReadOnlyList<(string Topic, string Api)> Wanted =
    [
        ("orders/create", "ORDERS_CREATE"),
        ("orders/updated", "ORDERS_UPDATED"),
        ("orders/paid", "ORDERS_PAID"),
        ("orders/edited", "ORDERS_EDITED"),
        ("orders/cancelled", "ORDERS_CANCELLED"),
        ("orders/fulfilled", "ORDERS_FULFILLED"),
        ("fulfillments/create", "FULFILLMENTS_CREATE"),
        ("fulfillments/update", "FULFILLMENTS_UPDATE"),
        ("refunds/create", "REFUNDS_CREATE"),
        ("returns/request", "RETURNS_REQUEST"),
        ("returns/approve", "RETURNS_APPROVE"),
        ("returns/decline", "RETURNS_DECLINE"),
        ("returns/cancel", "RETURNS_CANCEL"),
        ("returns/close", "RETURNS_CLOSE"),
        ("returns/update", "RETURNS_UPDATE"),
        ("app/uninstalled", "APP_UNINSTALLED"),
    ];

    /// <summary>The same where the tower publishes stock: the shop then tells its levels, too.</summary>
    public static readonly IReadOnlyList<(string Topic, string Api)> WantedWithStock = [.. Wanted, (StockLevel, "INVENTORY_LEVELS_UPDATE")];

    /// <summary>Statements of an order or a return that a newer reading of it makes needless.</summary>
    public static readonly FrozenSet<string> OfOrder =
        FrozenSet.Create(StringComparer.Ordinal, ReadOrder, "orders/create", "orders/updated", "orders/paid", "orders/edited", "orders/cancelled", "orders/fulfilled", "orders/partially_fulfilled");

    public static readonly FrozenSet<string> OfReturn =
        FrozenSet.Create(StringComparer.Ordinal, ReturnReading.Topic, "returns/request", "returns/approve", "returns/decline", "returns/cancel", "returns/close", "returns/update");

    /// <summary>Understood and passed over, with the reason that people read.</summary>
    public static readonly FrozenDictionary<string, string> PassedOver = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["app/uninstalled"] = "The app was uninstalled: calls will fail until it is installed again.",
        ["customers/data_request"] = "A customer's data request: to be answered by the shop's data protection officer.",
        ["customers/redact"] = "A request to erase a customer's data: raw messages are erased by retention.",
        ["shop/redact"] = "A request to erase the shop's data: remove the connection to do so.",
        ["orders/delete"] = "The order was deleted in the shop: its documents stay.",
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>Last part of the address that a topic is delivered to.</summary>
    public static string Path(string topic) => topic.Replace('/', '-');
}
