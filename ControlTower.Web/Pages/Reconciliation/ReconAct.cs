namespace ControlTower.Web.Pages.Reconciliation;

public enum ReconDo { Link, Undo, UndoAdjustment, Acknowledge, Strict, Adjust, ByHand, Alike, Own }

/// <summary>An act that asks something first.</summary>
/// <param name="Id">Of the match or the adjustment that it is about.</param>
/// <param name="Items">Frozen when it was asked.</param>
public sealed record ReconAct(ReconDo Do, long Id = 0, IReadOnlyList<long>? Items = null)
{
    /// <summary>It asks for a reason and nothing else.</summary>
    public bool IsReason => Do <= ReconDo.Strict;

    public string Title => Do switch
    {
        ReconDo.Link => $"Match {ReconWords.Items(Items?.Count ?? 0)} with one another?",
        ReconDo.Undo => "Take this match back?",
        ReconDo.UndoAdjustment => "Take this adjustment back?",
        ReconDo.Acknowledge => "Seen, and nothing to explain?",
        ReconDo.Strict => "Not tolerate this difference?",
        _ => "",
    };

    public string Effect => Do switch
    {
        ReconDo.Link => "They stand as one item from now on. It can be undone, and the history stays.",
        ReconDo.Undo => "Everything stands again where it stood, and no rule makes the same match again.",
        ReconDo.UndoAdjustment => "The difference is open again. Where it was booked in the ERP, reverse it there.",
        ReconDo.Acknowledge => "It leaves the backlog. Should its amounts change, it comes back.",
        _ => "It is a break again, and no rule tolerates it any more.",
    };

    public string Button => Do switch
    {
        ReconDo.Link => "Match",
        ReconDo.Undo or ReconDo.UndoAdjustment => "Take back",
        ReconDo.Acknowledge => "Acknowledge",
        _ => "Do not tolerate",
    };
}
