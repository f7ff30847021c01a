using ControlTower.Data.Incidents;

namespace ControlTower.Web.Pages.Incidents;

public enum IncidentDo { Note, Stakeholders, Severity, Restored, Close, Dismiss, Review, Lead, Comms }

/// <summary>An act that asks something first.</summary>
/// <param name="Key">Of the act: after a lost answer the same is asked for again.</param>
/// <param name="Seen">The version that the person saw when it was asked.</param>
public sealed record IncidentAct(IncidentDo Do, Guid Key, int Seen)
{
    public bool ForPerson => Do is IncidentDo.Lead or IncidentDo.Comms;

    public string Title => Do switch
    {
        IncidentDo.Note => "Add a note",
        IncidentDo.Stakeholders => "What stakeholders are told",
        IncidentDo.Severity => "How bad is it?",
        IncidentDo.Restored => "Is the cause over?",
        IncidentDo.Close => "Close it?",
        IncidentDo.Dismiss => "A false alarm?",
        IncidentDo.Review => "What was learned",
        IncidentDo.Lead => "Who leads?",
        _ => "Who tells the stakeholders?",
    };

    public string Effect => Do switch
    {
        IncidentDo.Note => "It stands in the timeline for ever.",
        IncidentDo.Stakeholders => "It stands at the head until it is replaced.",
        IncidentDo.Severity => "Rules only raise it; people may lower it.",
        IncidentDo.Restored => "Your flag is lowered. The incident goes on until every transaction that it harmed is completed or written off.",
        IncidentDo.Close => "Every transaction that it harmed is completed or written off. The review can still be written.",
        IncidentDo.Dismiss => "It counts in no time to detect or to resolve, and the list says so. What raised it opens no other until it has ended once.",
        IncidentDo.Review => "It replaces the text that is there, and can be written again.",
        _ => "Whoever has the role sees it here; the timeline keeps who had it when.",
    };

    public string Button => Do switch
    {
        IncidentDo.Note => "Add",
        IncidentDo.Restored => "It is over",
        IncidentDo.Close => "Close",
        IncidentDo.Dismiss => "Dismiss",
        _ => "Save",
    };

    public bool IsGrave => Do is IncidentDo.Dismiss;
}

/// <summary>What a person said in the dialog.</summary>
/// <param name="Person">Null: nobody.</param>
public sealed record IncidentSaid(string Words, string Severity, Guid? Person);
