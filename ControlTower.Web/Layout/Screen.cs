using System.Reflection;
using ControlTower.Web.Auth;
using ControlTower.Web.Shared;
using Microsoft.AspNetCore.Components;
using MudBlazor;

namespace ControlTower.Web.Layout;

/// <summary>One entry of the navigation. <paramref name="Keys"/> is its "g then" sequence.</summary>
public sealed record Screen(string Group, string Name, string Href, string Icon, string Permission, string Keys);

/// <summary>
/// The navigation: what exists and what the viewer may open. A screen whose page is not in this build does not appear, so nothing here points
/// into the void.
/// </summary>
public static class Screens
{
    private static readonly HashSet<string> Routes = typeof(Screens).Assembly.GetTypes()
        .SelectMany(type => type.GetCustomAttributes<RouteAttribute>()).Select(route => route.Template).ToHashSet(StringComparer.OrdinalIgnoreCase);

    public static IReadOnlyList<Screen> All { get; } = new Screen[]
    {
        new("Live", "Overview", Links.Overview, Icons.Material.Outlined.SpaceDashboard, Permissions.OverviewRead, "g h"),
        new("Live", "Exceptions", Links.Exceptions, Icons.Material.Outlined.WarningAmber, Permissions.ExceptionsRead, "g e"),
        new("Live", "Incidents", Links.Incidents, Icons.Material.Outlined.Campaign, Permissions.IncidentsRead, "g t"),
        new("Live", "Orders", Links.Orders, Icons.Material.Outlined.ReceiptLong, Permissions.OrdersRead, "g o"),
        new("Live", "Returns", Links.Returns, Icons.Material.Outlined.AssignmentReturn, Permissions.ReturnsRead, "g r"),
        new("Live", "Inventory", Links.Inventory, Icons.Material.Outlined.Inventory2, Permissions.InventoryRead, "g i"),
        new("Live", "Customers", Links.Duplicates, Icons.Material.Outlined.PeopleAlt, Permissions.CustomersRead, "g d"),
        new("Live", "POS imports", Links.Imports, Icons.Material.Outlined.PointOfSale, Permissions.ImportsRead, "g f"),
        new("Steer", "Promotions", Links.Promotions, Icons.Material.Outlined.LocalOffer, Permissions.PromotionsRead, "g p"),
        new("Steer", "Reconciliation", Links.Reconciliation, Icons.Material.Outlined.Balance, Permissions.FinanceRead, "g c"),
        new("Steer", "KPIs", Links.Kpis, Icons.Material.Outlined.Insights, Permissions.KpisRead, "g k"),
        new("Govern", "Ownership", Links.Ownership, Icons.Material.Outlined.Rule, Permissions.OwnershipRead, "g w"),
        new("Govern", "Connections", Links.Connections, Icons.Material.Outlined.Hub, Permissions.ConnectionsRead, "g n"),
        new("Govern", "Operations", Links.Operations, Icons.Material.Outlined.PlaylistPlay, Permissions.OperationsRead, "g b"),
        new("Govern", "Admin", Links.Admin, Icons.Material.Outlined.AdminPanelSettings, Permissions.AccountsRead, "g a"),
        new("Govern", "Audit", Links.Audit, Icons.Material.Outlined.History, Permissions.AuditRead, "g u"),
    }.Where(screen => Routes.Contains(screen.Href)).ToList();

    public static IEnumerable<Screen> For(SignedIn person) => All.Where(screen => person.May(screen.Permission));

    /// <summary>The person's screen that an address belongs to: the nearest one above it. Null outside of all.</summary>
    public static Screen? At(SignedIn person, string path) =>
        For(person).Where(screen => path == screen.Href || (screen.Href != "/" && path.StartsWith(screen.Href + "/", StringComparison.Ordinal))).MaxBy(screen => screen.Href.Length);

    /// <summary>Where the person starts: the role's home if it exists and is theirs, else the first screen that is.</summary>
    public static string HomeOf(SignedIn person) =>
        For(person).Select(screen => screen.Href).FirstOrDefault(href => href == Roles.Home(person.Role))
        ?? For(person).Select(screen => screen.Href).FirstOrDefault() ?? Links.Overview;
}
