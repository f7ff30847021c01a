using System.Security.Claims;
using ControlTower.Data.Wall;

namespace ControlTower.Web.Auth;

/// <summary>A screen on a wall, as its token says. It is nobody: it holds no permission but those of <see cref="Permissions.OfScreens"/>, and only where these are asked for its cookie is looked at.</summary>
public sealed record WallScreen(string Name, string? Brand)
{
    private const string HashClaim = "ct:wall";
    private const string NameClaim = "ct:wall-name";
    private const string BrandClaim = "ct:wall-brand";

    internal static ClaimsPrincipal Principal(WallPass pass, string hash) => new(new ClaimsIdentity(
        [new Claim(HashClaim, hash), new Claim(NameClaim, pass.Name), .. pass.Brand is { } brand ? [new Claim(BrandClaim, brand)] : Array.Empty<Claim>()], WallScheme.Name));

    /// <summary>Null where no screen's token was shown.</summary>
    public static WallScreen? From(ClaimsPrincipal? principal) =>
        principal is null || HashIn(principal) is null ? null : new WallScreen(principal.FindFirstValue(NameClaim) ?? "", principal.FindFirstValue(BrandClaim));

    /// <summary>By what the token is asked for again.</summary>
    public static string? HashIn(ClaimsPrincipal? principal) => principal?.FindFirst(HashClaim)?.Value;
}
