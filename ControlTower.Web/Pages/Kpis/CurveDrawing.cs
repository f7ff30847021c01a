using System.Globalization;
using System.Text;
using ControlTower.Data.Canonical;
using ControlTower.Data.Kpis;
using ControlTower.Web.Shared;

namespace ControlTower.Web.Pages.Kpis;

/// <summary>The geometry of a figure's curve: plain numbers as SVG text, drawn on 760 × 264 with the plot from (64, 20) to (752, 226). A step in which nothing was measured breaks the line.</summary>
/// <param name="Target">Height of the target line; null where there is none.</param>
/// <param name="Dots">Single steps between two breaks, which no line would show.</param>
public sealed record CurveDrawing(
    string Line, string Before, string? Target, IReadOnlyList<(string X, string Y)> Dots, IReadOnlyList<(string Y, string TextY, string Label)> Grid, IReadOnlyList<(string X, string Label)> Ticks,
    IReadOnlyList<(string X, string Letter)> Marks)
{
    private const double Left = 64, Right = 752, Top = 20, Bottom = 226;
    private const int MostTicks = 8;

    /// <summary>Null where nothing was measured in any step.</summary>
    public static CurveDrawing? Of(KpiDefinition kpi, KpiFigure now, KpiFigure? before, KpiSpan span, IReadOnlyList<CostMark> marks, Viewer viewer)
    {
        if (!now.Curve.Any(p => p.Value is not null))
        {
            return null;
        }

        // A state's target is about some of what there is, not about the line.
        var target = kpi.Statistic is KpiStatistic.Count or KpiStatistic.Value ? null : now.Target?.Value;
        var values = now.Curve.Concat(before?.Curve ?? []).Select(p => p.Value).Append(target).OfType<double>().ToList();
        var (low, high) = Range(values, kpi.Unit == KpiUnit.Share && !kpi.LowerIsBetter);
        var (from, until) = (span.Scope.From, span.Scope.Until);
        double X(DateTimeOffset at) => Left + (Math.Clamp((at - from) / (until - from), 0, 1) * (Right - Left));
        double Y(double value) => Bottom - ((value - low) / (high - low) * (Bottom - Top));
        var shift = span.Against is { } against ? from - against.From : TimeSpan.Zero;
        var (line, dots) = Path(now.Curve.Select(p => (X(p.At), p.Value is { } v ? Y(v) : (double?)null)));
        var (past, _) = Path((before?.Curve ?? []).Select(p => (X(p.At + shift), p.Value is { } v ? Y(v) : (double?)null)));
        var ticks = now.Curve.Count == 0 ? [] : now.Curve.Where((_, i) => i % Math.Max(1, (now.Curve.Count + MostTicks - 1) / MostTicks) == 0).Select(p => (N(X(p.At)), Step(p.At, span.Scope, viewer.StoreZone)));
        var grid = Enumerable.Range(0, 4).Select(i => low + ((high - low) * i / 3)).Select(v => (N(Y(v)), N(Y(v) + 4), Label(kpi, now, v, viewer.Culture)));
        return new CurveDrawing(line, past, target is { } t ? N(Y(t)) : null, dots, [.. grid], [.. ticks], [.. marks.Select(m => (N(X(m.Annotation.At)), m.Letter))]);
    }

    /// <summary>A step of the curve, as its axis and its table name it.</summary>
    public static string Step(DateTimeOffset at, KpiScope scope, TimeZoneInfo zone)
    {
        var there = TimeZoneInfo.ConvertTime(at, zone);
        return there.ToString(scope.Step switch { "hour" => "HH:mm", "month" => "MMM yyyy", _ => "d MMM" }, CultureInfo.InvariantCulture);
    }

    /// <summary>A value of the curve; money in the currency in which most stands.</summary>
    public static string Label(KpiDefinition kpi, KpiFigure figure, double value, CultureInfo? culture) => kpi.Unit == KpiUnit.Money
        ? figure.Amounts.Count > 0 ? Say.Money(new Money((decimal)value, figure.Amounts[0].Currency), MoneyStyle.Whole, culture) : Say.Count((long)value, culture)
        : KpiWords.Number(kpi, value, culture);

    // What is nearly all good differs only in its last part; everything else begins at nothing.
    private static (double Low, double High) Range(List<double> values, bool isNearlyAll)
    {
        var (least, most) = (values.Min(), values.Max());
        var room = Math.Max((most - least) * 0.15, 0.0005);
        return isNearlyAll ? (Math.Max(0, least - room), Math.Min(1, Math.Max(most + room, least + 0.001))) : (0, most > 0 ? most * 1.08 : 1);
    }

    private static (string Path, IReadOnlyList<(string X, string Y)> Dots) Path(IEnumerable<(double X, double? Y)> points)
    {
        var path = new StringBuilder();
        var dots = new List<(string, string)>();
        var run = new List<(double X, double Y)>();
        foreach (var (x, y) in points)
        {
            if (y is { } known)
            {
                run.Add((x, known));
            }
            else
            {
                End();
            }
        }

        End();
        return (path.ToString(), dots);

        void End()
        {
            if (run.Count == 1)
            {
                dots.Add((N(run[0].X), N(run[0].Y)));
            }

            for (var i = 0; run.Count > 1 && i < run.Count; i++)
            {
                path.Append(CultureInfo.InvariantCulture, $"{(i == 0 ? 'M' : 'L')}{run[i].X:0.#} {run[i].Y:0.#} ");
            }

            run.Clear();
        }
    }

    private static string N(double value) => value.ToString("0.#", CultureInfo.InvariantCulture);
}
