using ControlTower.Web.Hosting;
using Microsoft.Extensions.Options;

namespace ControlTower.Web.Auth;

/// <summary>How people sign in: section <c>Auth</c>.</summary>
public sealed class AuthOptions
{
    public const string Section = "Auth";

    /// <summary><c>local</c>: passwords alone. <c>oidc</c>: an OpenID Connect authority. <c>entra</c>: Microsoft Entra ID.</summary>
    public string Mode { get; init; } = "local";

    /// <summary>Accounts with passwords sign in, too. Keep one admin's: it opens the tower when the authority is away.</summary>
    public bool LocalSignIn { get; init; } = true;

    /// <summary>How people call the authority, after "Continue with".</summary>
    public string Name { get; init; } = "your work account";

    /// <summary>Issuer of a generic authority, letter by letter as it calls itself: an https address under which <c>/.well-known/openid-configuration</c> lies. For <c>oidc</c>.</summary>
    public string Authority { get; init; } = "";

    /// <summary>Entra's cloud. For <c>entra</c>.</summary>
    public string Instance { get; init; } = "https://login.microsoftonline.com/";

    /// <summary>Id of the one Entra tenant (a GUID) whose people may sign in.</summary>
    public string Tenant { get; init; } = "";

    /// <summary>The tower's id at the authority.</summary>
    public string ClientId { get; init; } = "";

    /// <summary>The tower's secret at the authority; from the environment, never from a file that is kept with the program.</summary>
    public string ClientSecret { get; init; } = "";

    /// <summary>A file that holds the secret alone, instead of <see cref="ClientSecret"/>.</summary>
    public string ClientSecretFile { get; init; } = "";

    /// <summary>Scopes to ask for beside openid, profile and email.</summary>
    public string[] Scopes { get; init; } = [];

    /// <summary>The claim that holds a person's roles at the authority.</summary>
    public string RoleClaim { get; init; } = "roles";

    /// <summary>What a role at the authority is here: <c>Auth:Roles:Tower.Admin=Admin</c>. Whoever has several gets the first of Admin, Operations, Merchandiser, Executive.</summary>
    public Dictionary<string, string> Roles { get; init; } = new(StringComparer.Ordinal);

    /// <summary>The claim that holds a person's groups.</summary>
    public string GroupClaim { get; init; } = "groups";

    /// <summary>What a group is here: <c>Auth:Groups:8f2c…=Operations</c>.</summary>
    public Dictionary<string, string> Groups { get; init; } = new(StringComparer.Ordinal);

    /// <summary>A role or group at the authority whose people see money. Empty: an admin says so here.</summary>
    public string FinanceRole { get; init; } = "";

    /// <summary>Whose password alone does not open the tower: <c>off</c>, <c>admins</c> or <c>all</c>. Everybody may have a second factor; the authority's people prove themselves there.</summary>
    public string SecondFactor { get; init; } = "off";

    /// <summary>The audience of the authority's tokens for programs that ask the governed API, never the tower's own <see cref="ClientId"/>. Empty: programs come with keys alone.</summary>
    public string ApiAudience { get; init; } = "";

    public bool HasAuthority => Mode is "oidc" or "entra";

    /// <summary>The issuer under which people of the authority are known here; null where there is none.</summary>
    public string? Issuer => !HasAuthority ? null : Mode == "entra" ? $"entra:{Guid.Parse(Tenant)}" : Authority;

    /// <summary>A generic authority's name for itself is the one that was configured; a slash at the end says nothing.</summary>
    public bool IsIssuer(string issuer) => string.Equals(issuer.TrimEnd('/'), Authority.TrimEnd('/'), StringComparison.Ordinal);

    /// <exception cref="IOException">The file of the secret cannot be read.</exception>
    public string SecretOfClient() => ClientSecretFile.Length > 0 ? File.ReadAllText(ClientSecretFile).Trim() : ClientSecret;

    /// <summary>Where the authority's pages are, for the policy that says where a form may lead.</summary>
    public string? Origin => HasAuthority && Uri.TryCreate(Mode == "entra" ? Instance : Authority, UriKind.Absolute, out var at) ? at.GetLeftPart(UriPartial.Authority) : null;
}

/// <summary>Reports every wrong key of <see cref="AuthOptions"/> at once, each with what to set.</summary>
public sealed class AuthOptionsValidator : IValidateOptions<AuthOptions>
{
    public ValidateOptionsResult Validate(string? name, AuthOptions options)
    {
        List<string> wrong = [];
        if (options.Mode is not ("local" or "oidc" or "entra"))
            wrong.Add($"Auth:Mode is '{Cut(options.Mode)}'. Set local, oidc or entra.");
        if (options.SecondFactor is not ("off" or "admins" or "all"))
            wrong.Add($"Auth:SecondFactor is '{Cut(options.SecondFactor)}'. Set off, admins or all.");
        if (options is { Mode: "local", LocalSignIn: false })
            wrong.Add("Auth:LocalSignIn is false and Auth:Mode is local: nobody could sign in. Set Auth:Mode to oidc or entra.");
        if (options is { HasAuthority: false, ApiAudience.Length: > 0 })
            wrong.Add("Auth:ApiAudience is set and Auth:Mode is local: there is no authority whose tokens could be for it. Set Auth:Mode to oidc or entra.");
        if (options.HasAuthority)
            wrong.AddRange(WrongAuthority(options));
        return wrong.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(wrong);
    }

    private static IEnumerable<string> WrongAuthority(AuthOptions options)
    {
        var (key, address) = options.Mode == "entra" ? ("Auth:Instance", options.Instance) : ("Auth:Authority", options.Authority);
        if (!Uri.TryCreate(address, UriKind.Absolute, out var at) || !(at.Scheme == Uri.UriSchemeHttps || (at.Scheme == Uri.UriSchemeHttp && Addresses.IsLoopbackHost(at.Host))))
            yield return $"{key} is '{Cut(address)}'. Set an https address; http is for this machine alone.";
        if (options.Mode == "entra" && !Guid.TryParse(options.Tenant, out _))
            yield return $"Auth:Tenant is '{Cut(options.Tenant)}'. Set the id of the one tenant whose people may sign in, a GUID.";
        if (options.ClientId.Length == 0)
            yield return "Auth:ClientId is empty. Set the tower's id at the authority.";
        if (options.ApiAudience.Length > 0 && options.ApiAudience == options.ClientId)
            yield return "Auth:ApiAudience is Auth:ClientId: people's tokens are for that. Register the API at the authority on its own.";
        if (SecretProblem(options) is { } problem)
            yield return problem;
        if (options.Roles.Count + options.Groups.Count == 0)
            yield return "Auth:Roles and Auth:Groups are empty: nobody from the authority would have a role. Set for example Auth:Roles:Tower.Admin=Admin.";
        foreach (var (section, map) in new[] { ("Roles", options.Roles), ("Groups", options.Groups) })
        {
            foreach (var (theirs, ours) in map.Where(pair => !Auth.Roles.All.Contains(pair.Value, StringComparer.Ordinal)))
                yield return $"Auth:{section}:{Cut(theirs)} is '{Cut(ours)}'. Set {string.Join(", ", Auth.Roles.All)}.";
        }
    }

    private static string? SecretProblem(AuthOptions options)
    {
        try
        {
            return options.SecretOfClient().Length > 0 ? null : "Auth:ClientSecret is empty. Set it in the environment, or name a file in Auth:ClientSecretFile.";
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return $"Auth:ClientSecretFile '{Cut(options.ClientSecretFile)}' cannot be read.";
        }
    }

    private static string Cut(string value) => value.Length > 64 ? value[..64] : value;
}
