using ControlTower.Data.Accounts;

namespace ControlTower.Web.Auth.Factors;

/// <summary>Half a sign-in in the browser: out of reach for scripts, gone after ten minutes, and worth nothing but the question for the code.</summary>
internal static class StepCookie
{
    private const string Name = "ct-step";

    private static readonly TowerCookies cookies = new();

    public static string? Of(HttpContext http) => cookies.GetRequestCookie(http, Name) is { Length: 64 } secret ? secret : null;

    public static void Keep(HttpContext http, string secret) => cookies.AppendResponseCookie(http, Name, secret, Options(FactorStore.StepLasts));

    public static void Drop(HttpContext http) => cookies.DeleteCookie(http, Name, Options(null));

    private static CookieOptions Options(TimeSpan? lasts) => new() { HttpOnly = true, SameSite = SameSiteMode.Lax, MaxAge = lasts, IsEssential = true };
}
