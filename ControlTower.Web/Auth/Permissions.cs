using ControlTower.Sync.Kpis;
using ControlTower.Sync.Ownership;

namespace ControlTower.Web.Auth;

/// <summary>
/// Every thing that a person may do, as <c>area:resource:action</c>. The name is also the name of the authorization policy: a route, page, hub
/// method or dashboard names one of these or says aloud that it is anonymous. A test walks all of them with five principals.
/// </summary>
public static class Permissions
{
    /// <summary>Be signed in: the shell, the live circuit, pages that everybody has.</summary>
    public const string ShellOpen = "shell:app:open";

    /// <summary>Hold the live circuit behind a page open: people, and screens on a wall.</summary>
    public const string CircuitOpen = "shell:circuit:open";

    public const string OverviewRead = "overview:flow:read";

    /// <summary>Look at the wallboard: whoever may read the overview, and screens on a wall.</summary>
    public const string WallRead = "overview:wall:read";
    /// <summary>Follow streams through the hub; each stream asks for more.</summary>
    public const string HubConnect = "overview:hub:connect";

    public const string ExceptionsRead = "exceptions:case:read";
    public const string ExceptionsRetry = "exceptions:case:retry";
    /// <summary>Take cases in hand, put them off, keep them off the board.</summary>
    public const string ExceptionsAssign = "exceptions:case:assign";
    public const string ExceptionsEdit = "exceptions:case:edit";
    /// <summary>Write down what to do about a failure.</summary>
    public const string RemediesWrite = "exceptions:remedy:write";

    /// <summary>Say what a kind of failure costs and how long its words are kept.</summary>
    public const string ClassesConfigure = "exceptions:class:configure";
    public const string ExceptionsResolve = "exceptions:case:resolve";

    /// <summary>The rules by which cases find somebody, and running them over open cases.</summary>
    public const string ExceptionsRules = "exceptions:rules:manage";

    public const string OrdersRead = "orders:order:read";

    /// <summary>Names, e-mail, addresses and raw payloads. Others see them masked or not at all.</summary>
    public const string OrdersReadPersonal = "orders:personal:read";

    /// <summary>Call an order off, with everything that was done for it.</summary>
    public const string OrdersCancel = "orders:order:cancel";

    /// <summary>Erase a buyer's data from an order.</summary>
    public const string OrdersErase = "orders:personal:erase";

    public const string InventoryRead = "inventory:stock:read";

    /// <summary>Say what is kept from channels (buffers and exclusions), and which levels are told of.</summary>
    public const string StockRulesWrite = "inventory:rule:write";

    /// <summary>Say how much of a SKU is kept back at a place as its safety stock.</summary>
    public const string SafetyStockWrite = "inventory:safety:write";

    /// <summary>Give back goods that are set aside for nothing.</summary>
    public const string HoldsRelease = "inventory:hold:release";

    public const string ReturnsRead = "returns:return:read";

    /// <summary>Take a return in for a buyer, or call it off.</summary>
    public const string ReturnsStart = "returns:return:start";

    /// <summary>Agree to what the policy leaves to a person, refuse, and say what was done by hand.</summary>
    public const string ReturnsApprove = "returns:return:approve";

    /// <summary>Say that goods arrived, and in which condition.</summary>
    public const string ReturnsReceive = "returns:return:receive";
    /// <summary>Have what a channel shows compared now.</summary>
    public const string DriftCheck = "inventory:drift:check";

    /// <summary>Set channels to what the tower expects.</summary>
    public const string DriftRepair = "inventory:drift:repair";

    /// <summary>Have the ERP's word put at channels where they differ.</summary>
    public const string CataloguePublish = "inventory:catalogue:publish";

    /// <summary>Say which item of a channel is which of its ERP.</summary>
    public const string CatalogueLink = "inventory:catalogue:link";

    /// <summary>Leave differences out of the list until they change.</summary>
    public const string CatalogueIgnore = "inventory:catalogue:ignore";

    public const string PromotionsRead = "promotions:plan:read";

    /// <summary>Write, check and send promotions for approval.</summary>
    public const string PromotionsWrite = "promotions:plan:write";

