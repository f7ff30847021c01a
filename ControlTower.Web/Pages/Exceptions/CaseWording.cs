using ControlTower.Data.Canonical;
using ControlTower.Data.Flows;
using ControlTower.Data.Triage;
using ControlTower.Sync.Triage;
using ControlTower.Web.Shared;

namespace ControlTower.Web.Pages.Exceptions;

/// <summary>A case's words and looks for this reader.</summary>
internal static class CaseWording
{
    private const int LongestMessage = 400;

    public static CaseWords Words(CaseDetail detail, Viewer viewer) => Sync.Triage.Playbook.For(new CaseFacts(
        detail.Row.Failure, detail.Row.Code, Cut(detail.Message), detail.Field, detail.TargetName, detail.SourceName, detail.Order?.Name is { Length: > 0 } name ? name : null,
        detail.PostingKind, detail.Row.Value is { Amount: > 0 } value ? Say.Money(value, MoneyStyle.Exact, viewer.Culture) : null,
        Say.Clock(detail.Call?.StartedAt ?? detail.Row.LastSeenAt, viewer.StoreZone)));

    public static (Status Status, string? Word, int? Attempt) State(CaseRow row) => row.State switch
    {
        "retrying" when row.AcceptedAt is not null => (Status.Run, "Verifying", null),
        "retrying" => (Status.Run, null, Math.Max(1, row.Attempts)),
        "resolved" when row.IsProven => (Status.Proven, "Proven", null),
        "resolved" when row.WentOn => (Status.Ok, "Went on", null),
        "resolved" when row.ClosedBy == "tower" => (Status.Off, "Taken back", null),
        "resolved" => (Status.Ok, "Resolved", null),
        "discarded" => (Status.Off, "Discarded", null),
        _ when row.Shelf is { Kind: ShelfKind.Held } => (Status.Held, "On hold", null),
        _ when row.Shelf is not null => (Status.Snoozed, null, null),
        _ when Sync.Triage.Playbook.IsUnknownOutcome(row.Failure) => (Status.Unk, "Unknown", null),
        _ => (Status.Bad, "Open", null),
    };

    public static Shared.CauseGroup Group(Cause cause) => new(
        cause.Fingerprint, cause.Title, Sync.Triage.Playbook.IsUnknownOutcome(cause.Failure) ? Status.Unk : Status.Bad, Tag(cause.Failure), cause.Count, cause.Values,
        [.. cause.Trend.Select(n => (double?)n)], Growing(cause.Trend), cause.Retrying, cause.HeldBy);

    /// <summary>The failure kind's word; a kind that this version does not know is shown as stored.</summary>
    public static string Tag(string failure) =>
        Enum.TryParse<FailureKind>(failure.Replace("-", "", StringComparison.Ordinal), ignoreCase: true, out var kind) ? Look.Tag(kind) : failure.Replace('-', ' ');

    /// <summary>What a case is about, in words.</summary>
    public static string Type(string type) => type switch
    {
        CaseType.Message => "incoming message",
        CaseType.Check => "check of the order",
        "PostJournal" => "journal",
        _ => Sync.Triage.Playbook.Document(type),
    };

    /// <summary>What somebody else did to a case since it was seen; null if it looks the same.</summary>
    public static string? Changed(CaseRow before, CaseRow now, Viewer viewer) => now switch
    {
        { State: "resolved" or "discarded" } => $"{(now.IsProven ? "the target has it" : now.WentOn ? "it went on by itself" : now.ClosedBy == "tower" ? "nobody wants it any more" : $"{now.ClosedBy} closed it")}{(now.ClosedAt is { } at ? $" at {Say.Clock(at, viewer.StoreZone)}" : "")}",
        { State: "retrying" } when before.State != "retrying" => "it is being retried",
        _ when before.Assignee != now.Assignee => now.Assignee is { } holder ? $"{holder.Name} has it in hand" : $"{before.Assignee!.Name} let it go",
        _ when before.Shelf != now.Shelf => now.Shelf is { } shelf ? $"{shelf.By} {(shelf.Kind is ShelfKind.Held ? "put it on hold" : "snoozed it")}" : "it is back on the board",
        _ when now.Occurrences > before.Occurrences => $"it failed again at {Say.Clock(now.LastSeenAt, viewer.StoreZone)}",
        _ when now.Version > before.Version => "it was changed",
        _ => null,
    };

    /// <summary>How cases of the same cause ended: what helped, and how often.</summary>
    public static string Past(CausePast past)
    {
        string?[] ends =
        [
            past.Retried > 0 ? $"a retry worked for {past.Worked} of {past.Retried}" : null,
            past.ByItself > 0 ? $"{past.ByItself} came right without anybody" : null,
            past.ByHand > 0 ? $"{past.ByHand} {(past.ByHand == 1 ? "was" : "were")} resolved by hand{(past.Last is { Length: > 0 } last ? $", the last one: “{Cut(last)}”" : "")}" : null,
            past.Discarded > 0 ? $"{past.Discarded} {(past.Discarded == 1 ? "was" : "were")} discarded" : null,
            past.Unwanted > 0 ? $"{past.Unwanted} {(past.Unwanted == 1 ? "was" : "were")} not wanted any more" : null,
        ];
        return $"Of the last {past.Closed} like it that ended {string.Join("; ", ends.OfType<string>())}.";
    }

    public static string Channel(CaseRow row) => row.Channel ?? row.ConnectionName ?? row.Connection ?? "ControlTower";

    // The newest two steps hold more than the average of the rest: somebody should look now.
    private static bool Growing(IReadOnlyList<int> trend) => trend.Count > 2 && trend[^1] + trend[^2] > 2 + (2 * trend.Take(trend.Count - 2).Average());

    private static string Cut(string message) => message.Length > LongestMessage ? message[..LongestMessage] + "…" : message;
}
