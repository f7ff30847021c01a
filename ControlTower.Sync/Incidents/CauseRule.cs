using System.Globalization;
using ControlTower.Data.Incidents;

namespace ControlTower.Sync.Incidents;

/// <summary>More open cases have one cause than the rule allows.</summary>
public static class CauseRule
{
    public static Condition? Judge(CauseReading cause, IncidentRule rule) => cause.Cases <= rule.Most ? null : new Condition(
        IncidentKind.Cause, cause.Fingerprint, cause.Title, rule.Severity, string.Create(CultureInfo.InvariantCulture, $"{cause.Cases} open cases have this cause."), cause.First, null, cause.Brand, cause.Connection ?? "");
}
