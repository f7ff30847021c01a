namespace ControlTower.Web.Auth;

/// <summary>Names of doors for the audit: patterns that we wrote, never what a caller sent.</summary>
public static class Doors
{
    public static string Of(HttpContext context) => (context.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText is { } pattern ? $"route:/{pattern.TrimStart('/')}" : "route:unknown";

    /// <summary>A page that was reached inside a circuit.</summary>
    public static string Of(Type page) => $"page:{page.Name}";

    /// <summary>An act on a page that was already open.</summary>
    public const string Act = "page:act";
}
