using System.Text.Json;
using ControlTower.Data.Canonical;

namespace ControlTower.Sync.Connectors.Tryton;

/// <param name="Quantity">Pieces that came back.</param>
/// <param name="UnitPrice">Without tax, as on the sale.</param>
internal sealed record TrytonReturnLine(long Product, long? Unit, int Quantity, decimal UnitPrice, IReadOnlyList<long> Taxes, string? Title);

/// <summary>Which lines of the sale came back, with its own prices and taxes. The same each time it is asked of the same sale. Pure.</summary>
internal static class TrytonReturnPlan
{
    public static readonly string[] Fields =
    [
        "lines.type", "lines.product", "lines.product.code", "lines.unit", "lines.quantity", "lines.unit_price", "lines.taxes", "lines.description",
    ];

    /// <param name="total">What all that is wanted is worth, tax included; null if it is not told.</param>
    /// <exception cref="CallEnded">The sale does not hold what came back.</exception>
    public static IReadOnlyList<TrytonReturnLine> Of(JsonElement sale, IReadOnlyList<CreditLine> wanted, decimal? total)
    {
        var withTax = WithTax(wanted, total);
        var open = TrytonValue.Items(sale, "lines.").Where(l => TrytonValue.Id(l, "product") is not null).OrderBy(l => TrytonValue.Id(l))
            .Select(l => (Row: l, Left: (int)Math.Clamp(TrytonValue.Number(l, "quantity") ?? 0m, 0m, int.MaxValue))).ToList();
        var lines = new List<TrytonReturnLine>();
        foreach (var want in wanted)
        {
            for (var rest = want.Quantity; rest > 0;)
            {
                // The same product may stand there at two prices.
                var at = Enumerable.Range(0, open.Count).Where(i => open[i].Left > 0 && Sells(open[i].Row, want.Sku)).OrderBy(i => Distance(open[i].Row, want, withTax)).Select(i => (int?)i).FirstOrDefault()
                    ?? throw new CallEnded(new Outcome.Refused(FailureKind.Missing, "not-on-sale",
                        $"The sale in Tryton does not hold {want.Quantity} of {VendorText.Cut(want.Sku, 40)}, so they cannot be credited from it.", "sku"));
                var (row, left) = open[at];
                var here = Math.Min(rest, left);
                lines.Add(new TrytonReturnLine(
                    TrytonValue.Id(row, "product") ?? 0, TrytonValue.Id(row, "unit"), here, Price(row), TrytonValue.IdList(row, "taxes"), TrytonValue.Text(row, "description")));
                open[at] = (row, left - here);
                rest -= here;
            }
        }

        return lines;
    }

    private static bool Sells(JsonElement line, string sku) => TrytonValue.Member(line, "product.") is { } product && TrytonValue.Text(product, "code") == sku;

    // Whether the shop states prices with tax: by the reading that is nearer to the total. Null if nothing tells.
    private static bool? WithTax(IReadOnlyList<CreditLine> wanted, decimal? total)
    {
        var (net, tax) = (wanted.Sum(w => w.Net), wanted.Sum(Tax));
        return total is { } told && tax != 0m ? Math.Abs(net - told) < Math.Abs(net + tax - told) : null;
    }

    // Where nothing tells how the shop states prices, of two lines the nearer by either reading is meant.
    private static decimal Distance(JsonElement line, CreditLine want, bool? withTax)
    {
        var (stated, untaxed) = (Math.Abs(Price(line) - want.Net / want.Quantity), Math.Abs(Price(line) - (want.Net - Tax(want)) / want.Quantity));
        return withTax switch { true => untaxed, false => stated, null => Math.Min(stated, untaxed) };
    }

    private static decimal Tax(CreditLine line) => line.Taxes.Sum(t => t.Amount);

    private static decimal Price(JsonElement line) => TrytonValue.Number(line, "unit_price") ?? 0m;
}
