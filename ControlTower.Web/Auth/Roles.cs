namespace ControlTower.Web.Auth;

/// <summary>The four roles and what each may do. Finance is a flag beside the role, not a role of its own.</summary>
public static class Roles
{
    public const string Operations = "Operations";
    public const string Merchandiser = "Merchandiser";
    public const string Executive = "Executive";
    public const string Admin = "Admin";

    public static IReadOnlyList<string> All { get; } = [Operations, Merchandiser, Executive, Admin];

    private static readonly Dictionary<string, HashSet<string>> Granted = new(StringComparer.Ordinal)
    {
        [Operations] =
        [
            Permissions.ShellOpen, Permissions.FactorWrite, Permissions.IdentityWrite, Permissions.CircuitOpen, Permissions.ApiDocumentRead, Permissions.OverviewRead, Permissions.WallRead, Permissions.HubConnect, Permissions.ExceptionsRead, Permissions.ExceptionsRetry, Permissions.ExceptionsAssign,
            Permissions.ExceptionsEdit, Permissions.ExceptionsResolve, Permissions.RemediesWrite, Permissions.OrdersRead, Permissions.OrdersReadPersonal, Permissions.OrdersCancel, Permissions.InventoryRead, Permissions.SafetyStockWrite, Permissions.HoldsRelease, Permissions.ConnectionsRead,
            Permissions.OperationsRead, Permissions.IntegrityCheck, Permissions.ImportsRead, Permissions.ImportsUpload,
            Permissions.ReturnsRead, Permissions.ReturnsStart, Permissions.ReturnsReceive, Permissions.DriftCheck, Permissions.DriftRepair,
            Permissions.CataloguePublish, Permissions.CatalogueLink, Permissions.CatalogueIgnore, Permissions.CustomersRead, Permissions.CustomersDecide, Permissions.PromotionsRead, Permissions.ReleasesHold,
            Permissions.IncidentsRead, Permissions.IncidentsAct, Permissions.OwnershipRead, Permissions.OwnershipSettle,
            Permissions.KpisRead, Permissions.KpiNotesWrite,
        ],
        [Merchandiser] = [Permissions.ShellOpen, Permissions.FactorWrite, Permissions.IdentityWrite, Permissions.CircuitOpen, Permissions.ApiDocumentRead, Permissions.OverviewRead, Permissions.WallRead, Permissions.HubConnect, Permissions.OrdersRead, Permissions.InventoryRead, Permissions.StockRulesWrite, Permissions.SafetyStockWrite, Permissions.OperationsRead, Permissions.ImportsRead, Permissions.ReturnsRead,
            Permissions.CatalogueLink, Permissions.CatalogueIgnore, Permissions.PromotionsRead, Permissions.PromotionsWrite, Permissions.PromotionsApprove, Permissions.ReleasesRun, Permissions.ReleasesHold,
            Permissions.PromotionStoresWrite, Permissions.OwnershipRead, Permissions.IncidentsRead, Permissions.KpisRead, Permissions.KpiNotesWrite],
        [Executive] = [Permissions.ShellOpen, Permissions.FactorWrite, Permissions.IdentityWrite, Permissions.CircuitOpen, Permissions.ApiDocumentRead, Permissions.OverviewRead, Permissions.WallRead, Permissions.HubConnect, Permissions.PromotionsRead, Permissions.FinanceRead, Permissions.IncidentsRead, Permissions.KpisRead],
        [Admin] = [.. Permissions.All],
    };

    private static readonly HashSet<string> Finance =
    [
        Permissions.ShellOpen, Permissions.FactorWrite, Permissions.IdentityWrite, Permissions.CircuitOpen, Permissions.ApiDocumentRead, Permissions.OverviewRead, Permissions.WallRead, Permissions.HubConnect, Permissions.ExceptionsRead, Permissions.OrdersRead, Permissions.OperationsRead,
        Permissions.FinanceRead, Permissions.FinanceMatch, Permissions.FinanceAdjust, Permissions.FinanceRules, Permissions.FinanceClose, Permissions.FinanceImport, Permissions.FinancePost, Permissions.FinanceFeeds, Permissions.ReturnsRead, Permissions.ReturnsApprove,
    ];

    /// <summary>An unknown role may do nothing.</summary>
    public static bool May(string? role, bool finance, string permission) =>
        (role is not null && Granted.TryGetValue(role, out var granted) && granted.Contains(permission))
        || (finance && role is not null && Granted.ContainsKey(role) && Finance.Contains(permission));

    /// <summary>Where the role starts its day, of the screens that exist.</summary>
    public static string Home(string? role) => role switch { Admin => "/connections", Executive => "/kpis", _ => "/" };
}
