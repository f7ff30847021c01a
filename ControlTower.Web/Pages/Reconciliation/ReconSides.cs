using System.Globalization;
using ControlTower.Data.Canonical;
using ControlTower.Data.Reconciliation;
using ControlTower.Web.Shared;

namespace ControlTower.Web.Pages.Reconciliation;

public enum SideState
{
    Agrees,
    Differs,

    /// <summary>Nothing of it is there.</summary>
    Missing,

    /// <summary>Says what should be, and nobody agrees.</summary>
    Expected,

    /// <summary>Has it, and nobody says that it should.</summary>
    Alone,
    OtherCurrency,
}

/// <param name="Hot">It is exactly the difference.</param>
public sealed record SideRow(string Label, Money Amount, bool Hot = false);

/// <summary>What one system says of an item, as a card.</summary>
/// <param name="Says">What is compared; null where nothing is there.</param>
/// <param name="Total">What the card comes to: after fees where it has any.</param>
/// <param name="Shown">The same before fees in the other currency that its system states; null where it states none.</param>
/// <param name="Rate">How much of that currency its system reckons for one of its own.</param>
public sealed record MoneySide(
    string Key, string Name, SystemKind Kind, string Sub, IReadOnlyList<SideRow> Rows, string TotalLabel, Money? Total, Money? Says, SideState State, Money? Shown = null, decimal? Rate = null);

/// <summary>The sides of an item, in the order of the money's way.</summary>
public static class ReconSides
{
    private const int MostRows = 5;

    /// <param name="nameOf">Name of a connection by its id.</param>
    public static IReadOnlyList<MoneySide> Of(ReconItemView view, Func<string, string> nameOf, TimeZoneInfo zone)
    {
        var item = view.Item;
        var (first, other) = (Cards(view.Lines.Where(l => !l.Other), item, zone), Cards(view.Lines.Where(l => l.Other), item, zone));
        var here = view.Lines.Select(l => l.Connection).ToHashSet(StringComparer.Ordinal);
        var asides = Cards(view.Chain.Where(l => !here.Contains(l.Connection) && Aside(item.Comparison).Contains(l.Kind)), item, zone);
        var reference = new Money(item.FirstAmount, item.Currency);
        first = first.Count == 1 ? [first[0] with { Says = reference }] : first;
        var told = Told(view);
        other = other.Count == 1 ? [other[0] with { Says = new Money(told.OtherAmount, item.Kind is BreakKinds.Currency ? item.OtherCurrency ?? item.Currency : item.Currency) }] : other;
        var judged = asides.Concat(other).Select(side => side with { State = Judge(side, reference, item.Difference, first.Count == 0) }).ToList();
        asides = judged[..asides.Count];
        other = judged[asides.Count..];
        var agreed = judged.Exists(side => side.State is SideState.Agrees);
        var heads = first.Count == 0 ? [Nothing(FirstName(item, nameOf), FirstKind(item.Comparison))] : first.ConvertAll(side => side with { State = agreed ? SideState.Agrees : SideState.Expected });
        var ends = other.Count == 0 ? [Nothing(OtherName(item, nameOf), OtherKind(item.Comparison))] : other;
        return item.Comparison == Comparisons.Settlement ? [.. heads, .. asides, .. ends] : [.. heads, .. ends, .. asides];
    }

    /// <summary>The item, with what its other side says in its own currency where two cannot be compared.</summary>
    public static ReconItemRow Told(ReconItemView view) =>
        view.Item.Kind is BreakKinds.Currency && view.Lines.Where(l => l.Other && Counts(l)).ToList() is { Count: > 0 } lines && lines.Select(l => l.Currency).Distinct(StringComparer.Ordinal).Count() == 1
            ? view.Item with { OtherAmount = lines.Sum(l => l.Amount), OtherCurrency = lines[0].Currency }
            : view.Item;

    /// <summary>What stands in the books of a payout that failed or was cancelled since.</summary>
    public static IReadOnlyList<ReconLine> ToReverse(ReconItemView view) =>
        view.Item is { Comparison: Comparisons.Books, Kind: BreakKinds.PayoutFailed or BreakKinds.PayoutCancelled } ? [.. view.Lines.Where(l => l.Other && Counts(l))] : [];

