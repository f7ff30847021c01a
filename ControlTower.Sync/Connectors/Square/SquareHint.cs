using System.Text.Json;

namespace ControlTower.Sync.Connectors.Square;

/// <summary>What a webhook is about. It is a hint: it names the order or refund to be read, and nothing of its content is used.</summary>
internal static class SquareHint
{
    /// <summary>The resource to read, such as <c>order/abc</c>; null if it names none.</summary>
    public static string? Resource(JsonElement hint)
    {
        var type = hint.Text("type") ?? "";
        return type.StartsWith("order.", StringComparison.Ordinal) ? Named("order", OrderOf(hint))
            : type.StartsWith("payment.", StringComparison.Ordinal) ? Named("order", hint.Text("data", "object", "payment", "order_id"))
            : type.StartsWith("refund.", StringComparison.Ordinal) ? Named("refund", hint.Text("data", "object", "refund", "id") ?? hint.Text("data", "id"))
            : null;
    }

    /// <summary>Hints about one thing are worked one after the other.</summary>
    public static string? Lane(JsonElement hint) => Resource(hint);

    private static string? OrderOf(JsonElement hint)
        => hint.Text("data", "object", "order_updated", "order_id") ?? hint.Text("data", "object", "order_created", "order_id")
            ?? hint.Text("data", "object", "order_fulfillment_updated", "order_id") ?? hint.Text("data", "id");

    private static string? Named(string what, string? id) => SquareId.IsOne(id) ? $"{what}/{id}" : null;
}
