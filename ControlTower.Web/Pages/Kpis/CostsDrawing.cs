using System.Globalization;
using ControlTower.Data.Canonical;
using ControlTower.Data.Kpis;
using ControlTower.Web.Shared;

namespace ControlTower.Web.Pages.Kpis;

/// <summary>Something that happened, with the letter that marks it on the chart.</summary>
public sealed record CostMark(string Letter, KpiAnnotation Annotation);

/// <summary>A piece of a column. <paramref name="Colour"/> is a series variable.</summary>
public sealed record CostPiece(string Y, string Height, string Colour);

public sealed record CostColumn(string X, string Middle, string Label, string Total, string TotalY, bool Over, IReadOnlyList<CostPiece> Pieces);

/// <summary>The geometry of the cost chart: plain numbers as SVG text, drawn on 640 × 312 with the plot from (52, 26) to (640, 274).</summary>
public sealed record CostsDrawing(IReadOnlyList<CostColumn> Columns, IReadOnlyList<(string Y, string TextY, string Label)> Grid, IReadOnlyList<(string X, string Letter)> Marks)
{
    private const double Left = 52, Right = 640, Top = 26, Bottom = 274, Bar = 34;
    private const int MostMarks = 6;

    /// <summary>What a column is made of, from the bottom up, in fixed colours.</summary>
    public static IReadOnlyList<(string Title, string Colour, Func<KpiCostWeek, decimal> Amount)> Series { get; } =
    [
        ("Refunds and cancelled orders", "var(--ct-c1)", w => w.Cancelled), ("Lost sales", "var(--ct-c2)", w => w.LostSales), ("Manual work", "var(--ct-c3)", w => w.Manual ?? 0), ("Late acknowledgement", "var(--ct-c4)", w => w.Late),
    ];

    public static CostsDrawing Of(CostsFound found, string? currency, TimeZoneInfo zone)
    {
        var weeks = found.Weeks;
        var most = Nice((double)Math.Max(3, weeks.Max(w => w.Total)));
        var wide = (Right - Left) / weeks.Count;
        var columns = weeks.Select((week, i) => Column(week, Left + (wide * i) + ((wide - Bar) / 2), most, zone));
        var grid = Enumerable.Range(0, 4).Select(i => most * i / 3).Select(amount => (N(Y(amount, most)), N(Y(amount, most) + 4), Axis((decimal)amount, currency)));
        var (first, length) = (weeks[0].From, weeks.Count * TimeSpan.FromDays(7));
        var marks = MarksOf(found).Select(mark => (N(Math.Clamp(Left + ((mark.Annotation.At - first) / length * (Right - Left)), Left, Right - 8)), mark.Letter));
        return new CostsDrawing([.. columns], [.. grid], [.. marks]);
    }

    /// <summary>The newest things that happened in these weeks, oldest first.</summary>
    public static IReadOnlyList<CostMark> MarksOf(CostsFound? found) =>
        [.. (found?.Annotations ?? []).Where(a => a.At >= found!.Weeks[0].From).TakeLast(MostMarks).Select((a, i) => new CostMark(((char)('A' + i)).ToString(), a))];

    /// <summary><c>w47</c>.</summary>
    public static string Week(KpiCostWeek week, TimeZoneInfo zone) => string.Create(CultureInfo.InvariantCulture, $"w{ISOWeek.GetWeekOfYear(TimeZoneInfo.ConvertTime(week.From, zone).DateTime)}");

    /// <summary>An amount of the books, with the currency's sign where one is known.</summary>
    public static string Money(decimal amount, string? currency, CultureInfo? culture = null, MoneyStyle style = MoneyStyle.Whole) =>
        currency is null ? amount.ToString("N0", culture ?? Viewer.DefaultCulture) : Say.Money(new Money(amount, currency), style, culture);

    /// <summary>The last week that is over, and how it stands against the first that is shown; null where none is over.</summary>
    public static (KpiCostWeek Last, KpiCostWeek First, double? Change)? Finding(IReadOnlyList<KpiCostWeek> weeks) =>
        weeks.LastOrDefault(w => w.Over) is { } last && weeks.FirstOrDefault(w => w.Total > 0) is { } first
            ? (last, first, first.From < last.From ? (double)((last.Total / first.Total) - 1) : null) : null;

    private static CostColumn Column(KpiCostWeek week, double x, double most, TimeZoneInfo zone)
    {
        var pieces = new List<CostPiece>();
        var sum = 0.0;
        foreach (var (_, colour, amount) in Series)
        {
            if (amount(week) > 0)
            {
                var (low, high) = (Y(sum, most), Y(sum + (double)amount(week), most));
                pieces.Add(new CostPiece(N(high), N(Math.Max(0, low - high - 0.7)), colour));
                sum += (double)amount(week);
            }
        }

        return new CostColumn(N(x), N(x + (Bar / 2)), Week(week, zone) + (week.Over ? "" : "*"), Short(week.Total, most), N(Y(sum, most) - 6), week.Over, pieces);
    }

    private static double Y(double amount, double most) => Bottom - (amount / most * (Bottom - Top));

    // Above a column there is room for few digits: thousands where all of it is.
    private static string Short(decimal amount, double most) => (most >= 9_000 ? amount / 1000 : amount).ToString(most is >= 9_000 and < 90_000 ? "0.#" : "0", CultureInfo.InvariantCulture);

    private static string Axis(decimal amount, string? currency) => currency is null
        ? amount.ToString("N0", CultureInfo.InvariantCulture)
        : Say.Symbol(currency) + (amount >= 1000 ? (amount / 1000).ToString("0.#", CultureInfo.InvariantCulture) + "k" : amount.ToString("0.#", CultureInfo.InvariantCulture));

    /// <summary>The next number above that divides into three readable steps.</summary>
    private static double Nice(double most)
    {
        var unit = Math.Pow(10, Math.Floor(Math.Log10(most)));
        return new[] { 1.5, 3, 6, 9, 15 }.Select(step => step * unit).First(candidate => candidate >= most);
    }

    private static string N(double value) => value.ToString("0.#", CultureInfo.InvariantCulture);
}