    /// <summary>Agree to promotions that somebody else planned, or ask for changes.</summary>
    public const string PromotionsApprove = "promotions:plan:approve";

    /// <summary>Advance releases, decide about single prices, bring releases home.</summary>
    public const string ReleasesRun = "promotions:release:run";

    /// <summary>Have a release write nothing more until somebody resumes it.</summary>
    public const string ReleasesHold = "promotions:release:hold";

    /// <summary>Say in which time stores live and which price groups their tills know.</summary>
    public const string PromotionStoresWrite = "promotions:store:write";

    /// <summary>Say in which order systems get what promotions change.</summary>
    public const string PromotionSequenceWrite = "promotions:sequence:write";

    /// <summary>See who may be the same customer in two systems: names, addresses and numbers.</summary>
    public const string CustomersRead = "customers:pair:read";

    /// <summary>Say whether two customers are one.</summary>
    public const string CustomersDecide = "customers:pair:decide";

    /// <summary>See the files of tills, what became of their rows, and which stores are heard.</summary>
    public const string ImportsRead = "imports:file:read";
    public const string ImportsUpload = "imports:file:upload";

    /// <summary>See who owns which data, what others wrote, and what became of it.</summary>
    public const string OwnershipRead = "ownership:rule:read";

    /// <summary>Draft changes of who owns what, and try them.</summary>
    public const string OwnershipDraft = OwnershipDesk.DraftPermission;

    /// <summary>Agree to what another admin drafted, refuse it, and return to what held before.</summary>
    public const string OwnershipApprove = OwnershipDesk.ApprovePermission;

    /// <summary>Accept or refuse writes that wait.</summary>
    public const string OwnershipSettle = QuarantineDesk.Permission;

    public const string ConnectionsRead = "connections:connection:read";
    public const string ConnectionsOperate = "connections:connection:operate";
    public const string ConnectionsConfigure = "connections:connection:configure";
    public const string OperationsRead = "operations:job:read";

    /// <summary>Have the data checked now.</summary>
    public const string IntegrityCheck = "operations:integrity:check";

    /// <summary>The job dashboard, which can delete and requeue.</summary>
    public const string JobsAdminister = "operations:dashboard:administer";

    /// <summary>Write down what currencies are worth.</summary>
    public const string CurrenciesWrite = "admin:currency:write";

    /// <summary>Have a second factor of one's own: everybody, for themselves.</summary>
    public const string FactorWrite = "shell:factor:write";

    /// <summary>Say by which work accounts one signs in: everybody, for themselves.</summary>
    public const string IdentityWrite = "shell:identity:write";

    /// <summary>See everybody's sessions, and end them.</summary>
    public const string SessionsManage = "admin:session:manage";

    public const string AccountsRead = "admin:account:read";
    public const string AccountsWrite = "admin:account:write";

    /// <summary>Where people are told, with the credentials for it.</summary>
    public const string NotificationsManage = "admin:notifications:manage";

    /// <summary>Programs that may ask the API, and their keys.</summary>
    public const string ApiClientsManage = "admin:client:manage";

    /// <summary>Where events are sent for programs.</summary>
    public const string WebhooksManage = Sync.Webhooks.WebhookDesk.Manage;

    /// <summary>Take everything that admins set out as a file, and put a file into force.</summary>
    public const string ConfigurationManage = ControlTower.Sync.Configuration.ConfigurationDesk.Manage;

    /// <summary>Say when the jobs of the calendar run, pause them, run them now.</summary>
    public const string SchedulesManage = "admin:schedule:manage";

    /// <summary>Say how long orders and returns may stay in a stage.</summary>
    public const string StageLimitsManage = ControlTower.Sync.Administration.StageLimitDesk.Manage;

    /// <summary>Say how long data is kept.</summary>
    public const string RetentionManage = "admin:retention:manage";

    /// <summary>Read how programs ask the API: people, and any API client.</summary>
    public const string ApiDocumentRead = "admin:api:read";

    /// <summary>Tokens of screens on a wall.</summary>
    public const string WallboardsManage = "admin:wallboard:manage";

    public const string AuditRead = "admin:audit:read";

