namespace ControlTower.Data.Kpis;

/// <summary>What a figure is asked about. Begin and end are full hours; the end is not part of it. Empty dimensions are all.</summary>
/// <param name="Step">Of the curve: <c>hour</c>, <c>day</c>, <c>week</c> or <c>month</c>, cut in <paramref name="Zone"/>.</param>
/// <param name="Zone">An IANA zone that the database knows.</param>
public sealed record KpiScope(DateTimeOffset From, DateTimeOffset Until, string Step = "day", string Zone = "UTC", string? Brand = null, string? Channel = null, string? Store = null, string? System = null)
{
    /// <summary>The full hour of UTC in which it begins: what is measured is kept by hours, also where a zone's midnight falls between two.</summary>
    public DateTimeOffset Begin => Hour(From);

    public DateTimeOffset End => Hour(Until);

    /// <summary>Dimensions by which it is narrowed.</summary>
    public IEnumerable<string> Narrowed => new[] { ("brand", Brand), ("channel", Channel), ("store", Store), ("system", System) }.Where(d => d.Item2 is not null).Select(d => d.Item1);

    private static DateTimeOffset Hour(DateTimeOffset at) => new(at.UtcTicks - (at.UtcTicks % TimeSpan.TicksPerHour), TimeSpan.Zero);

    /// <summary>The same scope over another time.</summary>
    public KpiScope At(DateTimeOffset from, DateTimeOffset until) => this with { From = from, Until = until };
}

/// <summary>One place of a curve. Null: nothing was measured.</summary>
public sealed record KpiPoint(DateTimeOffset At, long N, double? Value);

/// <summary>An amount with its currency.</summary>
public sealed record KpiAmount(string Currency, decimal Amount);

/// <summary>A figure over a scope.</summary>
/// <param name="N">What was measured; of a state, what there is. Spans that still last are among them.</param>
/// <param name="Open">Of them, spans that still last.</param>
/// <param name="Hits">Of a share, what it is the share of; of spans, how many are beyond the target or the limit; of a state, those that the target is about.</param>
/// <param name="Value">The figure in its unit; null if nothing was measured. Of money, null: see <paramref name="Amounts"/>.</param>
/// <param name="Parts">Of a product: its factors.</param>
/// <param name="NotBy">The dimension of the scope by which its source is not told apart: then nothing is known of it. Null otherwise.</param>
public sealed record KpiFigure(
    string Kpi, long N, long Open, long Hits, double? Value, double? P50, double? P90, double? P95, double? P99, double? Mean, IReadOnlyList<KpiAmount> Amounts, IReadOnlyList<KpiPoint> Curve, KpiTarget? Target,
    DateTimeOffset? CompleteTo, IReadOnlyList<KpiFigure> Parts, string? NotBy = null)
{
    /// <summary>Null without a target, without enough measurements, and where the source never said anything.</summary>
    public bool? OnTarget => Target?.Value is not { } target || NotBy is not null || KpiCatalogue.Find(Kpi) is not { } kpi ? null
        : kpi.Statistic is KpiStatistic.Count ? CompleteTo is null ? null : kpi.Reaches(Hits, target)
        : Value is { } value && N >= kpi.Least ? kpi.Reaches(value, target) : null;
}

/// <summary>What a figure is to reach, and by whose word.</summary>
/// <param name="Value">In the figure's unit; null: it has none.</param>
/// <param name="Objective">Share of what is measured that has to be good; null: no error budget.</param>
/// <param name="SetBy">Null: our proposal, nobody has set one.</param>
public sealed record KpiTarget(double? Value, double? Objective, string Owner, string? SetBy, DateTimeOffset? Since, string Words, string Brand = "");

/// <summary>A figure by one of its dimensions.</summary>
/// <param name="Key">Brand; or id of a channel, store or system; '' where it is of none.</param>
public sealed record KpiShare(string Key, string Name, KpiFigure Figure);

/// <summary>One of the very things that were measured.</summary>
/// <param name="Until">Null: it still lasts.</param>
/// <param name="Seconds">Of a span, by the database's clock if it still lasts.</param>
public sealed record KpiRow(
    long FlowId, string Kind, string Name, string Source, string Subject, string Brand, string Store, string System, DateTimeOffset At, DateTimeOffset? Until, double? Seconds, bool? Hit, string Stage, decimal Value, string Currency);

/// <summary>What happened that a curve may show.</summary>
/// <param name="Kind"><c>promotion</c>, <c>outage</c>, <c>deployment</c>, <c>rule</c>, <c>note</c>.</param>
/// <param name="Ref">Where it can be looked at: an id within its room; null for notes.</param>
public sealed record KpiAnnotation(DateTimeOffset At, DateTimeOffset? Until, string Kind, string Words, string? Ref);
