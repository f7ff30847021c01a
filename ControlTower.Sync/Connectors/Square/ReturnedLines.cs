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

    /// <summary>Whether goods came back, each as a line of the sale. What is given back by amount, or of a line that nobody can find, is money alone.</summary>
    public static bool AreNamed(JsonElement one) =>
        one.Items("return_line_items") is { Count: > 0 } lines && lines.All(l => VendorText.Plain(l.Text("source_line_item_uid"), 60) is not null);

    /// <summary>The same as lines of a return; what a line was worth holds its tax. What cash was rounded by is on the last one, for nothing else of a return goes to the books.</summary>
    public static IReadOnlyList<ReturnedLine> Worth(JsonElement one, IReadOnlyList<RefundLine> lines, string currency)
    {
        var rounded = one.At("rounding_adjustment") is { } rounding ? rounding.Money("amount_money", currency, "order.returns.rounding_adjustment") : 0m;
        // Believed only where it makes the sums agree.
        var off = one.At("return_amounts") is { } amounts && amounts.Money("total_money", currency, "order.returns.return_amounts") - lines.Sum(l => l.Amount) == rounded ? rounded : 0m;
        return [.. lines.Select((l, nth) => new ReturnedLine(l.OrderLineId, l.Quantity, ReturnReasons.Other, Math.Max(l.Amount + (nth == lines.Count - 1 ? off : 0m), 0m)))];
    }
}
