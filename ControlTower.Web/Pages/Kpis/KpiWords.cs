using System.Globalization;
using ControlTower.Data.Canonical;
using ControlTower.Data.Kpis;
using ControlTower.Web.Shared;

namespace ControlTower.Web.Pages.Kpis;

/// <summary>Figures in words and in units that people use.</summary>
public static class KpiWords
{
    /// <summary>A target missed by more than this many times is far off.</summary>
    private const double Far = 3;

    // What is followed as it happens is late after minutes, what another room counts after a day.
    private static readonly TimeSpan FollowedLate = TimeSpan.FromMinutes(15);
    private static readonly TimeSpan CountedLate = TimeSpan.FromHours(26);

    /// <summary><c>41 s</c>, <c>4 m 10 s</c>, <c>52 min</c>, <c>1 h 46 m</c>, <c>31 h</c>, <c>4 d 6 h</c>.</summary>
    public static string Span(double seconds)
    {
        var time = TimeSpan.FromSeconds(Math.Clamp(Math.Round(seconds, seconds < 10 ? 1 : 0), 0, 1e9));
        return time switch
        {
            { TotalSeconds: < 10 } => Text($"{time.TotalSeconds:0.#} s"),
            { TotalSeconds: <= 90 } => Text($"{time.TotalSeconds:0} s"),
            { TotalMinutes: < 10 } => time.Seconds == 0 ? Text($"{time.Minutes} min") : Text($"{time.Minutes} m {time.Seconds:00} s"),
            { TotalMinutes: < 60 } => Text($"{time.TotalMinutes:0} min"),
            { TotalHours: < 10 } => time.Minutes == 0 ? Text($"{time.Hours} h") : Text($"{time.Hours} h {time.Minutes:00} m"),
            { TotalHours: < 72 } => Text($"{Math.Round(time.TotalHours):0} h"),
            _ => Say.Age(time),
        };
    }

    /// <summary>As everywhere, with two decimals below one in a hundred as well: <c>0.84%</c>.</summary>
    public static string Percent(double share, CultureInfo? culture = null) => share is > 0 and < 0.01
        ? (share < 0.00005 ? "<0.01" : (share * 100).ToString("0.00", culture ?? Viewer.DefaultCulture)) + "%"
        : Say.Percent(share, culture);

    /// <summary>A value in the unit of its figure. Money has no one value: see <see cref="Value"/>.</summary>
    public static string Number(KpiDefinition kpi, double value, CultureInfo? culture = null) => kpi.Unit switch
    {
        KpiUnit.Seconds => Span(value),
        KpiUnit.Share => Percent(value, culture),
        _ => Say.Count((long)Math.Round(value), culture),
    };

    /// <summary>The figure; null where nothing was measured.</summary>
    public static string? Value(KpiDefinition kpi, KpiFigure figure, Viewer viewer)
    {
        if (kpi.Source is KpiSource.Level)
        {
            return figure.CompleteTo is null || figure.NotBy is not null ? null : kpi.Unit == KpiUnit.Money ? Amounts(figure, viewer) : Say.Count(figure.N, viewer.Culture);
        }

        return figure.Value is { } value && figure.N >= kpi.Least ? Number(kpi, value, viewer.Culture) : null;
    }

    /// <summary>Why there is no value.</summary>
    public static string Unknown(KpiFigure figure, CultureInfo? culture = null) => figure switch
    {
        { NotBy: { } dimension } => $"Not told apart by {Dimension(dimension, 1)}",
        { CompleteTo: null } => "No data yet",
        { N: 0 } => "Nothing measured",
        _ => $"Not enough measured, {Say.Count(figure.N, culture)} so far",
    };

    /// <summary>Amounts, each in its currency or told in the viewer's one.</summary>
    public static string Amounts(KpiFigure figure, Viewer viewer)
    {
        Money[] amounts = [.. figure.Amounts.Where(a => Data.Canonical.Currencies.IsCode(a.Currency)).Select(a => new Money(a.Amount, a.Currency))];
        return viewer.Totals?.Sum(amounts) is { } sum ? "≈ " + Say.Money(sum, MoneyStyle.Whole, viewer.Culture) : amounts.Length == 0 ? "none" : MoneyWords.Join(amounts, 1, viewer.Culture);
    }

    /// <summary><c>482,113 orders</c>, <c>1.21 M transactions</c>, <c>1 order</c>.</summary>
    public static string Many(long n, string basis, CultureInfo? culture = null) =>
        n == 1 ? $"1 {basis.TrimEnd('s')}" : $"{(n >= 1_000_000 ? (n / 1e6).ToString("0.##", culture ?? Viewer.DefaultCulture) + " M" : Say.Count(n, culture))} {basis}";

