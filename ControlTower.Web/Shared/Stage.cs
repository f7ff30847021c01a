using ControlTower.Data.Canonical;

namespace ControlTower.Web.Shared;

/// <summary>How a stage is doing. Decided by whoever knows the limits, never by the part that draws it.</summary>
public enum StageState
{
    Quiet,
    Moving,
    Late,
    Stuck,
    NoData,
}

/// <summary>
/// One stage of a lane. <paramref name="Oldest"/> is the age of its oldest open piece and <paramref name="Limit"/> what is normal;
/// <paramref name="StuckShare"/> is 0 to 1 by value. <paramref name="Values"/> has one amount per currency.
/// </summary>
public sealed record Stage(
    string Key,
    string Name,
    string Icon,
    StageState State,
    long Count,
    IReadOnlyList<Money> Values,
    TimeSpan? Oldest = null,
    TimeSpan? Limit = null,
    double StuckShare = 0,
    string? Href = null);

/// <summary>What stands left of a lane: everything open, and how much of it is stuck.</summary>
public sealed record LaneTotal(long Open, IReadOnlyList<Money> Values, IReadOnlyList<Money> Stuck);
