using System.Globalization;
using ControlTower.Data.Canonical;

namespace ControlTower.Sync.Flows.OrderToCash;

/// <summary>What a statement shows by itself, worked out once while the document is at hand; the checks judge it, under the policy of their day.</summary>
/// <param name="TotalDifference">Stated total less the sum of its parts.</param>
/// <param name="TaxDifference">Stated tax less the sum of the tax lines.</param>
public sealed record Findings(IReadOnlyList<Fault> Faults, decimal TotalDifference = 0m, decimal TaxDifference = 0m)
{
    /// <summary>Fifteen digits: what the books can hold, and far from where sums of decimals overflow.</summary>
    public const decimal LargestAmount = 999_999_999_999_999m;

    /// <summary>Pieces of one line that can be meant.</summary>
    public const int LargestQuantity = 10_000_000;

    public static Findings Clean { get; } = new([]);

    public static Findings Of(Order order)
    {
        var faults = new List<Fault>();
        if (order.Lines.All(l => l.Quantity == 0))
        {
            faults.Add(new Fault("no-lines"));
        }

        if (!Currencies.IsCode(order.Currency) || order.Currency is "XXX" or "XTS")
        {
            faults.Add(new Fault("unknown-currency", Shorten(order.Currency)));
        }

        AddFirst(faults, "bad-quantity", order.Lines, l => l.Quantity is < 0 or > LargestQuantity);
        AddFirst(faults, "missing-sku", order.Lines, l => l.Quantity != 0 && string.IsNullOrWhiteSpace(l.Sku));
        if (order.Fulfilment is FulfilmentMode.ClickAndCollect or FulfilmentMode.HandedOver && string.IsNullOrWhiteSpace(order.PickupLocation))
        {
            faults.Add(new Fault("no-pickup-location"));
        }

        if (Amounts(order).Any(a => Math.Abs(a) > LargestAmount) || faults.Any(f => f.Code == "bad-quantity"))
        {
            // Sums of such numbers may overflow, and would say nothing.
            return new Findings([.. faults, .. faults.Any(f => f.Code == "bad-quantity") ? (Fault[])[] : [new Fault("amount-too-large")]]);
        }

        if (order.Totals.Total < 0m)
        {
            faults.Add(new Fault("negative-total", Text(order.Totals.Total)));
        }

        var booked = Booked(order).Where(a => !new Money(a, order.Currency).IsExact).Take(1).ToList();
        if (booked.Count > 0)
        {
            faults.Add(new Fault("excess-decimals", Text(booked[0])));
        }

        var net = order.Lines.Sum(l => l.Net) + order.Shipping.Sum(s => s.Net);
        var tax = order.Lines.Sum(l => l.Tax) + order.Shipping.Sum(s => s.Tax);
        return new Findings(faults, order.Totals.Total - (order.TaxesIncluded ? net : net + tax), order.Totals.Tax - tax);
    }

    private static void AddFirst(List<Fault> faults, string code, IReadOnlyList<OrderLine> lines, Func<OrderLine, bool> wrong)
    {
        if (lines.FirstOrDefault(wrong) is { } line)
        {
            faults.Add(new Fault(code, Shorten(line.Id)));
        }
    }

    private static IEnumerable<decimal> Amounts(Order order) =>
    [
        order.Totals.Total, order.Totals.Tax, order.Totals.Discount, order.Totals.Shipping,
        .. order.Lines.SelectMany(l => l.Taxes.Select(t => t.Amount).Prepend(l.Discount).Prepend(l.UnitPrice)),
        .. order.Shipping.SelectMany(s => s.Taxes.Select(t => t.Amount).Prepend(s.Discount).Prepend(s.Price)),
    ];

    // A unit price may have more decimals than the currency; what is booked may not.
    private static IEnumerable<decimal> Booked(Order order) =>
    [
        order.Totals.Total, order.Totals.Tax, order.Totals.Discount, order.Totals.Shipping,
        .. order.Lines.SelectMany(l => l.Taxes.Select(t => t.Amount).Prepend(l.Net)),
        .. order.Shipping.SelectMany(s => s.Taxes.Select(t => t.Amount).Prepend(s.Net)),
    ];

    private static string Text(decimal amount) => amount.ToString(CultureInfo.InvariantCulture);

    private static string? Shorten(string? text) => text is { Length: > 40 } ? text[..40] : text;
}

/// <param name="Detail">The line or amount at fault.</param>
public sealed record Fault(string Code, string? Detail = null);
