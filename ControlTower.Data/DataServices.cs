using ControlTower.Data.Accounts;
using ControlTower.Data.Audit;
using ControlTower.Data.Db;
using ControlTower.Data.Flows;
using ControlTower.Data.Live;
using ControlTower.Data.Returns;
using ControlTower.Data.Settings;
using ControlTower.Data.Timeline;
using ControlTower.Data.Triage;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace ControlTower.Data;

/// <summary>All that is known, a line per room.</summary>
public static class DataServices
{
    /// <summary>Registers the ground floor. Await <see cref="Startup.OpenTowerAsync"/> before the host starts.</summary>
    public static IServiceCollection AddTowerData(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddDb(configuration);
        services.AddAudit(configuration);
        services.AddAccounts();
        services.AddLive();
        services.AddScreens();
        return services;
    }

    private static void AddDb(this IServiceCollection services, IConfiguration configuration)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.AddOptions<DatabaseOptions>().Bind(configuration.GetSection(DatabaseOptions.Section)).ValidateOnStart();
        services.RefuseUnknownKeys<DatabaseOptions>(configuration, DatabaseOptions.Section);
        services.AddSingleton<IValidateOptions<DatabaseOptions>, DatabaseOptionsValidator>();
        services.AddSingleton<ServerCheck>();
        services.AddSingleton<Migrator>();
        services.AddSingleton<TowerDatabase>();
        services.AddSingleton<DatabaseWatch>();
        services.AddSingleton(provider => new TowerDataSources(provider.GetRequiredService<TowerDatabase>().ConnectionString));
    }

    private static void AddLive(this IServiceCollection services)
    {
        services.AddSingleton<ChangeNotifier>();
        services.AddHostedService(p => p.GetRequiredService<ChangeNotifier>());
        services.AddSingleton<ChangeListener>();
        services.AddHostedService(p => p.GetRequiredService<ChangeListener>());
    }

    private static void AddScreens(this IServiceCollection services)
    {
        services.AddSingleton<OrderQueries>();
        services.AddSingleton<ReturnQueries>();
        services.AddSingleton<OrderStoryQueries>();
        services.AddSingleton<CaseQueries>();
        services.AddSingleton<Inventory.StockQueries>();
        services.AddSingleton<Inventory.AvailabilityQueries>();
        services.AddSingleton<Inventory.StockHoldStore>();
        services.AddSingleton<Inventory.StockReserver>();
        services.AddSingleton<Inventory.SupplyStore>();
        services.AddSingleton<Inventory.StockSnapshots>();
        services.AddSingleton<Inventory.SetAsideQueries>();
        services.AddSingleton<Inventory.DriftQueries>();
        services.AddSingleton<Catalog.CatalogQueries>();
        services.AddSingleton<Ownership.GoldenQueries>();
        services.AddSingleton<Catalog.ProductQueries>();
        services.AddSingleton<Promotions.PromotionQueries>();
        services.AddSingleton<Kpis.KpiQueries>();
        services.AddSingleton<Kpis.KpiSettings>();
        services.AddSingleton<Kpis.KpiCosts>();
        services.AddSingleton<Kpis.KpiBudgets>();
        services.AddSingleton<Kpis.KpiPlaces>();
        services.AddSingleton<Reconciliation.ReconQueries>();
        services.AddSingleton<Reconciliation.ReconItemQueries>();
        services.AddSingleton<Reconciliation.PayoutQueries>();
        services.AddSingleton<Reconciliation.ReconSettings>();
        services.AddSingleton<Reconciliation.ReconOwners>();
        services.AddSingleton<Reconciliation.ReconExports>();
        services.AddSingleton<Incidents.IncidentQueries>();
        services.AddSingleton<Promotions.ReleaseQueries>();
        services.AddSingleton<Promotions.ReleaseExports>();
        services.AddSingleton<Promotions.SkuQueries>();
        services.AddSingleton<Catalog.CustomerQueries>();
        services.AddSingleton<CaseWatch>();
        services.AddSingleton<Views.SavedViewStore>();
        services.AddSingleton<Views.ViewerChoices>();
        services.AddSingleton<CaseDetailQueries>();
        services.AddSingleton<BatchQueries>();
        services.AddSingleton<Notifications.NotificationQueries>();
        services.AddSingleton<Exports.ExportStore>();
        services.AddSingleton<PosImports.PosFileStore>();
        services.AddSingleton<Feeds.FeedStore>();
    }

    private static void AddAudit(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<AuditOptions>().Bind(configuration.GetSection(AuditOptions.Section)).ValidateOnStart();
        services.RefuseUnknownKeys<AuditOptions>(configuration, AuditOptions.Section);
        services.AddSingleton<IValidateOptions<AuditOptions>, AuditOptionsValidator>();
        services.AddSingleton<AuditLog>();
        services.AddSingleton<AuditReader>();
        services.AddSingleton<AuditQueries>();
        services.AddSingleton<AuditCheck>();
        services.AddSingleton<AuditAnchoring>();
        services.AddSingleton(p => new AuditAnchorFile(
            p.GetRequiredService<IOptions<AuditOptions>>().Value.AnchorFileOr(p.GetRequiredService<IOptions<DatabaseOptions>>().Value.DataDirectory)));
    }

    private static void AddAccounts(this IServiceCollection services)
    {
        // The web says by what people sign in; a worker signs nobody in.
        services.TryAddSingleton(new SignInWays(() => true, () => null, (_, _) => true));
        services.AddSingleton<AccountStore>();
        services.AddSingleton<IdentityStore>();
        services.AddSingleton<SessionStore>();
        services.AddSingleton<SessionBook>();
        services.AddSingleton<FactorStore>();
        services.AddSingleton<LinkStore>();
        services.AddSingleton<SignInLimits>();
        services.AddSingleton<PauseBook>();
        services.AddSingleton<ApiClients.ApiClientStore>();
        services.AddSingleton<Ownership.OwnershipReads>();
        services.AddSingleton<ApiClients.ApiLimitStore>();
        services.AddSingleton<ApiClients.ApiWriteStore>();
        services.AddSingleton<ApiClients.ApiRequestStore>();
        services.AddSingleton<Wall.WallTokenStore>();
    }
}
