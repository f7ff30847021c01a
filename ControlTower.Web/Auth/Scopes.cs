namespace ControlTower.Web.Auth;

/// <summary>What an API client may ask for, as <c>area:resource:action</c>; the name is also the name of the authorization policy. People have none of these: the API is for programs.</summary>
public static class Scopes
{
    public const string AvailabilityRead = "api:availability:read";
    public const string ReservationsWrite = "api:reservation:write";

    /// <summary>State what is on its way to a place.</summary>
    public const string SupplyWrite = "api:supply:write";

    /// <summary>State what was counted at a place.</summary>
    public const string StockWrite = "api:stock:write";

    /// <summary>Bring promotions home, as an alert from outside.</summary>
    public const string ReleasesRollBack = "api:release:rollback";

    /// <summary>Read metrics, as Prometheus does.</summary>
    public const string MetricsRead = "api:metrics:read";

    /// <summary>Follow the stages of both flows through the hub.</summary>
    public const string FlowsRead = "api:flow:read";

    /// <summary>Follow the connections through the hub.</summary>
    public const string ConnectionsRead = "api:connection:read";

    /// <summary>Follow incidents through the hub.</summary>
    public const string IncidentsRead = "api:incident:read";

    /// <summary>Follow key figures through the hub.</summary>
    public const string KpisRead = "api:kpi:read";

    /// <summary>Read what happened to flows, as events.</summary>
    public const string EventsRead = "api:events:read";

    /// <summary>Have events sent to addresses of its own.</summary>
    public const string WebhooksManage = "api:webhooks:manage";

    /// <summary>See orders and what became of them, without their buyers.</summary>
    public const string OrdersRead = "api:order:read";

    /// <summary>State orders of a channel, and call them off.</summary>
    public const string OrdersWrite = "api:order:write";

    public const string ReturnsRead = "api:return:read";
    public const string ReturnsWrite = "api:return:write";
    public const string ProductsRead = "api:product:read";

    /// <summary>See customers, masked.</summary>
    public const string CustomersRead = "api:customer:read";
    public const string IncidentsList = "api:incident:list";
    public const string KpisList = "api:kpi:list";

    /// <summary>See buyers and customers by name, beside the scope of the resource.</summary>
    public const string PersonalRead = "api:personal:read";

    /// <summary>What opens the hub: the scopes of its streams.</summary>
    public static IReadOnlyList<string> OfStreams { get; } = [FlowsRead, ConnectionsRead, IncidentsRead, KpisRead];

    /// <summary>What a client of single brands cannot have. Of the streams this is the database's rule as well.</summary>
    public static IReadOnlyList<string> OfAllBrands { get; } = [SupplyWrite, StockWrite, ReleasesRollBack, MetricsRead, .. OfStreams];

    /// <summary>What a client of single channels cannot have.</summary>
    public static IReadOnlyList<string> OfAllChannels { get; } = [.. OfAllBrands, IncidentsList, KpisList];

    public static IReadOnlyList<(string Scope, string Words)> All { get; } =
    [
        (AvailabilityRead, "See what may be sold"), (ReservationsWrite, "Hold goods and end its own holds"), (SupplyWrite, "State what is on its way"),
        (StockWrite, "State what was counted"), (ReleasesRollBack, "Bring promotions home"), (MetricsRead, "Read metrics, as Prometheus does"),
        (FlowsRead, "Follow the flows live"), (ConnectionsRead, "Follow the connections live"), (IncidentsRead, "Follow incidents live"), (KpisRead, "Follow key figures live"),
        (EventsRead, "Read events"), (WebhooksManage, "Have events sent to its own webhooks"),
        (OrdersRead, "See orders"), (OrdersWrite, "State orders and call them off"), (ReturnsRead, "See returns"), (ReturnsWrite, "Authorise returns"), (ProductsRead, "See products and prices"), (CustomersRead, "See customers, masked"),
        (IncidentsList, "See incidents"), (KpisList, "See key figures"), (PersonalRead, "See buyers and customers by name"),
    ];
}
