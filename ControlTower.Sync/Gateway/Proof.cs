using System.Globalization;
using ControlTower.Data.Canonical;
using ControlTower.Sync.Connectors;

namespace ControlTower.Sync.Gateway;

/// <summary>
/// What was read back of a document, held against what was meant: total, currency, tax and goods (SKU, quantity, amount), each as far as the connector gives it. What it did not compare it says,
/// so that "proven" never means more than was looked at. Pure.
/// </summary>
public sealed record Proof(IReadOnlyList<string> Compared, IReadOnlyList<string> Left, IReadOnlyList<string> Differences)
{
    private const int MostDifferences = 5;

    // ERPs keep item numbers in capitals.
    private static readonly StringComparer Items = StringComparer.OrdinalIgnoreCase;

    /// <param name="tolerance">Smallest units of the currency by which sums may differ.</param>
    /// <returns>Null for a command that carries no order: what it says cannot be read back.</returns>
    public static Proof? Of(VendorCommand command, IReadOnlyDictionary<string, string>? facts, int tolerance) => command switch
    {
        PostSalesOrder post => Of(post.Order, facts ?? new Dictionary<string, string>(), tolerance),
        UpdateSalesOrder update => Of(update.Order, facts ?? new Dictionary<string, string>(), tolerance),
        _ => null,
    };

    /// <summary>These facts with what the proof found.</summary>
    public IReadOnlyDictionary<string, string> With(IReadOnlyDictionary<string, string>? facts)
    {
        var all = new Dictionary<string, string>(facts ?? new Dictionary<string, string>(), StringComparer.Ordinal);
        foreach (var (name, parts, between) in new[] { (ReadFacts.Compared, Compared, ", "), (ReadFacts.Left, Left, ", "), (ReadFacts.Differs, Differences, "; ") })
        {
            if (parts.Count > 0)
            {
                all[name] = string.Join(between, parts);
            }
        }

        return all;
    }

    private static Proof Of(Order order, IReadOnlyDictionary<string, string> facts, int tolerance)
    {
        var (compared, left, differences) = (new List<string>(), new List<string>(), new List<string>());
        void Judge(string what, bool readable, Func<IEnumerable<string>> differs)
        {
            (readable ? compared : left).Add(what);
            if (readable)
            {
                differences.AddRange(differs());
            }
        }

        void Sum(string what, string fact, decimal meant, int within) => Judge(what, Amount(facts, fact) is not null, () =>
            Amount(facts, fact)!.Value is var there && Math.Abs(there - meant) <= Currencies.FromMinor(within, order.Currency) ? [] : [string.Create(CultureInfo.InvariantCulture, $"{what} is {there} there and {meant} here")]);

        Sum("total", ReadFacts.Total, order.Totals.Total, tolerance);
        Judge("currency", facts.ContainsKey(ReadFacts.Currency), () => facts[ReadFacts.Currency] is var there && there == order.Currency ? [] : [$"currency is {there} there and {order.Currency} here"]);

        // Each line may round its tax by itself.
        Sum("tax", ReadFacts.Tax, order.Totals.Tax, Math.Max(tolerance, order.Lines.Count + order.Shipping.Count));
        var lines = Lines(facts);
        Judge("SKUs and quantities", lines is not null, () => Quantities(order, lines!));
        Judge("amounts of lines", lines is { Count: > 0 } && lines.All(line => line.Amount is not null), () => Amounts(order, lines!));
        return new Proof(compared, left, [.. differences.Take(MostDifferences), .. differences.Count > MostDifferences ? [$"{differences.Count - MostDifferences} more"] : Array.Empty<string>()]);
    }

    private static IEnumerable<string> Quantities(Order order, List<(string Sku, decimal Quantity, decimal? Amount)> lines)
    {
        var there = lines.GroupBy(l => l.Sku, Items).ToDictionary(g => g.Key, g => g.Sum(l => l.Quantity), Items);
        var meant = order.Lines.GroupBy(l => ReadFacts.Name(l.Sku), Items).ToDictionary(g => g.Key, g => (decimal)g.Sum(l => l.Quantity), Items);
        return meant.Keys.Union(there.Keys, Items).Order(StringComparer.Ordinal).Where(sku => there.GetValueOrDefault(sku) != meant.GetValueOrDefault(sku))
            .Select(sku => string.Create(CultureInfo.InvariantCulture, $"{sku}: {there.GetValueOrDefault(sku):0.####} there and {meant.GetValueOrDefault(sku):0.####} here"));
    }

    private static IEnumerable<string> Amounts(Order order, List<(string Sku, decimal Quantity, decimal? Amount)> lines)
    {
        var there = lines.GroupBy(l => l.Sku, Items).ToDictionary(g => g.Key, g => (Sum: g.Sum(l => l.Amount!.Value), Count: g.Count()), Items);
        return order.Lines.GroupBy(l => ReadFacts.Name(l.Sku), Items)
            .Select(g => (Sku: g.Key, Meant: g.Sum(l => (l.Quantity * l.UnitPrice) - l.Discount), Count: g.Count()))
            .Where(line => there.TryGetValue(line.Sku, out var found) && Math.Abs(found.Sum - line.Meant) > Currencies.FromMinor(Math.Max(line.Count, found.Count), order.Currency))
            .Select(line => string.Create(CultureInfo.InvariantCulture, $"{line.Sku}: {there[line.Sku].Sum} there and {line.Meant} here"));
    }

    private static List<(string Sku, decimal Quantity, decimal? Amount)>? Lines(IReadOnlyDictionary<string, string> facts)
    {
        if (!facts.TryGetValue(ReadFacts.Lines, out var text))
        {
            return null;
        }

        List<(string, decimal, decimal?)> lines = [];
        foreach (var cells in text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split('\t')))
        {
            if (cells.Length < 2 || Number(cells[1]) is not { } quantity)
            {
                return null;
            }

            lines.Add((cells[0], quantity, cells.Length > 2 ? Number(cells[2]) : null));
        }

        return lines;
    }

    private static decimal? Amount(IReadOnlyDictionary<string, string> facts, string name) => facts.TryGetValue(name, out var text) ? Number(text) : null;

    private static decimal? Number(string text) => decimal.TryParse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number) ? number : null;
}
