using System.Text.Json;
using ControlTower.Data.Canonical;

namespace ControlTower.Sync.Connectors.Square;

/// <summary>The taxes of an order by their uid. The books know prices with tax or without, for a whole order; one with both kinds waits for a person.</summary>
internal sealed class OrderTaxes
{
    private const decimal Percent = 100m;
    private readonly Dictionary<string, (string Title, decimal Rate)> byUid;

    private OrderTaxes(Dictionary<string, (string, decimal)> byUid, bool included) => (this.byUid, Included) = (byUid, included);

    /// <summary>Prices contain tax. True for an order without any, where it makes no difference.</summary>
    public bool Included { get; }

    public static OrderTaxes Of(JsonElement order)
    {
        var taxes = order.Items("taxes");
        var kinds = taxes.Select(t => t.Text("type")).Distinct().ToList();
        if (kinds.Count > 1 || kinds.Any(k => k is not ("ADDITIVE" or "INCLUSIVE")))
        {
            throw new FieldFault("tax-kind", "order.taxes.type", "Taxes on top and taxes in the price stand in one order, or their kind is not told.");
        }

        var byUid = new Dictionary<string, (string, decimal)>(StringComparer.Ordinal);
        foreach (var tax in taxes)
        {
            var rate = tax.At("percentage") is null ? 0m : VendorText.Amount(tax.Text("percentage")) is { } stated and >= 0 and <= 1000
                ? stated
                : throw new FieldFault("tax-rate", "order.taxes.percentage", "The rate is no percentage.");
            byUid[tax.Text("uid") ?? throw new FieldFault("tax", "order.taxes.uid", "A tax has no id.")] = (VendorText.Plain(tax.Text("name"), 100) ?? "Tax", rate / Percent);
        }

        return new OrderTaxes(byUid, kinds is not ["ADDITIVE"]);
    }

    public IReadOnlyList<TaxLine> On(JsonElement taxed, string currency, string path) =>
    [
        .. taxed.Items("applied_taxes").Select(a => byUid.TryGetValue(a.Text("tax_uid") ?? "", out var tax)
            ? new TaxLine(tax.Title, tax.Rate, a.Money("applied_money", currency, $"{path}.applied_taxes"))
            : throw new FieldFault("tax", $"{path}.applied_taxes.tax_uid", "The order has no such tax.")),
    ];
}
