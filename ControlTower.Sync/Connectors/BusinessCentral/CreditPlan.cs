using System.Text.Json;
using ControlTower.Data.Canonical;

namespace ControlTower.Sync.Connectors.BusinessCentral;

/// <summary>What to change in a line of the draft: null of <paramref name="Quantity"/> takes the line out.</summary>
internal sealed record CreditChange(string LineId, int? Quantity, decimal UnitPrice, decimal Discount);

/// <summary>
/// How a corrective credit memo, which begins as a copy of the whole invoice, comes to say what came back. Planned again over a half changed draft it comes to the same. Pure.
/// </summary>
internal static class CreditPlan
{
    /// <returns>The changes, or why the invoice cannot be credited so.</returns>
    public static (IReadOnlyList<CreditChange> Changes, Outcome.Refused? Problem) Of(IReadOnlyList<JsonElement> draft, IReadOnlyList<CreditLine> wanted, string? salesTaxAccount)
    {
        var changes = new List<CreditChange>();
        var open = draft.Where(l => l.Text("lineType") == "Item").ToList();
        foreach (var want in wanted)
        {
            var (quantity, net) = (want.Quantity, want.Net);
            while (quantity > 0)
            {
                // The same item may stand there at two prices, or from two places.
                if ((open.Find(l => Sells(l, want.Sku) && l.Amount("unitPrice") == want.UnitPrice) is { ValueKind: JsonValueKind.Object } same ? same
                    : open.Find(l => Sells(l, want.Sku))) is not { ValueKind: JsonValueKind.Object } line)
                {
                    return ([], new Outcome.Refused(FailureKind.Missing, "not-on-invoice",
                        $"The invoice in the ERP does not hold {want.Quantity} of {VendorText.Cut(want.Sku, 40)}, so they cannot be credited from it.", "lineObjectNumber"));
                }

                open.Remove(line);
                var here = Math.Min(quantity, (int)Math.Clamp(line.Amount("quantity") ?? 0m, 0m, int.MaxValue));
                if (here == 0)
                {
                    changes.Add(Out(line));
                    continue;
                }

                var share = here == quantity ? net : want.UnitPrice * here - decimal.Round((want.UnitPrice * quantity - net) * here / quantity, 2, MidpointRounding.AwayFromZero);
                changes.Add(new CreditChange(Id(line), here, want.UnitPrice, want.UnitPrice * here - share));
                (quantity, net) = (quantity - here, net - share);
            }
        }

        changes.AddRange(open.Select(Out));
        changes.AddRange(draft.Where(l => l.Text("lineType") is not ("Item" or "Comment")).Select(l => Account(l, wanted, salesTaxAccount)));
        return (changes, null);
    }

    // The shop's tax, where it is booked as a line of its own; everything else that is no goods, such as shipping, is not given back.
    private static CreditChange Account(JsonElement line, IReadOnlyList<CreditLine> wanted, string? salesTaxAccount)
    {
        var tax = wanted.Sum(w => w.Taxes.Sum(t => t.Amount));
        return salesTaxAccount is { Length: > 0 } && tax != 0m && Sells(line, salesTaxAccount) ? new CreditChange(Id(line), 1, tax, 0m) : Out(line);
    }

    private static bool Sells(JsonElement line, string number) => string.Equals(line.Text("lineObjectNumber"), number, StringComparison.OrdinalIgnoreCase);

    private static CreditChange Out(JsonElement line) => new(Id(line), null, 0m, 0m);

    private static string Id(JsonElement line) => line.Text("id") ?? "";
}
