using ControlTower.Data.Kpis;
using ControlTower.Web.Auth;
using ControlTower.Web.Shared;

namespace ControlTower.Web.Pages.Kpis;

/// <summary>What happened, in words, and where it can be looked at.</summary>
public static class KpiNotes
{
    public static string Words(KpiAnnotation note) => note.Kind switch
    {
        "promotion" => $"Promotion {note.Words}{(note.Until is null ? ", still out" : "")}",
        "rule" => Rule(note.Words),
        _ => note.Words,
    };

    /// <summary><c>promotion</c> as people call it.</summary>
    public static string Kind(KpiAnnotation note) => note.Kind switch
    {
        "promotion" => "Promotion",
        "outage" => "Incident",
        "deployment" => "New version",
        "rule" => "Change of rules",
        _ => "Note",
    };

    /// <summary>Null where there is nothing to open, or it is not for this person.</summary>
    public static string? Href(KpiAnnotation note, SignedIn? person) => !long.TryParse(note.Ref, System.Globalization.CultureInfo.InvariantCulture, out var id) ? null : note.Kind switch
    {
        "promotion" when person?.May(Permissions.PromotionsRead) == true => Links.Promotion(id),
        "outage" when person?.May(Permissions.IncidentsRead) == true => Links.Incident(id),
        _ => null,
    };

    // An audited act is named by its permission.
    private static string Rule(string permission) => permission switch
    {
        Permissions.FinanceRules => "Rules of reconciliation changed",
        Permissions.StockRulesWrite => "Rules of stock changed",
        Permissions.ExceptionsRules => "Rules of who gets a case changed",
        Permissions.ClassesConfigure => "What a failure costs changed",
        Permissions.ConnectionsConfigure => "A connection was set up anew",
        Permissions.CurrenciesWrite => "A rate of currencies changed",
        Permissions.KpiTargetsWrite => "A target changed",
        _ => "Rules changed",
    };
}
