using System.Security.Claims;
using ControlTower.Data.Accounts;
using ControlTower.Data.Audit;

namespace ControlTower.Web.Auth;

/// <summary>The person behind a request or a circuit, as their session says at this moment.</summary>
public sealed record SignedIn(Guid AccountId, string Name, string Email, string Role, bool Finance)
{
    public const string Scheme = "ct";
    public const string SessionClaim = "ct:session";
    public const string FinanceClaim = "ct:finance";

    public bool May(string permission) => Roles.May(Role, Finance, permission);

    public Actor Actor(string? address = null) => new(AccountId, Name, Role, address);

    public ClaimsPrincipal Principal(string sessionId) => new(new ClaimsIdentity(
    [
        new Claim(ClaimTypes.NameIdentifier, AccountId.ToString()),
        new Claim(ClaimTypes.Name, Name),
        new Claim(ClaimTypes.Email, Email),
        new Claim(ClaimTypes.Role, Role),
        new Claim(FinanceClaim, Finance ? "yes" : "no"),
        new Claim(SessionClaim, sessionId),
    ], Scheme));

    public static SignedIn Of(OpenSession open) => new(open.AccountId, open.Name, open.Email, open.Role, open.Finance);

    /// <summary>Null for anybody who is not signed in with this tower's own cookie.</summary>
    public static SignedIn? From(ClaimsPrincipal? principal) =>
        principal?.Identity is { IsAuthenticated: true } && Guid.TryParse(principal.FindFirstValue(ClaimTypes.NameIdentifier), out var id)
            ? new SignedIn(id, principal.FindFirstValue(ClaimTypes.Name) ?? "", principal.FindFirstValue(ClaimTypes.Email) ?? "",
                principal.FindFirstValue(ClaimTypes.Role) ?? "", principal.FindFirstValue(FinanceClaim) == "yes")
            : null;
}
