using ControlTower.Data.Canonical;

namespace ControlTower.Data.Notifications;

/// <summary>One thing to tell. Orders by name, causes by title, amounts: nothing about customers.</summary>
/// <param name="Step">Whole hours that were left when it became due; 0: overdue. Null for what has no due time.</param>
/// <param name="Detail">For a batch why it stopped, for a check the invariants that were violated, for stock what fell or rose.</param>
public sealed record Notice(
    long Id, string Event, bool Urgent, int Attempts, DateTimeOffset CreatedAt, long? CaseId, string? Order, string? Cause, string? Failure, Money? Value, Money? AtRisk, string? Assignee,
    DateTimeOffset? DueAt, int? Step, long? BatchId, string? Detail, long? IncidentId = null, long? PromotionId = null,
    string? Page = null);

/// <summary>What waits for one person, or for a channel's own place, in the order in which it came.</summary>
/// <param name="Email">Of the person; null for the channel's own place.</param>
/// <param name="More">There is more for them than one message takes.</param>
public sealed record NoticeParcel(Guid? Person, string? Email, IReadOnlyList<Notice> Notices, bool More);

/// <summary>A line of the page: something that waits, was told, or was given up.</summary>
public sealed record NotificationRow(
    long Id, string Channel, string? Person, string Event, long? CaseId, string? Order, string State, int Attempts, DateTimeOffset CreatedAt, DateTimeOffset DueAt, DateTimeOffset? EndedAt, string? LastError);
