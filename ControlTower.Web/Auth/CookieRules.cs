using ControlTower.Web.Api;
using ControlTower.Web.Hosting;
using ControlTower.Web.Shared;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Authorization;

namespace ControlTower.Web.Auth;

/// <summary>What the cookie is worth at each request: exactly what the session in the database says now.</summary>
internal sealed class CookieRules(SessionGate gate, Denials denials) : CookieAuthenticationEvents
{
    public override async Task ValidatePrincipal(CookieValidatePrincipalContext context)
    {
        var session = context.Principal?.FindFirst(Auth.SignedIn.SessionClaim)?.Value;
        var person = session is null ? null : await gate.WhoAsync(session, context.HttpContext.RequestAborted);
        if (person is null)
        {
            context.RejectPrincipal();
            await context.HttpContext.SignOutAsync(Auth.SignedIn.Scheme);
            return;
        }

        // The role may have changed since the cookie was written; the database's word counts.
        context.ReplacePrincipal(person.Principal(session!));
        if (!context.Request.Path.StartsWithSegments("/_blazor", StringComparison.Ordinal))
            await gate.TouchAsync(session!, context.HttpContext.RequestAborted);
    }

    /// <summary>Whoever signs in again leaves no session behind: its cookie may lie in other hands.</summary>
    public override async Task SigningIn(CookieSigningInContext context)
    {
        var (before, now) = (context.HttpContext.User.FindFirst(Auth.SignedIn.SessionClaim)?.Value, context.Principal?.FindFirst(Auth.SignedIn.SessionClaim)?.Value);
        if (before is not null && before != now)
            await gate.EndAsync(before, context.HttpContext.RequestAborted);
    }

    public override Task RedirectToLogin(RedirectContext<CookieAuthenticationOptions> context)
    {
        if (context.Response.HasStarted)
            return Task.CompletedTask; // A program at the hub has been told about its key.
        if (!Wants.Page(context.HttpContext))
            return Problems.WriteAsync(context.HttpContext, Problem.SignInNeeded);
        var here = context.Request.PathBase + context.Request.Path + context.Request.QueryString;
        context.Response.Redirect(here is "/" ? Links.SignIn : Links.SignInFor(here));
        return Task.CompletedTask;
    }

    public override async Task RedirectToAccessDenied(RedirectContext<CookieAuthenticationOptions> context)
    {
        if (context.Response.HasStarted)
            return;
        context.Response.StatusCode = StatusCodes.Status403Forbidden; // The body follows in the shape the caller can read: StatusPages.
        var http = context.HttpContext;
        if (Auth.SignedIn.From(http.User) is { } person)
            await denials.TellAsync(person.Actor(Addresses.Of(http)), Lacking(http, person), Doors.Of(http));
    }

    private static string Lacking(HttpContext http, SignedIn person) =>
        (http.GetEndpoint()?.Metadata.GetOrderedMetadata<IAuthorizeData>() ?? []).Select(data => data.Policy).FirstOrDefault(policy => policy is not null && !person.May(policy)) ?? "shell:door:unnamed";
}
