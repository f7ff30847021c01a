using ControlTower.Data.Ownership;

namespace ControlTower.Web.Pages.Ownership;

public enum OwnershipDo { Try, Ask, Withdraw, Approve, Changes, Reject, Return }

/// <summary>An act that asks for words first.</summary>
/// <param name="Change">As the person saw it; for a return, the one that is kept.</param>
public sealed record OwnershipAct(OwnershipDo Do, OwnershipChange Change)
{
    public string Title => Do switch
    {
        OwnershipDo.Approve => $"Approve change {Change.Number}?",
        OwnershipDo.Changes => $"Ask for changes of {Change.Number}",
        OwnershipDo.Reject => $"Reject change {Change.Number}?",
        _ => $"Return to change {Change.Number}?",
    };

    public string Effect => Do switch
    {
        OwnershipDo.Approve => "It holds from its time on, everywhere within two seconds. You and its author stand in the audit.",
        OwnershipDo.Changes => "It goes back to its author as a draft. Your words stand in the audit.",
        OwnershipDo.Reject => "It ends here. What it wanted can be drafted anew.",
        _ => "Everything that was approved after it ends now, what is still to come included. The rules that hold then were approved before, so one admin is enough.",
    };

    public string Button => Do switch { OwnershipDo.Approve => "Approve", OwnershipDo.Changes => "Ask for changes", OwnershipDo.Reject => "Reject", _ => "Return" };

    public string Said => Do switch { OwnershipDo.Approve => "Approved.", OwnershipDo.Changes => "It is back with its author.", OwnershipDo.Reject => "Rejected.", _ => "Returned. It is felt everywhere within two seconds." };

    /// <summary>An approval needs no words.</summary>
    public bool NeedsWhy => Do is not OwnershipDo.Approve;

    public bool IsGrave => Do is OwnershipDo.Reject or OwnershipDo.Return;
}
