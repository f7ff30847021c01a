using System.Globalization;
using ControlTower.Data.Canonical;
using ControlTower.Data.Incidents;
using ControlTower.Web.Shared;
using MudBlazor;

namespace ControlTower.Web.Pages.Incidents;

/// <summary>Incidents in words.</summary>
public static class IncidentWords
{
    public static string Number(long id) => string.Create(CultureInfo.InvariantCulture, $"I-{id}");

    public static (Status Status, string Word) Severity(string severity) => severity switch
    {
        IncidentSeverity.Critical => (Status.Bad, "Critical"),
        IncidentSeverity.Major => (Status.Warn, "Major"),
        _ => (Status.Wait, "Minor"),
    };

    /// <summary>Where it stands; a restored system is no restored order.</summary>
    public static (Status Status, string Word) Standing(IncidentRow row) => row.Status switch
    {
        IncidentStatus.Open => row.Times.Restored is null ? (Status.Bad, "Open") : (Status.Run, "Restored, draining"),
        IncidentStatus.Drained => (Status.Ok, "Drained"),
        IncidentStatus.Closed => (Status.Proven, "Closed"),
        _ => (Status.Off, "False alarm"),
    };

    public static string Named(string status) => status switch
    {
        IncidentStatus.Open => "Open",
        IncidentStatus.Drained => "Drained",
        IncidentStatus.Closed => "Closed",
        IncidentStatus.Dismissed => "False alarms",
        _ => "All",
    };

    public static string Kind(string kind) => kind switch
    {
        IncidentKind.Connection => "System away",
        IncidentKind.Silent => "Silent flow",
        IncidentKind.Backlog => "Backlog",
        IncidentKind.Completeness => "Missing orders",
        IncidentKind.Pump => "Pump stands still",
        IncidentKind.Integrity => "Integrity",
        IncidentKind.Cause => "Many cases of a cause",
        IncidentKind.Burn => "Budget burns",
        _ => "Opened by hand",
    };

    /// <summary>What the limit of a rule counts; null where it has none.</summary>
    public static string? Counts(string kind) => kind switch
    {
        IncidentKind.Backlog => "transactions beyond the limit of their stage, and growing",
        IncidentKind.Completeness => "orders missing in the books",
        IncidentKind.Cause => "open cases of one cause",
        _ => null,
    };

    /// <summary>When a rule sees trouble.</summary>
    public static string Rule(string kind) => kind switch
    {
        IncidentKind.Connection => "A system's breaker is not closed",
        IncidentKind.Silent => "A channel or store sends far fewer orders than in the quietest of the same hours before",
        IncidentKind.Backlog => "A stage holds too many late transactions and their number grows",
        IncidentKind.Completeness => "The books lack orders that are due there",
        IncidentKind.Pump => "A pump of the tower has not run on any node",
        IncidentKind.Integrity => "The last check of the data found a broken promise",
        IncidentKind.Cause => "Too many open cases have one cause",
        _ => "An objective uses up its budget too fast",
    };

    public static (Status Status, string Icon) Line(string kind) => kind switch
    {
        "opened" or "reopened" => (Status.Bad, Icons.Material.Rounded.Campaign),
        "signal" or "severity" => (Status.Warn, Icons.Material.Rounded.Warning),
        "restored" => (Status.Run, Icons.Material.Rounded.PowerSettingsNew),
        "drained" or "closed" => (Status.Ok, Icons.Material.Rounded.CheckCircle),
        "dismissed" => (Status.Off, Icons.Material.Rounded.NotificationsOff),
        "notified" => (Status.Warn, Icons.Material.Rounded.NotificationsActive),
        "role" => (Status.Wait, Icons.Material.Rounded.Person),
        "status" => (Status.Wait, Icons.Material.Rounded.RecordVoiceOver),
        _ => (Status.Wait, Icons.Material.Rounded.Notes),
    };

    public static string Kind(IncidentEntry entry) => entry.Kind switch
    {
        "opened" => "Opened",
        "reopened" => "Opened again",
        "signal" => "Joined",
        "severity" => "Severity",
        "restored" => "Restored",
        "drained" => "Drained",
        "closed" => "Closed",
        "dismissed" => "False alarm",
        "notified" => "Escalated",
        "role" => "Roles",
        "status" => "Stakeholders",
        "review" => "Review",
        _ => "Note",
    };

    public static string Age(TimeSpan? age) => age is { } known ? Say.Age(known) : Say.None;

    public static string Many(long count, string one, CultureInfo? culture = null) => $"{Say.Count(count, culture)} {one}{(count == 1 ? "" : "s")}";

    /// <summary>What is harmed, by currency; currencies are never added.</summary>
    public static string Value(IReadOnlyList<IncidentWorth> worth, CultureInfo? culture = null) => MoneyWords.Join([.. worth.Where(w => w.Currency != "XXX").Select(w => new Money(w.Value, w.Currency))], culture: culture);
}
