namespace ControlTower.Web.Shared;

/// <summary>Addresses of key figures.</summary>
public static partial class Links
{
    public const string Kpis = "/kpis";

    public static string Kpi(string id) => $"{Kpis}/{Uri.EscapeDataString(id)}";

    /// <summary>The very things that a figure counts.</summary>
    public static string KpiRows(string id) => $"{Kpi(id)}/rows";
}
