namespace ControlTower.Web.Shared;

/// <summary>Addresses that the overview and the connections screens give out.</summary>
public static partial class Links
{
    public const string NewConnection = "/connections/new";

    public static string EditConnection(string id) => $"{Connection(id)}/edit";

    public static string Connection(string id) => $"{Connections}/{Uri.EscapeDataString(id)}";

    /// <summary>Orders under way in one stage, the longest there first.</summary>
    public static string OrdersIn(string stage) => $"{Orders}?stage={Uri.EscapeDataString(stage)}&status=open,attention&sort=age";

    /// <summary>The desk narrowed to one cause.</summary>
    public static string Cause(string fingerprint) => $"{Exceptions}?cause={Uri.EscapeDataString(fingerprint)}";
}
