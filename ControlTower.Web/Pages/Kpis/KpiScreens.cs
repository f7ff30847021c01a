namespace ControlTower.Web.Pages.Kpis;

/// <summary>What the screens of key figures bring along.</summary>
internal static class KpiScreens
{
    public static void AddKpiScreens(this IServiceCollection services) => services.AddSingleton<KpiFeed>();
}
