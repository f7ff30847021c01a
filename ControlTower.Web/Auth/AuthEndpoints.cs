using ControlTower.Web.Hosting;
using ControlTower.Web.Shared;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Mvc;

namespace ControlTower.Web.Auth;

/// <summary>Sign-out. Sign-in and set-up are static pages with forms: Pages/Gate.</summary>
internal static class AuthEndpoints
{
    public static void MapTowerAuth(this WebApplication app) =>
        app.MapPost(Links.SignOut, SignOutAsync).RequireAuthorization(Permissions.ShellOpen)
            .WithMetadata(new RequireAntiforgeryTokenAttribute(), new RequestSizeLimitAttribute(Limits.Form));

    private static async Task<IResult> SignOutAsync(HttpContext context, SessionGate gate)
    {
        if (context.User.FindFirst(SignedIn.SessionClaim)?.Value is { } session)
            await gate.EndAsync(session, context.RequestAborted);
        await context.SignOutAsync(SignedIn.Scheme);
        return Results.Redirect($"{Links.SignIn}?left=1");
    }
}
