namespace ControlTower.Web.Pages.Exceptions;

/// <summary>How closely the desk follows what changes. Acts of its person are shown at once whatever was chosen.</summary>
/// <param name="Seconds">At most so often; 0: at once; -1: when asked.</param>
public sealed record DeskPace(int Seconds, string Name)
{
    public static IReadOnlyList<DeskPace> All { get; } = [new(0, "At once"), new(10, "Every 10 seconds"), new(60, "Every minute"), new(-1, "When I ask")];

    public static DeskPace Of(int? seconds) => All.FirstOrDefault(one => one.Seconds == seconds) ?? All[0];

    /// <summary>What changed may be shown, that long after it was last.</summary>
    public bool Allows(TimeSpan since) => Seconds >= 0 && since >= TimeSpan.FromSeconds(Seconds);
}
