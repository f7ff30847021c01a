namespace ControlTower.Web.Hosting;

/// <summary>
/// Headers on every response. Scripts come from this origin only. Styles allow inline because MudBlazor writes element styles and its palette
/// into the page; no user text ever reaches a style.
/// </summary>
internal static class SecurityHeaders
{
    private const string Policy =
        "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; connect-src 'self'; "
        + "object-src 'none'; base-uri 'self'; frame-ancestors 'none'; form-action 'self'";

    /// <param name="authority">Origin of the authority that vouches for people: signing out leads there, which a browser counts as where the form leads.</param>
    public static IApplicationBuilder UseSecurityHeaders(this IApplicationBuilder app, string? authority)
    {
        var policy = authority is null ? Policy : $"{Policy} {authority}";
        return app.Use((context, next) =>
        {
            context.Response.OnStarting(Write, (context.Response, policy));
            return next(context);
        });
    }

    private static Task Write(object state)
    {
        var (response, policy) = ((HttpResponse, string))state;
        var headers = response.Headers;
        headers.ContentSecurityPolicy = policy;
        headers.XContentTypeOptions = "nosniff";
        headers.XFrameOptions = "DENY";
        headers["Referrer-Policy"] = "same-origin";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=(), payment=(), usb=()";
        // Pages and data never stay in a cache; fingerprinted assets set their own header.
        if (headers.CacheControl.Count == 0)
            headers.CacheControl = "no-store";
        return Task.CompletedTask;
    }
}
