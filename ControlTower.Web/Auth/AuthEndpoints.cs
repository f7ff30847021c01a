using ControlTower.Web.Api;
using ControlTower.Web.Shared;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Authentication;

namespace ControlTower.Web.Auth;

/// <summary>Sign-out. Sign-in and set-up are static pages with forms: Pages/Gate.</summary>
internal static class AuthEndpoints
{
    public static void MapTowerAuth(this WebApplication app) =>
        app.MapPost(Links.SignOut, SignOutAsync).RequireAuthorization(Permissions.ShellOpen);

    private static async Task<IResult> SignOutAsync(HttpContext context, IAntiforgery antiforgery, SessionGate gate)
    {
        if (!await IsOurFormAsync(context, antiforgery))
            return Problems.Result(Problem.BadRequest with { Slug = "antiforgery", Detail = "The form is too old. Load the page again." });
        if (context.User.FindFirst(SignedIn.SessionClaim)?.Value is { } session)
            await gate.EndAsync(session, context.RequestAborted);
        await context.SignOutAsync(SignedIn.Scheme);
        return Results.Redirect($"{Links.SignIn}?left=1");
    }

    private static async Task<bool> IsOurFormAsync(HttpContext context, IAntiforgery antiforgery)
    {
        try
        {
            return await antiforgery.IsRequestValidAsync(context);
        }
        catch (AntiforgeryValidationException)
        {
            return false; // A form that cannot be read at all.
        }
    }
}
