using System.Globalization;

namespace ControlTower.Web.Shared;

/// <summary>Addresses of incidents.</summary>
public static partial class Links
{
    public const string Incidents = "/incidents";
    public const string IncidentRules = "/incidents/rules";

    public static string Incident(long id) => string.Create(CultureInfo.InvariantCulture, $"{Incidents}/{id}");

    /// <summary>One incident as a document to keep.</summary>
    public static string IncidentReview(long id) => $"{Incident(id)}/review.md";

    /// <summary>The list with the dialog in which an incident is opened, about a system.</summary>
    public static string IncidentAbout(string system) => $"{Incidents}?new=system&about={Uri.EscapeDataString(system)}";

    /// <summary>As the other, about the cause of a group of cases.</summary>
    public static string IncidentOfCause(string fingerprint) => $"{Incidents}?new=cause&about={Uri.EscapeDataString(fingerprint)}";
}
