namespace ControlTower.Data.Kpis;

/// <summary>Unit of a figure and of its target.</summary>
public enum KpiUnit
{
    Seconds,

    /// <summary>From 0 to 1.</summary>
    Share,

    /// <summary>Things.</summary>
    Count,

    /// <summary>Amounts, each in its currency.</summary>
    Money,
}

/// <summary>Which number of what was measured is the figure.</summary>
public enum KpiStatistic
{
    /// <summary>Of spans, the length that nine in ten do not exceed.</summary>
    P90,
    P95,
    Mean,

    /// <summary>Hits of all.</summary>
    Share,

    /// <summary>Of spans, the share that is longer than <see cref="KpiDefinition.Limit"/>.</summary>
    Beyond,

    /// <summary>The shares of several figures, multiplied.</summary>
    Product,

    /// <summary>What stands now: the things themselves.</summary>
    Count,

    /// <summary>What stands now: their value.</summary>
    Value,
}

/// <summary>Where a figure comes from.</summary>
public abstract record KpiSource
{
    /// <summary>
    /// What is measured of a flow, reckoned anew whenever something happens to it. <paramref name="Sql"/> selects <c>flow_id, subject, at, until, hit, weight, brand, channel, store, system</c> from <c>due</c> (the
    /// flows in question) and <c>steps</c> (when each kind of event was first logged of them); <see cref="KpiFactsSql"/> holds both. A span has no hit, and no until while it lasts.
    /// </summary>
    public sealed record Facts(string Sql) : KpiSource;

    /// <summary>Counted by the hour from the call log. <paramref name="Column"/> names what is a hit.</summary>
    public sealed record Calls(string Column) : KpiSource;

    /// <summary>
    /// Counted by another room. <paramref name="Sql"/> selects <c>hour, brand, channel, store, system, n, hits</c>; what is counted by the day stands at the midnight of its date in the scope's zone. $5 and $6 are the scope's
    /// begin and end, $8 its zone.
    /// </summary>
    public sealed record Counted(string Sql) : KpiSource;

    /// <summary>Spans that another room keeps, few of them. <paramref name="Sql"/> selects <c>subject, at, until, brand, channel, store, system</c>; $5 and $6 are the scope's begin and end.</summary>
    public sealed record Spans(string Sql) : KpiSource;

    /// <summary>A state: <paramref name="Sql"/> selects <c>brand, channel, store, system, currency, n, hits, value</c> as they are now; each hour's end is kept.</summary>
    public sealed record Level(string Sql) : KpiSource;

    /// <summary>The product of other figures' shares.</summary>
    public sealed record Product(IReadOnlyList<string> Of) : KpiSource;
}

/// <summary>A key figure, exactly. One file each under <c>Definitions</c>.</summary>
/// <param name="Id">Stable, in addresses: <c>order-acknowledgement</c>.</param>
/// <param name="Measure">What is measured, in the few words of a tile.</param>
/// <param name="Formula">The whole of it: from when to when, over what, what is left out.</param>
/// <param name="Basis">What one of the counted things is called, several of them: <c>orders</c>.</param>
/// <param name="Target">Our proposal, until somebody sets another; in the unit of the figure.</param>
/// <param name="Reference">What others reach, with where that is known from.</param>
/// <param name="Owner">Who answers for it, until somebody is named.</param>
/// <param name="LowerIsBetter">True if more is worse.</param>
/// <param name="Fresh">Selects one time: up to when its source is complete; null if it never said anything. Without it, as far as the log was followed.</param>
/// <param name="Limit">In seconds, of <see cref="KpiStatistic.Beyond"/>.</param>
/// <param name="Least">Fewer measurements than this say nothing.</param>
/// <param name="PartOf">The figure of which it is a step; it has no tile of its own.</param>
/// <param name="Apart">The dimensions that its source knows.</param>
public sealed record KpiDefinition(
    string Id, string Title, string Measure, string Formula, string Basis, KpiUnit Unit, KpiStatistic Statistic, KpiSource Source, double? Target, string Reference, string Owner, KpiGroup Group,
    bool LowerIsBetter = true, string? Fresh = null, double? Limit = null, int Least = 1, string? PartOf = null,
    string Apart = "brand channel store system")
{
    /// <summary>Whether it can be told apart by a dimension.</summary>
    public bool IsToldBy(string dimension) => Apart.Split(' ').Contains(dimension);

    /// <summary>Whether a value reaches a target.</summary>
    public bool Reaches(double value, double target) => LowerIsBetter ? value <= target : value >= target;
}

/// <summary>Whose figures they are first of all.</summary>
public enum KpiGroup
{
    Operations,
    Finance,
    Merchandising,
}
