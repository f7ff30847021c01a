using System.Globalization;
using ControlTower.Data.Incidents;

namespace ControlTower.Sync.Incidents;

/// <summary>The last check found that the data break a promise. It began with the first of the checks in a row that found it, and is over with the first that does not.</summary>
public static class IntegrityRule
{
    public static Condition? Judge(BrokenPromise broken, IncidentRule rule) => broken.Count <= rule.Most ? null : new Condition(
        IncidentKind.Integrity, broken.Invariant, $"The data break a promise: {broken.Invariant}", rule.Severity,
        string.Create(CultureInfo.InvariantCulture, $"{broken.Count} found. {broken.Promise}"), broken.Began, broken.Began);
}
