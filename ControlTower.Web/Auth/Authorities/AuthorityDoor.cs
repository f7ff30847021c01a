using ControlTower.Data.Audit;
using ControlTower.Web.Hosting;
using ControlTower.Web.Layout;
using ControlTower.Web.Shared;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.OpenIdConnect;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using Microsoft.IdentityModel.Tokens;

namespace ControlTower.Web.Auth.Authorities;

/// <summary>
/// The way to the authority and back. What comes back opens a session of the tower's own, in the database like any other; the authority's tokens are looked at once and kept nowhere.
/// </summary>
internal static class AuthorityDoor
{
    public const string Scheme = "authority";

    /// <summary>In the sealed state of a way to the authority: it is to prove, not to open a session.</summary>
    private const string Proof = "proof";

    public static void MapAuthorityDoor(this WebApplication app)
    {
        // A link, not a form: it changes nothing here, and the policy of our pages lets forms lead nowhere else.
        app.MapGet(Links.Continue, (HttpContext http, string? returnUrl) => GoAsync(http, new AuthenticationProperties { RedirectUri = LocalUrl.Or(returnUrl, Links.Overview) })).AllowAnonymous();
        app.MapGet(Links.Prove, (Delegate)((HttpContext http) =>
        {
            // Entra heeds the second of the two.
            var asked = new OpenIdConnectChallengeProperties { RedirectUri = Links.Proven, MaxAge = TimeSpan.Zero, Prompt = OpenIdConnectPrompt.Login };
            asked.Items[Proof] = Proof;
            return GoAsync(http, asked);
        })).RequireAuthorization(Permissions.ShellOpen);
    }

    /// <summary>The authority can be asked to end its own session as well. False where it has no place for that, or gives no answer.</summary>
    public static async Task<bool> CanEndAsync(HttpContext http)
    {
        try
        {
            var options = http.RequestServices.GetRequiredService<IOptionsMonitor<OpenIdConnectOptions>>().Get(Scheme);
            return await options.ConfigurationManager!.GetConfigurationAsync(http.RequestAborted) is { EndSessionEndpoint.Length: > 0 };
        }
        catch (Exception error) when (IsAway(error))
        {
            return false;
        }
    }

    public static async Task EnterAsync(TicketReceivedContext context)
    {
        var http = context.HttpContext;
        context.HandleResponse();
        // This path is answered before anybody looks who is signed in already.
        if ((await http.AuthenticateAsync(SignedIn.Scheme)).Principal is { } before)
            http.User = before;
        var (options, desk) = (http.RequestServices.GetRequiredService<IOptions<AuthOptions>>().Value, http.RequestServices.GetRequiredService<AuthorityDesk>());
        if (AuthorityClaims.Read(context.Principal!, options) is not { } who)
        {
            await RefuseAsync(http, "says of nobody here who they are");
            return;
        }

        if (context.Properties?.Items.ContainsKey(Proof) == true)
        {
            var proven = http.User.FindFirst(SignedIn.SessionClaim)?.Value is { } session ? await desk.ProveAsync(who, session, Addresses.Of(http), http.RequestAborted) : AuthorityTrouble.NotProven;
            http.Response.Redirect(proven is AuthorityTrouble.None ? Links.Proven : Links.SignInTrouble(proven.ToString()));
            return;
        }

        var (trouble, entered) = await desk.EnterAsync(who, SignedIn.From(http.User)?.AccountId, Addresses.Of(http), Agents.Of(http), http.RequestAborted);
        if (entered is not { Session: { } opened, Person: { } open })
        {
            http.Response.Redirect(Links.SignInTrouble(trouble.ToString()));
            return;
        }

        var person = SignedIn.Of(open);
        await http.SignInAsync(SignedIn.Scheme, person.Principal(opened));
        http.Response.Redirect(context.ReturnUri is null or Links.Overview ? Screens.HomeOf(person) : LocalUrl.Or(context.ReturnUri, Screens.HomeOf(person)));
    }

    public static Task FailAsync(RemoteFailureContext context)
    {
        context.HandleResponse();
        if (context.Failure is { } error && IsAway(error))
        {
            context.Response.Redirect(Links.SignInTrouble(nameof(AuthorityTrouble.Away)));
            return Task.CompletedTask;
        }

        return RefuseAsync(context.HttpContext, Kind(context.Failure));
    }

    private static async Task<IResult> GoAsync(HttpContext http, AuthenticationProperties asked)
    {
        if (!http.RequestServices.GetRequiredService<IOptions<AuthOptions>>().Value.HasAuthority || !TowerCookies.Allowed(http))
            return Results.Redirect(Links.SignIn);
        try
        {
            await http.ChallengeAsync(Scheme, asked);
            return Results.Empty;
        }
        catch (Exception error) when (IsAway(error) && !http.Response.HasStarted)
        {
            return Results.Redirect(Links.SignInTrouble(nameof(AuthorityTrouble.Away)));
        }
    }

    private static async Task RefuseAsync(HttpContext http, string kind)
    {
        // By its kind, never by its words: they hold what was sent.
        await http.RequestServices.GetRequiredService<Denials>().TellAsync(new Actor(null, "somebody", "anonymous", Addresses.Of(http)), "shell:session:open", "authority:answer", kind);
        http.Response.Redirect(Links.SignInTrouble(nameof(AuthorityTrouble.Refused)));
    }

    // IDX20803 and the like: the document with the authority's addresses and keys could not be read.
    internal static bool IsAway(Exception error) =>
        error is HttpRequestException or TaskCanceledException or IOException || (error is InvalidOperationException && error.Message.StartsWith("IDX208", StringComparison.Ordinal))
        || (error is not SecurityTokenException and not OpenIdConnectProtocolException && error.InnerException is { } inner && IsAway(inner));

    private static string Kind(Exception? error) => error switch
    {
        SecurityTokenExpiredException or SecurityTokenNoExpirationException => "the token is over its time",
        SecurityTokenNotYetValidException => "the token is not valid yet",
        SecurityTokenInvalidAudienceException => "the token is for somebody else",
        SecurityTokenInvalidIssuerException => "the token is from another issuer",
        SecurityTokenInvalidAlgorithmException => "the token's algorithm is none of ours",
        SecurityTokenSignatureKeyNotFoundException => "the token's key is none of the authority's",
        SecurityTokenInvalidSignatureException => "the token's signature is wrong or missing",
        OpenIdConnectProtocolInvalidNonceException => "the token was asked for by somebody else",
        OpenIdConnectProtocolException when error.Data.Contains("error") => "the authority refused",
        // No token, or one that cannot be read, is an argument to the handler.
        OpenIdConnectProtocolException or SecurityTokenException or ArgumentException => "the token is not good",
        { InnerException: { } inner } => Kind(inner),
        _ => "the answer belongs to no question of this browser",
    };
}
