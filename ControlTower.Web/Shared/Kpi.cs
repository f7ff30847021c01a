namespace ControlTower.Web.Shared;

/// <summary>A figure with its meaning. <paramref name="Name"/> is its key; <paramref name="Definition"/> says what is counted and over what.</summary>
public sealed record Kpi(string Name, string Title, string Definition);

/// <summary>How a figure stands. Decided where its target is kept.</summary>
public enum MetricState
{
    NoTarget,
    OnTarget,
    OverTarget,

    /// <summary>Older than its feed allows.</summary>
    Stale,

    /// <summary>Too few cases to say anything.</summary>
    NotEnough,

    Loading,
}
