using ControlTower.Web.Api;
using ControlTower.Web.Auth;
using ControlTower.Web.Live;

namespace ControlTower.Web.Hosting;

/// <summary>
/// A browser on another site can open WebSockets to us with the viewer's cookie, and CORS does not stop it. Whoever names an Origin that is not
/// ours is refused on sockets and on everything that changes something. Vendors' webhooks send no Origin. At the hub, where a program may show its own key, a page of another origin is let
/// through with the key alone: whatever cookie comes along is taken away.
/// </summary>
internal static class SameOrigin
{
    public static IApplicationBuilder UseSameOrigin(this IApplicationBuilder app) => app.Use(static (context, next) =>
    {
        var request = context.Request;
        var guarded = context.WebSockets.IsWebSocketRequest || request.Headers.Upgrade.Count > 0
            || !(HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method) || HttpMethods.IsOptions(request.Method));
        if (!guarded || request.Headers.Origin is not { Count: > 0 } origin)
            return next(context);
        if (request.Path.StartsWithSegments(TowerHub.Path, StringComparison.Ordinal) && ApiKeyScheme.KeyIn(request) is not null)
        {
            request.Headers.Cookie = default;
            return next(context);
        }

        return origin.Count == 1 && string.Equals(origin[0], $"{request.Scheme}://{request.Host}", StringComparison.OrdinalIgnoreCase)
            ? next(context)
            : Problems.WriteAsync(context, new Problem("foreign-origin", "Another origin", 403, "Requests from pages of another origin are refused."));
    });
}
