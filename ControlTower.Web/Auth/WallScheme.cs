using System.Collections.Concurrent;
using System.Text.Encodings.Web;
using ControlTower.Data.Accounts;
using ControlTower.Data.Wall;
using ControlTower.Web.Hosting;
using ControlTower.Web.Shared;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Options;

namespace ControlTower.Web.Auth;

/// <summary>
/// Screens on a wall show who they are with a cookie that only the wallboard and its circuit look at. The cookie is got by opening <c>/wall?token=…</c> once: see <see cref="WallDoor"/>.
/// A screen whose token was withdrawn is told so, at an address that waits for a new one.
/// </summary>
internal sealed class WallScheme(IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory log, UrlEncoder encoder, WallGate gate)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, log, encoder)
{
    public const string Name = "wall";

    protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        if (WallDoor.CookieOf(Context) is not { } token)
            return AuthenticateResult.NoResult();
        if (!WallTokenStore.IsToken(token))
            return AuthenticateResult.Fail("not a token");
        var hash = WallGate.HashOf(token);
        return await gate.WhoAsync(hash, Addresses.Of(Context), Context.RequestAborted) is { } pass
            ? AuthenticateResult.Success(new AuthenticationTicket(WallScreen.Principal(pass, hash), Name))
            : AuthenticateResult.Fail("unknown token");
    }

    // The sign-in has spoken before; for a browser that was a wallboard its way is wrong.
    protected override Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        if (!Response.HasStarted && WallDoor.IsWall(Request) && WallDoor.CookieOf(Context) is not null)
            Response.Redirect(Links.WallWithdrawn + Request.QueryString);
        return Task.CompletedTask;
    }

    protected override Task HandleForbiddenAsync(AuthenticationProperties properties) => Task.CompletedTask;
}

/// <summary>
/// Remembers whose token it is, by its hash, for as long as a session's person is: with a circuit that asks every 3 s, a withdrawn token is told on an open screen well within 10 s. When the
/// database cannot say, it throws: nobody gets in on an old answer.
/// </summary>
internal sealed class WallGate(WallTokenStore tokens, TimeProvider clock)
{
    private const int Most = 10_000;

    private readonly ConcurrentDictionary<string, (long At, WallPass? Pass)> seen = new(StringComparer.Ordinal);

    public static string HashOf(string token) => Convert.ToHexStringLower(Secrets.Hash(token));

    /// <param name="from">The screen's address; null: the circuit that is open asks.</param>
    public async Task<WallPass?> WhoAsync(string hash, string? from, CancellationToken cancel)
    {
        if (seen.TryGetValue(hash, out var known) && clock.GetElapsedTime(known.At) < SessionGate.Remembered)
            return known.Pass;
        var now = clock.GetTimestamp();
        var pass = await tokens.WhoAsync(Convert.FromHexString(hash), from, cancel);
        if (seen.Count >= Most)
            seen.Clear(); // Nobody has so many screens: somebody guesses.
        seen[hash] = (now, pass);
        return pass;
    }
}

/// <summary>
/// Opening <c>/wall?token=…</c> leaves the token in a cookie that no script can read and goes on to the same boards without it, so that it stands in no address bar, history or picture of the screen.
/// The cookie lasts as long as browsers keep one, from the last opening on; the board opens itself anew each night.
/// </summary>
internal static class WallDoor
{
    private const string Cookie = "ct-wall";
    private const string Parameter = "token";

    private static readonly TimeSpan Lasts = TimeSpan.FromDays(400);
    private static readonly TowerCookies cookies = new();

    public static string? CookieOf(HttpContext context) => cookies.GetRequestCookie(context, Cookie) is { Length: > 0 } token ? token : null;

    /// <summary>Routing takes a slash at the end and capitals for the same address.</summary>
    public static bool IsWall(HttpRequest request) => string.Equals(request.Path.Value?.TrimEnd('/'), Links.Wall, StringComparison.OrdinalIgnoreCase);

    public static IApplicationBuilder UseWallDoor(this IApplicationBuilder app) => app.Use(static async (context, next) =>
    {
        var request = context.Request;
        if (!IsWall(request) || !HttpMethods.IsGet(request.Method))
        {
            await next(context);
            return;
        }

        if (!request.Query.TryGetValue(Parameter, out var shown))
        {
            if (CookieOf(context) is { } kept)
                Keep(context, kept);
            await next(context);
            return;
        }

        var gate = context.RequestServices.GetRequiredService<WallGate>();
        var good = shown.Count == 1 && shown[0] is { } token && WallTokenStore.IsToken(token) && await gate.WhoAsync(WallGate.HashOf(token), Addresses.Of(context), context.RequestAborted) is not null;
        if (good)
            Keep(context, shown[0]!);
        context.Response.Redirect((good ? Links.Wall : Links.WallWithdrawn) + QueryString.Create(request.Query.Where(pair => !pair.Key.Equals(Parameter, StringComparison.OrdinalIgnoreCase))));
    });

    private static void Keep(HttpContext context, string token) =>
        cookies.AppendResponseCookie(context, Cookie, token, new CookieOptions { HttpOnly = true, SameSite = SameSiteMode.Lax, MaxAge = Lasts, IsEssential = true });
}
