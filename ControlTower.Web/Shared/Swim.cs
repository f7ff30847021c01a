namespace ControlTower.Web.Shared;

/// <summary>One system in a timeline.</summary>
public sealed record SwimLane(string Key, SystemRef System);

/// <summary>What came of a step.</summary>
public enum SwimState
{
    Done,
    Failed,
    Running,
    Planned,
    Unknown,
}

/// <summary>
/// One step. <paramref name="At"/> is null for what is only planned; <paramref name="Note"/> stands below (a time, "+0.4 s", "next");
/// <paramref name="Key"/> is what is selected.
/// </summary>
public sealed record SwimEvent(string Key, string Lane, SwimState State, string Label, string Note, DateTimeOffset? At);
