namespace ControlTower.Web.Pages.Promotions;

/// <summary>What a dialog of the release page is about to do.</summary>
/// <param name="Cells">Of <see cref="ReleaseDo.Keep"/> and <see cref="ReleaseDo.Set"/>: frozen when it was asked.</param>
public sealed record ReleaseAct(ReleaseDo Do, int Stage = 0, IReadOnlyList<long>? Cells = null)
{
    public string Title => Do switch
    {
        ReleaseDo.Hold => "Hold the release",
        ReleaseDo.Resume => "Resume the release",
        ReleaseDo.Advance => $"Advance to stage {Stage}",
        ReleaseDo.RollBack => "Roll back",
        ReleaseDo.End => "End now",
        ReleaseDo.Cancel => "Cancel the promotion",
        ReleaseDo.Set => "Set anyway",
        _ => "Keep as it is",
    };

    public string Effect => Do switch
    {
        ReleaseDo.Hold => "Nothing more is written until somebody resumes it. What stands stays, and is still watched.",
        ReleaseDo.Resume => "It goes on where it stood. A stage below its share then begins without it.",
        ReleaseDo.Advance => "The stage begins now, and its prices are written at each store's hour.",
        ReleaseDo.RollBack => "Every price goes back to what stood there before, and is read back until each is proven. What somebody else changed since is left alone.",
        ReleaseDo.End => "The promotion ends early as planned: every price goes back to what stood there before, and is read back until each is proven.",
        ReleaseDo.Cancel => "It never begins. Copy it to plan it anew.",
        ReleaseDo.Set => "What somebody else put there is written over with the intended price.",
        _ => "These prices are taken out of the release: they are not written, and do not count.",
    };

    public string Button => Do switch
    {
        ReleaseDo.Hold => "Hold",
        ReleaseDo.Resume => "Resume",
        ReleaseDo.Advance => "Advance",
        ReleaseDo.RollBack => "Roll back",
        ReleaseDo.End => "End now",
        ReleaseDo.Cancel => "Cancel it",
        ReleaseDo.Set => "Set anyway",
        _ => "Keep",
    };

    public bool NeedsReason => Do is not ReleaseDo.Advance;

    public bool IsGrave => Do is ReleaseDo.RollBack or ReleaseDo.End or ReleaseDo.Cancel;
}

public enum ReleaseDo { Hold, Resume, Advance, RollBack, End, Cancel, Set, Keep }
