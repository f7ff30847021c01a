using Microsoft.AspNetCore.Authentication.OpenIdConnect;
using Microsoft.Identity.Web;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using Microsoft.IdentityModel.Tokens;

namespace ControlTower.Web.Auth.Authorities;

/// <summary>
/// Sign-in at an authority outside: OpenID Connect, the code flow with PKCE. A generic authority through the framework's own handler, Microsoft Entra ID through Microsoft.Identity.Web, which knows
/// its issuers and aliases; what comes back takes the same way in.
/// </summary>
internal static class AuthorityServices
{
    // Asymmetric alone: a token "signed" with a public key as a shared secret, or with nothing, is refused whatever else it says.
    private static readonly string[] Algorithms =
    [
        SecurityAlgorithms.RsaSha256, SecurityAlgorithms.RsaSha384, SecurityAlgorithms.RsaSha512, SecurityAlgorithms.RsaSsaPssSha256, SecurityAlgorithms.RsaSsaPssSha384, SecurityAlgorithms.RsaSsaPssSha512,
        SecurityAlgorithms.EcdsaSha256, SecurityAlgorithms.EcdsaSha384, SecurityAlgorithms.EcdsaSha512,
    ];

    public static void AddAuthority(this IServiceCollection services, AuthOptions auth)
    {
        services.AddSingleton<AuthorityDesk>();
        services.AddSingleton<AuthorityKeys>();
        services.AddSingleton<ApiTokens>();
        if (!auth.HasAuthority)
            return;
        services.AddHostedService(scope => scope.GetRequiredService<AuthorityKeys>());
        if (auth.Mode == "entra")
        {
            services.AddAuthentication().AddMicrosoftIdentityWebApp(
                options => (options.Instance, options.TenantId, options.ClientId, options.ClientSecret) = (auth.Instance, auth.Tenant, auth.ClientId, auth.SecretOfClient()),
                configureCookieAuthenticationOptions: null, AuthorityDoor.Scheme, cookieScheme: null);
        }
        else
        {
            services.AddAuthentication().AddOpenIdConnect(AuthorityDoor.Scheme, options =>
            {
                (options.Authority, options.ClientId, options.ClientSecret) = (auth.Authority, auth.ClientId, auth.SecretOfClient());
                // The validator of the options lets http through for this machine alone.
                options.RequireHttpsMetadata = auth.Authority.StartsWith(Uri.UriSchemeHttps, StringComparison.OrdinalIgnoreCase);
            });
        }

        services.Configure<OpenIdConnectOptions>(AuthorityDoor.Scheme, options => Apply(options, auth));
    }

    private static void Apply(OpenIdConnectOptions options, AuthOptions auth)
    {
        options.SignInScheme = SignedIn.Scheme;
        options.ResponseType = OpenIdConnectResponseType.Code;
        // The answer comes as a link, not as a form of the authority's: our cookies are not sent along with the forms of others.
        options.ResponseMode = OpenIdConnectResponseMode.Query;
        options.UsePkce = true;
        (options.MapInboundClaims, options.SaveTokens, options.GetClaimsFromUserInfoEndpoint) = (false, false, false);
        options.CallbackPath = "/signin-oidc";
        options.RemoteSignOutPath = default;
        options.BackchannelTimeout = TimeSpan.FromSeconds(10);
        // So soon may keys be asked for again after a token named one that is not known.
        options.RefreshInterval = TimeSpan.FromMinutes(1);
        options.AutomaticRefreshInterval = TimeSpan.FromHours(1);
        options.Scope.Clear();
        foreach (var scope in auth.Scopes.Union(["openid", "profile", "email"], StringComparer.Ordinal))
            options.Scope.Add(scope);
        options.TokenHandler = new SignedOnly { MapInboundClaims = false };
        options.TokenValidationParameters.ValidAlgorithms = Algorithms;
        options.TokenValidationParameters.ClockSkew = TimeSpan.FromMinutes(1);
        foreach (var cookie in new[] { options.NonceCookie, options.CorrelationCookie })
            (cookie.SameSite, cookie.SecurePolicy) = (SameSiteMode.Lax, CookieSecurePolicy.SameAsRequest);
        options.ClaimActions.Remove("iss"); // It is half of the identity.
        options.Events.OnTicketReceived = AuthorityDoor.EnterAsync;
        options.Events.OnRemoteFailure = AuthorityDoor.FailAsync;
        var leave = options.Events.OnRedirectToIdentityProviderForSignOut;
        options.Events.OnRedirectToIdentityProviderForSignOut = context =>
        {
            context.ProtocolMessage.ClientId = auth.ClientId; // No token is kept that could say who asks.
            return leave(context);
        };
    }

    /// <summary>
    /// The framework lets an unsigned token through when it comes from the authority by the back channel, as the protocol allows. One more lock costs nothing: whoever stands in between there cannot
    /// sign.
    /// </summary>
    private sealed class SignedOnly : JsonWebTokenHandler
    {
        public override Task<TokenValidationResult> ValidateTokenAsync(string token, TokenValidationParameters validationParameters)
        {
            validationParameters.RequireSignedTokens = true;
            return base.ValidateTokenAsync(token, validationParameters);
        }
    }
}
