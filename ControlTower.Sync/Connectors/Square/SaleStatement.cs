using System.Text.Json;
using ControlTower.Data.Canonical;

namespace ControlTower.Sync.Connectors.Square;

/// <summary>
/// A completed sale as the canonical order. Tips are the staff's and no part of what was sold: they are taken off the total and stay in the tenders, which say what was
/// taken in. Cash rounding and service charges stand beside the goods as charges of their own.
/// </summary>
internal static class SaleStatement
{
    private const string Path = "order";

    public static Order Of(JsonElement order, string id, Skus skus, IReadOnlyList<ExchangeCredit> credits, ConnectionProfile profile)
    {
        var currency = order.Currency("total_money", Path);
        var taxes = OrderTaxes.Of(order);
        var lines = order.Items("line_items").Select(l => SaleLine.Of(l, taxes, skus, currency)).ToList();
        if (lines.DistinctBy(l => l.Id).Count() != lines.Count)
        {
            throw new FieldFault("line", "order.line_items.uid", "Two lines have the same id.");
        }

        var charges = SaleCharges.Of(order, taxes, currency);
        var closed = order.When(Path, "closed_at", "updated_at", "created_at");
        return new Order(
            new OrderKey(profile.Id, id), VendorText.Plain(order.Text("reference_id"), 40) ?? id, profile.Brand,
            SquareReading.Version(order.When(Path, "updated_at", "closed_at")), closed, currency, taxes.Included,
            new OrderTotals(Total(order, lines, charges, taxes.Included, currency), order.Money("total_tax_money", currency, Path), order.Money("total_discount_money", currency, Path), charges.Sum(c => c.Price)),
            lines, charges, new Buyer(VendorText.Plain(order.Text("customer_id"), 191), null, null, null, null, null),
            PaymentState.Paid, [.. Taken(order, currency, closed), .. credits.Where(c => c.Amount > 0).Select(c => new Tender($"exchange:{c.SaleId}", "exchange", c.Amount, TenderKind.Sale, closed))],
            FulfilmentMode.HandedOver, SquareSettings.Store(profile, order.Id("location_id", Path)));
    }

    // Whether the stated total has the tip in it can be seen from the parts; where neither fits, the flow finds the difference.
    private static decimal Total(JsonElement order, List<OrderLine> lines, List<ShippingLine> charges, bool included, string currency)
    {
        var stated = order.Money("total_money", currency, Path);
        var tip = order.Money("total_tip_money", currency, Path);
        var parts = lines.Sum(l => l.Net + (included ? 0 : l.Tax)) + charges.Sum(c => c.Net + (included ? 0 : c.Tax));
        return stated == parts ? stated : stated - tip;
    }

    private static IEnumerable<Tender> Taken(JsonElement order, string currency, DateTimeOffset closed)
        => order.Items("tenders").Where(t => t.Text("type") != "NO_SALE").Select((t, nth) => new Tender(
            VendorText.Plain(t.Text("id"), 192) ?? $"tender-{nth + 1}", Method(t.Text("type")), t.Money("amount_money", currency, "order.tenders"), TenderKind.Sale,
            t.Time("created_at")?.ToUniversalTime() ?? closed));

    private static string Method(string? type) => VendorText.Plain(type, 60)?.ToLowerInvariant().Replace('_', '-') ?? "unknown";
}
