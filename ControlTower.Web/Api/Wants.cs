namespace ControlTower.Web.Api;

/// <summary>Whether the caller is a person at a browser, who gets a page, or a program, which gets problem+json.</summary>
public static class Wants
{
    private static readonly PathString[] Programs = ["/api", "/ingress", "/hubs", "/_blazor", "/health"];

    public static bool Page(HttpContext context) =>
        !Programs.Any(prefix => context.Request.Path.StartsWithSegments(prefix, StringComparison.OrdinalIgnoreCase))
        && context.Request.Headers.Accept.ToString().Contains("text/html", StringComparison.OrdinalIgnoreCase);
}
