namespace ControlTower.Data.Triage;

/// <summary>What one case would send if it were retried now, and whether it may be changed.</summary>
/// <param name="State">Of the case.</param>
/// <param name="Delivery">State of its delivery as stored; null if there is none.</param>
/// <param name="Posting">State of its posting; null without one.</param>
/// <param name="Original">The document as the shop stated it; null if this delivery carries none.</param>
/// <param name="Body">What would be sent: the standing revision, else the original.</param>
/// <param name="Revision">The standing revision; 0 is the original.</param>
/// <param name="Newest">The highest revision, undone ones included; 0 if there was none.</param>
public sealed record RepairRow(
    long CaseId, string State, string Fingerprint, string Name, string Shop, string? PostingKey, string? ConnectionId, long? FlowId, string? Kind, long? DocumentVersion, short? Delivery,
    string? Posting, string? Arguments, string? Original, string? Body, int Revision, int Newest, string? By, DateTimeOffset? At)
{
    /// <summary>Deliveries that carry the whole order.</summary>
    public static IReadOnlyList<string> Kinds { get; } = ["PostSalesOrder", "UpdateSalesOrder", "ShipSalesOrder"];

    public bool CarriesOrder => Kind is not null && Kinds.Contains(Kind) && Original is not null;
}

public sealed record NewRevision(RepairRow Of, string Body, Guid Repair, string? Rule, string Who, Guid? WhoId, string Why);

/// <summary>Mappings that were put in force because of a cause, and still are.</summary>
/// <param name="Kind">Of them, the one that was mapped most.</param>
/// <param name="Worked">Cases of the cause that waited for one of them, were retried, and closed because the target was read back.</param>
public sealed record MappingUse(string Kind, int Used, int Worked, string By, DateTimeOffset At);

/// <summary>A repair that helped with the same cause before.</summary>
/// <param name="Used">Cases in which it was applied and not undone.</param>
/// <param name="Worked">Of those, cases that the tower closed afterwards because the target confirmed.</param>
public sealed record RepairUse(string Rule, int Used, int Worked, string By, DateTimeOffset At);