    /// <summary>Reconciliation and payouts.</summary>
    public const string FinanceRead = "finance:settlement:read";

    /// <summary>Match, take matches back, comment and own breaks.</summary>
    public const string FinanceMatch = "finance:break:match";

    /// <summary>Take differences upon oneself, within the limit of one's role.</summary>
    public const string FinanceAdjust = "finance:break:adjust";

    /// <summary>Say how reconciliation matches and who settles what.</summary>
    public const string FinanceRules = "finance:rule:write";

    /// <summary>Sign months, and open them again.</summary>
    public const string FinanceClose = "finance:period:close";

    /// <summary>Hand in files of processors and banks.</summary>
    public const string FinanceImport = "finance:statement:import";

    /// <summary>Have payouts and differences booked in the ERP.</summary>
    public const string FinancePost = "finance:journal:post";

    /// <summary>Set up what is sent by the calendar, hold it, run days again and send days of long ago.</summary>
    public const string FinanceFeeds = Sync.Feeds.FeedDesk.Manage;

    public const string IncidentsRead = "incidents:incident:read";

    /// <summary>Open, take, raise, explain and close incidents.</summary>
    public const string IncidentsAct = "incidents:incident:act";

    /// <summary>Call an incident a false alarm: it counts in no mean.</summary>
    public const string IncidentsDismiss = "incidents:incident:dismiss";

    /// <summary>Say when a condition is an incident.</summary>
    public const string IncidentsRules = "incidents:rule:write";
    /// <summary>Key figures, what they are made of, and what weak synchronisation costs.</summary>
    public const string KpisRead = "kpis:figure:read";

    /// <summary>Say what a figure is to reach and who answers for it.</summary>
    public const string KpiTargetsWrite = KpiDesk.TargetPermission;

    /// <summary>Say what costs are reckoned with.</summary>
    public const string KpiAssumptionsWrite = KpiDesk.AssumptionPermission;

    /// <summary>Put notes on curves.</summary>
    public const string KpiNotesWrite = KpiDesk.NotePermission;

    /// <summary>All that a screen on a wall has. Where one of these is asked for, and nowhere else, its cookie is looked at.</summary>
    public static IReadOnlyList<string> OfScreens { get; } = [CircuitOpen, WallRead];

    public static IReadOnlyList<string> All { get; } =
    [
        ShellOpen, FactorWrite, IdentityWrite, CircuitOpen, OverviewRead, WallRead, HubConnect, ExceptionsRead, ExceptionsRetry, ExceptionsAssign, ExceptionsEdit, ExceptionsResolve, ExceptionsRules, RemediesWrite, ClassesConfigure, OrdersRead, OrdersReadPersonal, OrdersCancel, OrdersErase,
        InventoryRead, StockRulesWrite, SafetyStockWrite, HoldsRelease, DriftCheck, DriftRepair, CataloguePublish, CatalogueLink, CatalogueIgnore, PromotionsRead, PromotionsWrite, PromotionsApprove, ReleasesRun, ReleasesHold, PromotionStoresWrite, PromotionSequenceWrite, CustomersRead, CustomersDecide, ReturnsRead, ReturnsStart, ReturnsApprove, ReturnsReceive, ImportsRead, ImportsUpload,
        OwnershipRead, OwnershipDraft, OwnershipApprove, OwnershipSettle,
        ConnectionsRead, ConnectionsOperate, ConnectionsConfigure, OperationsRead, IntegrityCheck, JobsAdminister,
        CurrenciesWrite, AccountsRead, AccountsWrite, SessionsManage, NotificationsManage, ApiClientsManage, ApiDocumentRead, WebhooksManage, WallboardsManage, ConfigurationManage, SchedulesManage, StageLimitsManage, RetentionManage, AuditRead, FinanceRead, FinanceMatch, FinanceAdjust, FinanceRules, FinanceClose, FinanceImport, FinancePost, FinanceFeeds,
        IncidentsRead, IncidentsAct, IncidentsDismiss, IncidentsRules,
        KpisRead, KpiTargetsWrite, KpiAssumptionsWrite, KpiNotesWrite,
    ];
}
