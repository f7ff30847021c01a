using System.Globalization;
using System.Security.Claims;
using ControlTower.Data.Accounts;

namespace ControlTower.Web.Auth.Authorities;

/// <summary>What a token that was found good says, in the tower's terms. No role: none of the person's roles and groups means one here. No e-mail: the token has none that can be one.</summary>
internal sealed record AuthorityClaims(ExternalIdentity Identity, string Name, string? Email, string? Role, bool? Finance, DateTimeOffset? ProvenAt)
{
    // Whoever has several roles gets the first of these.
    private static readonly string[] Order = [Roles.Admin, Roles.Operations, Roles.Merchandiser, Roles.Executive];

    /// <summary>Null when the token does not say whom it means, or means somebody of another tenant.</summary>
    public static AuthorityClaims? Read(ClaimsPrincipal token, AuthOptions options)
    {
        if (IdentityOf(token, options) is not { } identity)
            return null;
        var email = new[] { "email", "preferred_username" }.Select(token.FindFirstValue).FirstOrDefault(value => value is not null && PersonRules.WrongEmail(value) is null);
        var name = token.FindFirstValue("name")?.Trim() is { } given && PersonRules.WrongName(given) is null ? given : email?.Split('@')[0] ?? "";
        string[] roles = [.. token.FindAll(options.RoleClaim).Select(claim => claim.Value)], groups = [.. token.FindAll(options.GroupClaim).Select(claim => claim.Value)];
        var mapped = roles.Select(role => options.Roles.GetValueOrDefault(role)).Concat(groups.Select(group => options.Groups.GetValueOrDefault(group))).ToHashSet(StringComparer.Ordinal);
        bool? finance = options.FinanceRole.Length == 0 ? null : roles.Concat(groups).Contains(options.FinanceRole, StringComparer.Ordinal);
        return new(identity, name, email, Order.FirstOrDefault(mapped.Contains), finance, At(token.FindFirstValue("auth_time")));
    }

    // Entra's subject differs from program to program; a person is the same by tenant and object (tid, oid).
    private static ExternalIdentity? IdentityOf(ClaimsPrincipal token, AuthOptions options)
    {
        if (options.Mode == "entra")
        {
            return Guid.TryParse(token.FindFirstValue("tid"), out var tenant) && tenant == Guid.Parse(options.Tenant) && Guid.TryParse(token.FindFirstValue("oid"), out var person)
                ? new($"entra:{tenant}", person.ToString())
                : null;
        }

        // Under another name than the configured one nobody counts as able to sign in.
        return token.FindFirstValue("iss") is { Length: > 0 and <= 400 } issuer && options.IsIssuer(issuer) && token.FindFirstValue("sub") is { Length: > 0 and <= 400 } subject ? new(issuer, subject) : null;
    }

    private static DateTimeOffset? At(string? seconds) =>
        long.TryParse(seconds, NumberStyles.None, CultureInfo.InvariantCulture, out var since) && since < 100_000_000_000 ? DateTimeOffset.FromUnixTimeSeconds(since) : null;
}
