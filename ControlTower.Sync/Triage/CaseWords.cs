namespace ControlTower.Sync.Triage;

/// <summary>What is known of a case when its words are chosen. Amount and time come formatted for the reader; null where there is none.</summary>
/// <param name="Failure">The failure kind as stored, such as <c>unknown-outcome</c>.</param>
/// <param name="Code">The vendor's or the flow's code.</param>
/// <param name="Message">What the vendor said. Quoted, never interpreted as text of ours.</param>
/// <param name="Target">What people call the system that refused; null for the tower's own checks.</param>
/// <param name="Source">What people call the system that sent.</param>
/// <param name="Order">The order's name; null for cases about a message or a feed.</param>
/// <param name="Document">Kind of the delivery, such as <c>PostSalesOrder</c>; null if nothing was being delivered.</param>
public sealed record CaseFacts(
    string Failure, string Code, string Message, string? Field = null, string? Target = null, string? Source = null, string? Order = null, string? Document = null,
    string? Amount = null, string? At = null);

/// <summary>A case in three lines. <paramref name="Why"/> is null for causes that the playbook does not know: the raw message then speaks.</summary>
/// <param name="Retry">What a retry does here, for the dialog and the button.</param>
public sealed record CaseWords(string What, string? Why, string Todo, RetryAdvice Retry);

public enum RetryAdvice
{
    /// <summary>Works once the cause is mended there.</summary>
    AfterRepair,

    /// <summary>Likely to work by itself.</summary>
    Now,

    /// <summary>Asks the target first whether the document exists; sends only if it does not.</summary>
    LooksUpFirst,

    /// <summary>A person says that the check is to be passed.</summary>
    Approves,

    /// <summary>Will fail again: the message itself is wrong.</summary>
    WillNotHelp,
}