    private static bool Counts(ReconLine line) => line.Status is MoneyStatus.Pending or MoneyStatus.Final;

    /// <summary>Who says what should be, by name.</summary>
    public static string FirstName(ReconItemRow item, Func<string, string> nameOf) =>
        item.Kind != BreakKinds.MissingFirst && item.SourceName is { } name ? name : item.Comparison switch
        {
            Comparisons.Order or Comparisons.Refund or Comparisons.Settlement => "The channel",
            _ => item.SourceName ?? (item.Source is { } id ? nameOf(id) : "The processor"),
        };

    /// <summary>Who should have it, by name.</summary>
    public static string OtherName(ReconItemRow item, Func<string, string> nameOf) => item.Comparison switch
    {
        Comparisons.Order or Comparisons.Refund or Comparisons.Books => item.Books is { } books ? nameOf(books) : "The ERP",
        Comparisons.Settlement => item.Kind == BreakKinds.MissingFirst && item.SourceName is { } name ? name : "The processor",
        Comparisons.Contents => "The lines of the payout",
        _ => "The bank",
    };

    private static MoneyKind[] Aside(string comparison) => comparison switch
    {
        Comparisons.Order => [MoneyKind.Charge, MoneyKind.Dispute],
        Comparisons.Refund => [MoneyKind.ChargeRefund],
        Comparisons.Settlement => [MoneyKind.SalesOrder, MoneyKind.Invoice],
        _ => [],
    };

    private static SideState Judge(MoneySide side, Money reference, decimal difference, bool nothingExpected) => side.Says switch
    {
        null => SideState.OtherCurrency,
        _ when nothingExpected => SideState.Alone,
        { } says when says.Currency != reference.Currency => SideState.OtherCurrency,
        { } says when says.Amount == reference.Amount => SideState.Agrees,
        // A part that is exactly explained leaves no difference.
        _ when difference == 0m => SideState.Agrees,
        _ => SideState.Differs,
    };

    private static List<MoneySide> Cards(IEnumerable<ReconLine> lines, ReconItemRow item, TimeZoneInfo zone) =>
        [.. lines.GroupBy(l => (l.Connection, l.Other)).OrderBy(g => Way(g.First().Kind)).Select(g => Card([.. g], item, zone))];

    private static MoneySide Card(List<ReconLine> lines, ReconItemRow item, TimeZoneInfo zone)
    {
        var lead = lines[0];
        var counted = lines.FindAll(Counts);
        // An order that is not invoiced whole states the whole of what its invoices are parts of.
        counted = counted.Exists(l => l.Kind is MoneyKind.SalesOrder) ? counted.FindAll(l => l.Kind is not MoneyKind.Invoice) : counted;
        var one = lines.Select(l => l.Currency).Distinct(StringComparer.Ordinal).Count() == 1;
        var fee = lead.Kind is MoneyKind.Payout ? 0m : counted.Sum(l => l.Fee);
        var gross = counted.Sum(l => l.Amount);
        var says = item.Comparison == Comparisons.Contents && lead.Other ? gross - fee : gross;
        var shown = one && counted.Count > 0 && counted.TrueForAll(l => l.ShownCurrency is not null && l.ShownCurrency != l.Currency && l.ShownCurrency == counted[0].ShownCurrency) ? counted.Sum(l => l.ShownAmount ?? 0m) : (decimal?)null;
        return new MoneySide(
            $"{lead.Connection}:{(lead.Other ? "other" : "first")}", lead.ConnectionName, Kind(lead.Kind), Sub(lines, zone), one ? Rows(lines, fee, item) : [.. lines.Take(MostRows).Select(l => Row(l, item))],
            fee != 0m ? lead.Payout is null ? "After fees" : "Paid out" : TotalLabel(lead.Kind), one ? new Money(gross - fee, lead.Currency) : null, one ? new Money(says, lead.Currency) : null, SideState.Agrees,
            shown is { } other ? new Money(other, counted[0].ShownCurrency!) : null, shown is { } of && gross != 0m ? of / gross : null);
    }

