namespace ControlTower.Sync.Incidents;

/// <summary>What came of an act on an incident.</summary>
public abstract record IncidentAnswer
{
    /// <summary>It is on disk; also the answer to a repeat, which does nothing more.</summary>
    /// <param name="Words">What happened, for people; null where there is nothing to add.</param>
    public sealed record Done(long Id, string? Words = null) : IncidentAnswer;

    /// <summary>Nothing was changed.</summary>
    /// <param name="Rule">Stable: <c>unknown</c>, <c>moved</c>, <c>state</c>, <c>field</c>.</param>
    /// <param name="Words">Why, and what can be done.</param>
    /// <param name="Field">The field that is wrong.</param>
    public sealed record Refused(string Rule, string Words, string? Field = null) : IncidentAnswer;
}

/// <summary>What a person opens an incident about: a system, a cause, or neither.</summary>
/// <param name="System">Connection; null for none.</param>
/// <param name="Fingerprint">Of a group of cases; null for none.</param>
/// <param name="Title">Needed where it is about no cause.</param>
/// <param name="Words">What was noticed.</param>
public sealed record IncidentDraft(string? System, string? Fingerprint, string Title, string Severity, string Words);

public enum IncidentRole
{
    /// <summary>Decides what is done.</summary>
    Lead,

    /// <summary>Keeps stakeholders up to date.</summary>
    Comms,
}
