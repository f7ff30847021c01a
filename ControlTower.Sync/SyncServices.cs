using ControlTower.Data.Flows;
using ControlTower.Data.Inbox;
using ControlTower.Data.Operations;
using ControlTower.Data.Outbox;
using ControlTower.Data.Settings;
using ControlTower.Sync.Administration;
using ControlTower.Sync.Catalog;
using ControlTower.Sync.Configuration;
using ControlTower.Sync.Connections;
using ControlTower.Sync.Connectors;
using ControlTower.Sync.Exports;
using ControlTower.Sync.Feeds;
using ControlTower.Sync.Flows;
using ControlTower.Sync.Flows.JournalToBooks;
using ControlTower.Sync.Flows.OrderToCash;
using ControlTower.Sync.Flows.ReturnToRefund;
using ControlTower.Sync.Gateway;
using ControlTower.Sync.Incidents;
using ControlTower.Sync.Ingress;
using ControlTower.Sync.Integrity;
using ControlTower.Sync.Jobs;
using ControlTower.Sync.Kpis;
using ControlTower.Sync.Notifications;
using ControlTower.Sync.Operations;
using ControlTower.Sync.Ownership;
using ControlTower.Sync.PosImports;
using ControlTower.Sync.Publishing;
using ControlTower.Sync.Promotions;
using ControlTower.Sync.Pumps;
using ControlTower.Sync.Reconciliation;
using ControlTower.Sync.Relay;
using ControlTower.Sync.Returns;
using ControlTower.Sync.Statements;
using ControlTower.Sync.Triage;
using ControlTower.Sync.Triage.Mappings;
using ControlTower.Sync.Triage.Repair;
using ControlTower.Sync.Webhooks;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace ControlTower.Sync;