    private static List<SideRow> Rows(List<ReconLine> lines, decimal fee, ReconItemRow item)
    {
        var currency = lines[0].Currency;
        List<SideRow> rows = lines is [{ Tax: { } tax } single] && tax != 0m
            ? [new("Without tax", new Money(single.Amount - tax, currency)), new("Tax", new Money(tax, currency), item.Kind is BreakKinds.Tax)]
            : lines.Count <= MostRows
                ? [.. lines.Select(l => Row(l, item))]
                : [.. lines.GroupBy(l => l.Kind).Select(g => new SideRow(Counted(g.Key, g.Count()), new Money(g.Sum(l => l.Amount), currency)))];
        if (fee != 0m)
        {
            rows.Add(Heat(new SideRow("Fee", new Money(-fee, currency)), item));
        }

        return rows;
    }

    private static SideRow Row(ReconLine line, ReconItemRow item) => Heat(
        new SideRow(line.Status is MoneyStatus.Failed or MoneyStatus.Cancelled ? $"{Word(line.Kind)}, {line.Status.ToString().ToLowerInvariant()}" : Word(line.Kind), new Money(line.Amount, line.Currency)), item);

    private static SideRow Heat(SideRow row, ReconItemRow item) =>
        item.Difference != 0m && item.Kind is not (BreakKinds.MissingOther or BreakKinds.MissingFirst) && Math.Abs(row.Amount.Amount) == Math.Abs(item.Difference) ? row with { Hot = true } : row;

    private static string Sub(List<ReconLine> lines, TimeZoneInfo zone)
    {
        var at = TimeZoneInfo.ConvertTime(lines.Max(l => l.At), zone).ToString("d MMM HH:mm", CultureInfo.InvariantCulture);
        return lines.Count == 1 ? lines[0].Document is { } document ? $"{document}, {at}" : at : string.Create(CultureInfo.InvariantCulture, $"{lines.Count} lines, to {at}");
    }

    private static MoneySide Nothing(string name, SystemKind kind) => new("missing", name, kind, "nothing of it is there", [], "Nothing", null, null, SideState.Missing);

    private static SystemKind FirstKind(string comparison) => comparison is Comparisons.Order or Comparisons.Refund or Comparisons.Settlement ? SystemKind.Shop : SystemKind.Payment;

    private static SystemKind OtherKind(string comparison) => comparison switch
    {
        Comparisons.Settlement or Comparisons.Contents => SystemKind.Payment,
        Comparisons.Deposit => SystemKind.Bank,
        _ => SystemKind.Erp,
    };

    private static SystemKind Kind(MoneyKind kind) => kind switch
    {
        MoneyKind.Order or MoneyKind.Refund or MoneyKind.Tender => SystemKind.Shop,
        MoneyKind.SalesOrder or MoneyKind.Invoice or MoneyKind.CreditMemo or MoneyKind.Payment or MoneyKind.Journal => SystemKind.Erp,
        MoneyKind.BankEntry => SystemKind.Bank,
        _ => SystemKind.Payment,
    };

    private static int Way(MoneyKind kind) => Kind(kind) switch { SystemKind.Shop => 0, SystemKind.Erp => 1, SystemKind.Payment => 2, _ => 3 };

    private static string Counted(MoneyKind kind, int count) => count == 1 ? Word(kind) : string.Create(CultureInfo.InvariantCulture, $"{Word(kind)} × {count}");

    private static string TotalLabel(MoneyKind kind) => kind switch
    {
        MoneyKind.Tender => "Customer paid",
        MoneyKind.Refund => "Refunded",
        MoneyKind.BankEntry => "Received",
        MoneyKind.Journal => "Booked",
        _ => Word(kind),
    };

    public static string Word(MoneyKind kind) => kind switch
    {
        MoneyKind.SalesOrder => "Sales order",
        MoneyKind.CreditMemo => "Credit memo",
        MoneyKind.ChargeRefund => "Refund of charge",
        MoneyKind.Carried => "Carried over",
        MoneyKind.PayoutReturned => "Payout came back",
        MoneyKind.BankEntry => "Bank entry",
        MoneyKind.Tender => "Payment taken",
        MoneyKind.Unknown => "Of unknown kind",
        _ => kind.ToString(),
    };
}
