using System.Text.Encodings.Web;
using ControlTower.Data.Accounts;
using ControlTower.Web.Auth.Authorities;
using ControlTower.Web.Hosting;
using ControlTower.Web.Shared;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.Options;

namespace ControlTower.Web.Auth;

/// <summary>Sign-out, and the way to the authority. Sign-in and set-up are static pages with forms: Pages/Gate.</summary>
internal static class AuthEndpoints
{
    public static void MapTowerAuth(this WebApplication app)
    {
        app.MapAuthorityDoor();
        app.MapPost(Links.SignOut, SignOutAsync).RequireAuthorization(Permissions.ShellOpen)
            .WithMetadata(new RequireAntiforgeryTokenAttribute(), new RequestSizeLimitAttribute(Limits.Form));
    }

    private static async Task<IResult> SignOutAsync(HttpContext context, SessionGate gate, SessionBook book, IOptions<AuthOptions> auth)
    {
        var byAuthority = false;
        if (context.User.FindFirst(SignedIn.SessionClaim)?.Value is { } session)
        {
            byAuthority = auth.Value.HasAuthority && await gate.NowAsync(session, context.RequestAborted) is { ByAuthority: true };
            await book.SignOutAsync(session, SignedIn.From(context.User)!.Actor(Addresses.Of(context)), context.RequestAborted);
            await gate.EndAsync(session, context.RequestAborted);
        }

        await context.SignOutAsync(SignedIn.Scheme);
        if (byAuthority && await AuthorityDoor.CanEndAsync(context))
        {
            await context.SignOutAsync(AuthorityDoor.Scheme, new AuthenticationProperties { RedirectUri = $"{Links.SignIn}?left=1" });
            // A page that goes on by itself, not a redirect: browsers hold what follows a form to our form-action, which knows no address but ours.
            var there = context.Response.Headers.Location.ToString();
            context.Response.Headers.Remove("Location");
            context.Response.Headers["Refresh"] = $"0; url={there}";
            return Results.Content(
                $"""
                <!doctype html><html lang="en"><head><meta charset="utf-8"><title>Signed out</title><link rel="icon" href="data:,"></head>
                <body><p>You are signed out here. <a href="{HtmlEncoder.Default.Encode(there)}">Go on to sign out of your work account</a>.</p></body></html>
                """,
                "text/html", statusCode: StatusCodes.Status200OK);
        }

        return Results.Redirect($"{Links.SignIn}?left=1");
    }
}