    /// <summary>What is to be reached: <c>p95 60 s</c>, <c>99.5%</c>; null without a target.</summary>
    public static string? Target(KpiDefinition kpi, KpiTarget? target, CultureInfo? culture = null) => target?.Value is not { } value ? null : kpi.Statistic switch
    {
        KpiStatistic.P90 => $"p90 {Span(value)}",
        KpiStatistic.P95 => $"p95 {Span(value)}",
        KpiStatistic.Mean => $"mean {Span(value)}",
        KpiStatistic.Count when kpi.Id == "reconciliation-backlog" => $"{Say.Count((long)value, culture)} over 7 days",
        _ when kpi.Unit == KpiUnit.Share => Short(value, culture),
        _ => Say.Count((long)value, culture),
    };

    /// <summary>How a figure stands, as icon, word and tone.</summary>
    public static (Status Status, string Word)? State(KpiDefinition kpi, KpiFigure figure) => OnTarget(kpi, figure) switch
    {
        null => null,
        true => (Status.Ok, "On target"),
        _ => (IsFar(kpi, figure) ? Status.Bad : Status.Warn, kpi.LowerIsBetter ? "Over target" : "Below target"),
    };

    // Of a state, nothing at all is a figure too.
    private static bool? OnTarget(KpiDefinition kpi, KpiFigure figure) =>
        kpi.Source is KpiSource.Level && figure is { N: 0, CompleteTo: not null, Target.Value: { } target } ? kpi.Reaches(0, target) : figure.OnTarget;

    public static Tone ToneOf(KpiDefinition kpi, KpiFigure figure) => State(kpi, figure) is { } state ? Look.Of(state.Status).Tone : Tone.Wait;

    /// <summary>Since when nothing came although the time that is shown goes on; null while data is as it should be.</summary>
    public static DateTimeOffset? SilentSince(KpiDefinition kpi, KpiFigure figure, KpiScope scope, DateTimeOffset now) =>
        figure.CompleteTo is { } to && to < (scope.Until < now ? scope.Until : now) - (kpi.Fresh is null ? FollowedLate : CountedLate) ? to : null;

    /// <summary>What the figure was in the time that it is compared with; null where either is not known.</summary>
    public static (string Text, Tone Tone)? Change(KpiDefinition kpi, KpiFigure now, KpiFigure? before, CultureInfo? culture = null)
    {
        if (kpi.Source is KpiSource.Level || kpi.Unit == KpiUnit.Money || now is not { Value: { } value } || before is not { Value: { } was } || before.N < kpi.Least)
        {
            return null;
        }

        var (said, shown) = (Number(kpi, was, culture), Number(kpi, value, culture));
        return said == shown ? ("as before", Tone.Off) : (value < was) == kpi.LowerIsBetter ? ($"better, was {said}", Tone.Ok) : ($"worse, was {said}", Tone.Warn);
    }

    /// <summary><c>slowest tenth</c>: which number of what was measured the figure is.</summary>
    public static string Statistic(KpiDefinition kpi) => kpi.Statistic switch
    {
        KpiStatistic.P90 => "p90",
        KpiStatistic.P95 => "p95",
        KpiStatistic.Mean => "mean",
        KpiStatistic.Share => "share",
        KpiStatistic.Beyond => "share beyond its limit",
        KpiStatistic.Product => "product of its parts",
        KpiStatistic.Count => "count now",
        _ => "value now",
    };

    /// <summary>The dimension in which the worst places of a figure are worth knowing.</summary>
    public static string PlaceOf(KpiDefinition kpi) => kpi.Source switch
    {
        KpiSource.Calls => "system",
        KpiSource.Facts when kpi.Id.StartsWith("return-", StringComparison.Ordinal) || kpi.Id == "order-cycle-pickup" => "store",
        KpiSource.Level => "system",
        _ => "channel",
    };

    public static string Dimension(string dimension, int count = 2) => dimension switch
    {
        "brand" => count == 1 ? "brand" : "brands",
        "channel" => count == 1 ? "channel" : "channels",
        "store" => count == 1 ? "store" : "stores",
        _ => count == 1 ? "system" : "systems",
    };

    /// <summary>What a person reads where something is of no brand, channel, store or system.</summary>
    public static string Place(KpiShare share, string dimension) => share.Key.Length == 0 ? $"no {Dimension(dimension, 1)}" : share.Name;

    /// <summary>By how much a target is missed: of a share of what is good, by what is not.</summary>
    private static bool IsFar(KpiDefinition kpi, KpiFigure figure)
    {
        var (value, target) = (kpi.Statistic == KpiStatistic.Count ? figure.Hits : figure.Value ?? 0, figure.Target!.Value!.Value);
        return kpi.LowerIsBetter ? value > target * Far : kpi.Unit == KpiUnit.Share ? 1 - value > (1 - target) * Far : value * Far < target;
    }

    private static string Short(double share, CultureInfo? culture) => (share * 100).ToString("0.####", culture ?? Viewer.DefaultCulture) + "%";

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