/// <summary>All that is done, a line per room.</summary>
public static class SyncServices
{
    /// <summary>What every node needs: connections, receiving, and the desks through which people act.</summary>
    public static IServiceCollection AddTowerSync(this IServiceCollection services, IConfiguration configuration)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.AddConnections(configuration);
        services.AddFlows(configuration);
        services.AddIngress();
        services.AddJobStorage();
        services.AddIntegrity(configuration);
        services.AddSingleton<RetryDesk>();
        services.AddSingleton<OutcomeTrail>();
        services.AddSingleton<CaseDesk>();
        services.AddSingleton<PlaybookDesk>();
        services.AddSingleton<ErasureDesk>();
        services.AddSingleton<CurrencyDesk>();
        services.AddSingleton<RetentionDesk>();
        services.AddSingleton<Inventory.ChannelRuleDesk>();
        services.AddSingleton<Inventory.SafetyStockDesk>();
        services.AddSingleton<Inventory.StockWatchDesk>();
        services.AddSingleton<Inventory.SetAsideDesk>();
        services.AddSingleton<DriftDesk>();
        services.AddSingleton<CatalogDesk>();
        services.AddSingleton<PromotionActing>();
        services.AddSingleton<PlanDesk>();
        services.AddSingleton<SequenceDesk>();
        services.AddSingleton<ReleaseDesk>();
        services.AddSingleton<LedgerArrivals>();
        services.AddSingleton<ReconActing>();
        services.AddSingleton<ReconDesk>();
        services.AddSingleton<ReconRuleDesk>();
        services.AddSingleton<ReconOwnerDesk>();
        services.AddSingleton<KpiDesk>();
        services.AddSingleton<KpiExport>();
        services.AddSingleton<PeriodDesk>();
        services.AddSingleton<JournalDesk>();
        services.AddSingleton<ReconRepairDesk>();
        services.AddSingleton<StatementDesk>();
        services.AddSingleton<IncidentDesk>();
        services.AddSingleton<CustomerDesk>();
        services.AddSingleton<OwnershipBook>();
        services.AddSingleton<OwnershipDesk>();
        services.AddSingleton<GoldenRecords>();
        services.AddSingleton<StatedStock>();
        services.AddSingleton<OwnershipTrials>();
        services.AddSingleton<QuarantineDesk>();
        services.AddSingleton<AssignmentDesk>();
        services.AddNotifications(configuration);
        services.AddExports();
        services.AddPosImports(configuration);
        services.AddFeeds(configuration);
        services.AddSingleton<BatchDesk>();
        services.AddSingleton<RepairDesk>();
        services.AddSingleton<MappingDesk>();
        services.AddSingleton<ReturnDesk>();
        services.AddSingleton<Orders.OrderDesk>();
        services.AddSingleton<ConnectionDesk>();
        services.AddSingleton<SetupDesk>();
        services.AddSingleton<ConnectionTrial>();
        services.AddOptions<BreakerOptions>().Bind(configuration.GetSection(BreakerOptions.Section)).ValidateOnStart();
        services.AddSingleton<IValidateOptions<BreakerOptions>, BreakerOptionsValidator>();
        services.RefuseUnknownKeys<BreakerOptions>(configuration, BreakerOptions.Section);
        services.TryAddSingleton(p => GatewayOptions.Standard with { Breaker = p.GetRequiredService<IOptions<BreakerOptions>>().Value.Rule });
        services.AddOptions<ReachOptions>().Bind(configuration.GetSection(ReachOptions.Section)).ValidateOnStart();
        services.AddSingleton<IValidateOptions<ReachOptions>, ReachOptionsValidator>();
        services.RefuseUnknownKeys<ReachOptions>(configuration, ReachOptions.Section);
        services.TryAddSingleton<IVendorTransport, HttpTransport>();
        services.AddOptions<RelayOptions>().Bind(configuration.GetSection(RelayOptions.Section)).ValidateOnStart();
        services.AddSingleton<IValidateOptions<RelayOptions>, RelayOptionsValidator>();
        services.RefuseUnknownKeys<RelayOptions>(configuration, RelayOptions.Section);
        return services;
    }

    /// <summary>What a node with pages adds: the calendar in people's hands, and the configuration as a file.</summary>
    /// <param name="api">What API clients may be given; asked for once all of the API is mapped.</param>
    public static IServiceCollection AddAdministration(this IServiceCollection services, Func<IServiceProvider, KnownApi> api)
    {
        services.AddSingleton(api);
        services.AddSingleton<ConfigurationRules>();
        services.AddSingleton<JobBoard>();
        services.AddSingleton<ScheduleDesk>();
        services.AddSingleton<StageLimitDesk>();
        return services.AddSingleton<ConfigurationDesk>();
    }

    /// <summary>What a worker adds: the gateway, the pumps and the schedule.</summary>
    public static IServiceCollection AddTowerWorker(this IServiceCollection services)
    {
        services.AddGateway();
        services.AddPumps();
        services.AddJobs();
        return services;
    }

    /// <summary>What a worker adds where the event log is passed on to a broker.</summary>
    public static IServiceCollection AddTowerRelay(this IServiceCollection services, IConfiguration configuration)
    {
        if (configuration.GetSection(RelayOptions.Section).Get<RelayOptions>() is { Url.Length: > 0 } relay)
        {
            services.TryAdd(relay.IsKafka ? ServiceDescriptor.Singleton<IEventBroker, KafkaBroker>() : ServiceDescriptor.Singleton<IEventBroker, RabbitBroker>());
            services.AddPump<RelayPump>();
        }

        return services;
    }

    /// <summary>What a worker adds where tills drop their files into a folder.</summary>
    public static IServiceCollection AddTowerPosFolder(this IServiceCollection services, IConfiguration configuration)
    {
        if (configuration.GetSection(PosImportOptions.Section).Get<PosImportOptions>() is { Folder.Length: > 0 })
        {
            services.AddPump<PosFolderPump>();
        }

        return services;
    }

    /// <summary>What a worker adds where processors and banks drop their statements into a folder.</summary>
    public static IServiceCollection AddTowerStatementFolder(this IServiceCollection services, IConfiguration configuration)
    {
        if (configuration.GetSection(StatementFolderOptions.Section).Get<StatementFolderOptions>() is { Folder.Length: > 0 })
        {
            services.AddPump<StatementFolderPump>();
        }

        return services;
    }

    /// <summary>What a node without pumps adds: its sign of life.</summary>
    public static IServiceCollection AddTowerBeat(this IServiceCollection services)
    {
        services.TryAddSingleton<NodeSign>();
        return services.AddHostedService<NodeBeat>();
    }

    private static void AddConnections(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddHttpClient();
        services.TryAddSingleton(_ => ConnectorCatalog.Standard());
        services.AddSingleton<SecretSeal>();
        services.AddSingleton<ConnectionDirectory>();
        services.AddHostedService(p => p.GetRequiredService<ConnectionDirectory>());
        services.AddSingleton<ConnectionSeeder>();
        services.AddHostedService<SeedAtStart>();
        services.AddOptions<EstateOptions>().Bind(configuration.GetSection(EstateOptions.Section)).ValidateOnStart();
        services.AddSingleton<IValidateOptions<EstateOptions>, EstateOptionsValidator>();
        services.RefuseUnknownKeys<EstateOptions>(configuration, EstateOptions.Section);
        services.AddOptions<TowerAddress>().Bind(configuration.GetSection(TowerAddress.Section)).ValidateOnStart();
        services.AddSingleton<IValidateOptions<TowerAddress>, TowerAddressValidator>();
    }

    private static void AddFlows(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<FlowOptions>().Bind(configuration.GetSection(FlowOptions.Section)).ValidateOnStart();
        services.AddSingleton<IValidateOptions<FlowOptions>, FlowOptionsValidator>();
        services.RefuseUnknownKeys<FlowOptions>(configuration, FlowOptions.Section);
        services.AddSingleton<Doorbell>();
        services.AddOptions<ReturnOptions>().Bind(configuration.GetSection(ReturnOptions.Section)).ValidateOnStart();
        services.AddSingleton<IValidateOptions<ReturnOptions>, ReturnOptionsValidator>();
        services.RefuseUnknownKeys<ReturnOptions>(configuration, ReturnOptions.Section);
        services.AddSingleton(p => FlowHost.Of(new OrderToCashFlow(), Policy(p)));
        services.AddSingleton(p => FlowHost.Of(new ReturnToRefundFlow(), Policy(p)));
        services.AddSingleton(p => FlowHost.Of(new JournalToBooksFlow(), Policy(p)));
        services.AddSingleton<FlowHosts>();
        services.AddSingleton<FlowRunner>();
    }

    private static FlowPolicy Policy(IServiceProvider services) =>
        services.GetRequiredService<IOptions<FlowOptions>>().Value.Policy with { Returns = services.GetRequiredService<IOptions<ReturnOptions>>().Value.Policy };

    private static void AddNotifications(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<NotificationOptions>().Bind(configuration.GetSection(NotificationOptions.Section)).ValidateOnStart();
        services.AddSingleton<IValidateOptions<NotificationOptions>, NotificationOptionsValidator>();
        services.RefuseUnknownKeys<NotificationOptions>(configuration, NotificationOptions.Section);
        services.AddOptions<StageLimits>().Bind(configuration.GetSection(StageLimits.Section)).ValidateOnStart();
        services.AddSingleton<IValidateOptions<StageLimits>, StageLimitsValidator>();
        services.RefuseUnknownKeys<StageLimits>(configuration, StageLimits.Section);
        services.AddSingleton<StageLimitBook>();
        services.AddHostedService<StageLimitWatch>();
        services.AddSingleton<IMessageSender, MailSender>();
        services.AddSingleton<WebhookSender>();
        services.AddSingleton<IMessageSender>(p => p.GetRequiredService<WebhookSender>());
        services.AddSingleton<MessagePost>();
        services.AddSingleton<MessageText>();
        services.AddSingleton<NotificationDesk>();
        services.AddSingleton<EventPost>();
        services.AddSingleton<WebhookDesk>();
    }

    private static void AddIntegrity(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<RetentionOptions>().Bind(configuration.GetSection(RetentionOptions.Section)).ValidateOnStart();
        services.AddSingleton<IValidateOptions<RetentionOptions>, RetentionOptionsValidator>();
        services.RefuseUnknownKeys<RetentionOptions>(configuration, RetentionOptions.Section);
        services.AddOptions<IntegrityOptions>().Bind(configuration.GetSection(IntegrityOptions.Section)).ValidateOnStart();
        services.AddSingleton<IValidateOptions<IntegrityOptions>, IntegrityOptionsValidator>();
        services.RefuseUnknownKeys<IntegrityOptions>(configuration, IntegrityOptions.Section);
        services.AddSingleton<IntegrityStore>();
        services.AddSingleton<IntegrityDesk>();
        services.AddSingleton<IntegrityCheck>();
    }

    private static void AddExports(this IServiceCollection services)
    {
        services.AddSingleton<IExport, CaseExport>();
        services.AddSingleton<IExport, BreaksExport>();
        services.AddSingleton<IExport, EvidenceExport>();
        services.AddSingleton<IExport, DecisionsExport>();
        services.AddSingleton<IExport, MonthBook>();
        services.AddSingleton<IExport, AuditExport>();
        services.AddSingleton<IExport, OwnershipWritesExport>();
        services.AddSingleton<IExport, MappingsExport>();
        services.AddSingleton<IExport, ReleasePricesExport>();
        services.AddSingleton<IExport, ReleaseBook>();
        services.AddSingleton<IExport, PlanPricesExport>();
        services.AddSingleton<ExportDesk>();
    }

    private static void AddPosImports(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<PosImportOptions>().Bind(configuration.GetSection(PosImportOptions.Section)).ValidateOnStart();
        services.AddSingleton<IValidateOptions<PosImportOptions>, PosImportOptionsValidator>();
        services.RefuseUnknownKeys<PosImportOptions>(configuration, PosImportOptions.Section);
        services.AddSingleton<PosImportDesk>();
        services.AddSingleton<PosImportReport>();
    }

    private static void AddFeeds(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<FeedOptions>().Bind(configuration.GetSection(FeedOptions.Section)).ValidateOnStart();
        services.AddSingleton<IValidateOptions<FeedOptions>, FeedOptionsValidator>();
        services.RefuseUnknownKeys<FeedOptions>(configuration, FeedOptions.Section);
        services.AddOptions<StatementFolderOptions>().Bind(configuration.GetSection(StatementFolderOptions.Section)).ValidateOnStart();
        services.AddSingleton<IValidateOptions<StatementFolderOptions>, StatementFolderOptionsValidator>();
        services.RefuseUnknownKeys<StatementFolderOptions>(configuration, StatementFolderOptions.Section);
        services.AddSingleton<FeedDesk>();
        services.AddSingleton<FeedPlanner>();
        services.AddSingleton<FeedSeed>();
        services.AddSingleton<FeedMaking>();
        services.TryAddSingleton<ISftpWay, SshNetWay>();
        services.AddSingleton<SftpServers>();
        services.AddSingleton<IFeedDrop, FolderDrop>();
        services.AddSingleton<IFeedDrop, SftpDrop>();
    }

    private static void AddIngress(this IServiceCollection services) => services.AddSingleton<IngressDesk>();

    private static void AddGateway(this IServiceCollection services)
    {
        services.AddSingleton<CallLog>();
        services.AddSingleton<InboxUpkeep>();
        // Not registered as ICallLog as well: the container would dispose it twice.
        services.AddSingleton(p => ActivatorUtilities.CreateInstance<Gateway.Gateway>(p, p.GetRequiredService<CallLog>()));
        services.AddSingleton<DeliveryDesk>();
    }

    private static void AddPumps(this IServiceCollection services)
    {
        services.TryAddSingleton(_ => NodeIdentity.New("worker"));
        services.AddSingleton<PumpMeter>();
        services.AddSingleton<ReadArrivals>();
        services.AddSingleton<Fetches>();
        services.AddSingleton<StockPublisher>();
        services.AddSingleton<PricePublisher>();
        services.AddSingleton<PromotionPublisher>();
        services.AddSingleton<Preflight>();
        services.AddSingleton<ReleaseGuards>();
        services.AddSingleton<CatalogArrivals>();
        services.AddSingleton<ConnectionErrands>();
        services.AddSingleton<ConnectionWorkerParts>();
        services.AddHostedService<DistantBells>();
        services.AddPump<InboxPump>();
        services.AddPump<OutboxPump>();
        services.AddPump<DeadlinePump>();
        services.AddPump<HoldPump>();
        services.AddPump<StockWatchPump>();
        services.AddPump<PromotionPump>();
        services.AddPump<PreflightPump>();
        services.AddPump<PromotionSalesPump>();
        services.AddPump<LedgerPump>();
        services.AddPump<KpiPump>();
        services.AddSingleton<IncidentDetection>();
        services.AddPump<IncidentPump>();
        services.AddPump<BatchPump>();
        services.AddPump<NotificationPump>();
        services.AddPump<WebhookPump>();
        services.AddPump<ExportPump>();
        services.AddPump<FeedPump>();
        services.AddPump<PosImportPump>();
        services.TryAddSingleton<NodeSign>();
        services.AddPump<NodePump>();
    }
}
