using ControlTower.Data.Accounts;
using ControlTower.Data.Settings;
using ControlTower.Web.Auth.Authorities;
using ControlTower.Web.Auth.Factors;
using ControlTower.Web.Shared;
using ControlTower.Web.Hosting;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.AspNetCore.Components.Server.Circuits;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace ControlTower.Web.Auth;

/// <summary>Sign-in, permissions and what keeps them true while a circuit lives.</summary>
internal static class AuthServices
{
    public static void AddTowerAuth(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddSingleton<IValidateOptions<AuthOptions>, AuthOptionsValidator>();
        services.AddOptions<AuthOptions>().BindConfiguration(AuthOptions.Section).ValidateOnStart();
        services.RefuseUnknownKeys<AuthOptions>(configuration, AuthOptions.Section);
        services.TryAddSingleton<Passwords>();
        services.AddSingleton<SessionGate>();
        services.AddSingleton<Denials>();
        services.AddScoped<CookieRules>();
        services.AddSingleton<FactorSeal>();
        services.AddSingleton<FactorDesk>();
        services.AddSingleton(WaysIn);
        services.AddSingleton<SignInDesk>();
        services.AddScoped<ProofPrompt>();
        services.AddHttpContextAccessor();
        services.AddScoped<CurrentActor>();

        services.AddAuthentication(SignedIn.Scheme).AddCookie(SignedIn.Scheme, options =>
        {
            options.Cookie.Name = "ct";
            options.Cookie.HttpOnly = true;
            options.Cookie.SameSite = SameSiteMode.Lax;
            options.CookieManager = new TowerCookies();
            options.ExpireTimeSpan = SessionStore.Absolute;
            options.SlidingExpiration = false; // The session in the database decides.
            options.EventsType = typeof(CookieRules);
        });

        services.AddSingleton<WallGate>();
        services.AddAuthentication().AddScheme<AuthenticationSchemeOptions, WallScheme>(WallScheme.Name, null);
        services.AddSingleton<ApiKeyGate>();
        services.AddSingleton<KeyGuesses>();
        services.AddAuthentication().AddScheme<AuthenticationSchemeOptions, ApiKeyScheme>(ApiKeyScheme.Name, null);

        services.AddAuthority(configuration.GetSection(AuthOptions.Section).Get<AuthOptions>() ?? new AuthOptions());

        var authorization = services.AddAuthorizationBuilder()
            .SetFallbackPolicy(new AuthorizationPolicyBuilder().RequireAssertion(_ => false).Build());
        foreach (var permission in Permissions.All)
            authorization.AddPolicy(permission, policy => policy.AddAuthenticationSchemes(Schemes(permission)).RequireAuthenticatedUser().AddRequirements(new PermissionRequirement(permission)));
        foreach (var (scope, _) in Scopes.All)
            authorization.AddPolicy(scope, policy => policy.AddAuthenticationSchemes(ApiKeyScheme.Name).RequireAuthenticatedUser().RequireClaim(ApiKeyScheme.ScopeClaim, scope));
        services.AddSingleton<IAuthorizationHandler, PermissionHandler>();

        services.AddCascadingAuthenticationState();
        services.AddScoped<LiveSession>();
        services.AddScoped<AuthenticationStateProvider>(scope => scope.GetRequiredService<LiveSession>());
        services.AddScoped<CircuitHandler, CircuitActivity>();
        services.AddHostedService<FirstRun>();
    }

    private static SignInWays WaysIn(IServiceProvider scope)
    {
        var auth = scope.GetRequiredService<IOptions<AuthOptions>>();
        return new(() => auth.Value.LocalSignIn, () => auth.Value.Issuer, (account, key) => scope.GetRequiredService<FactorSeal>().Open(account, key) is not null);
    }

    private static string[] Schemes(string permission) => permission is Permissions.HubConnect or Permissions.ApiDocumentRead ? [ApiKeyScheme.Name, SignedIn.Scheme] : Permissions.OfScreens.Contains(permission) ? [SignedIn.Scheme, WallScheme.Name] : [];

    /// <summary>Keys that seal the cookies and the stored credentials outlive a restart; <paramref name="folder"/> is readable by the owner only.</summary>
    public static void AddTowerKeys(this IServiceCollection services, TowerOptions tower, string folder)
    {
        var keys = Directory.CreateDirectory(folder);
        if (!OperatingSystem.IsWindows())
            keys.UnixFileMode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
        var protection = services.AddDataProtection().SetApplicationName("ControlTower").PersistKeysToFileSystem(keys);
        // One that cannot be used is told with all other problems of the configuration, before any key is made.
        if (KeySeal.Open(tower) is { HasPrivateKey: true } certificate)
            protection.ProtectKeysWithCertificate(certificate);
    }
}

/// <summary>The person, the screen on a wall or the program at the hub holds the permission.</summary>
internal sealed record PermissionRequirement(string Permission) : IAuthorizationRequirement;

/// <summary>Answers from the role in the principal, which the session gate refreshed at this request.</summary>
internal sealed class PermissionHandler : AuthorizationHandler<PermissionRequirement>
{
    protected override Task HandleRequirementAsync(AuthorizationHandlerContext context, PermissionRequirement requirement)
    {
        var permission = requirement.Permission;
        if (SignedIn.From(context.User)?.May(permission) == true || (Permissions.OfScreens.Contains(permission) && WallScreen.From(context.User) is not null)
            || (permission == Permissions.ApiDocumentRead && context.User.HasClaim(claim => claim.Type == ApiKeyScheme.HashClaim))
            || (permission == Permissions.HubConnect && context.User.HasClaim(claim => claim.Type == ApiKeyScheme.ScopeClaim && Scopes.OfStreams.Contains(claim.Value))))
            context.Succeed(requirement);
        return Task.CompletedTask;
    }
}
