using System.Text.Json;
using ControlTower.Data.Canonical;

namespace ControlTower.Sync.Connectors.Square;

internal static class ReturnedLines
{
    private const string Path = "order.returns.return_line_items";

    public static IReadOnlyList<RefundLine> Of(JsonElement one, Skus skus, string currency) =>
    [
        .. one.Items("return_line_items").Select(l => new RefundLine(
            VendorText.Plain(l.Text("source_line_item_uid") ?? l.Text("uid"), 60) ?? throw new FieldFault("line", $"{Path}.source_line_item_uid", "The line that came back is not named."),
            skus.Of(l) is { Length: > 0 } sku ? sku : null, l.Quantity(Path), l.Money("total_money", currency, Path))),
    ];

    /// <summary>The same as lines of a return; what a line was worth holds its tax.</summary>
    public static IReadOnlyList<ReturnedLine> Worth(IReadOnlyList<RefundLine> lines) => [.. lines.Select(l => new ReturnedLine(l.OrderLineId, l.Quantity, ReturnReasons.Other, l.Amount))];
}
