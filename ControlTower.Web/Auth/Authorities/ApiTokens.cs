using Microsoft.AspNetCore.Authentication.OpenIdConnect;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using Microsoft.IdentityModel.Tokens;

namespace ControlTower.Web.Auth.Authorities;

/// <summary>What a good token of a program says. <paramref name="Client"/>: what the authority calls the program. <paramref name="Scopes"/>: what it may at most; null: the token does not say.</summary>
internal sealed record ApiToken(string Client, IReadOnlyList<string>? Scopes, DateTimeOffset Until);

/// <summary>
/// Reads tokens that programs got from the authority for the governed API (OAuth 2, client credentials). The keys are those of the sign-in, read anew when a token names one that is not known; a person's token is none,
/// however good.
/// </summary>
internal sealed class ApiTokens(IOptions<AuthOptions> auth, IOptionsMonitor<OpenIdConnectOptions> authority)
{
    private static readonly string[] Algorithms = [SecurityAlgorithms.RsaSha256, SecurityAlgorithms.EcdsaSha256];
    private static readonly string[] Limiting = ["scp", "scope", "roles"];

    private readonly JsonWebTokenHandler handler = new() { MapInboundClaims = false };

    /// <summary>Whether tokens are taken at all and this may be one; what is not is nothing to judge.</summary>
    public bool IsToken(string shown) => auth.Value is { HasAuthority: true, ApiAudience.Length: > 0 } && shown.AsSpan().Count('.') == 2;

    /// <summary>No token: forged, old, for somebody else, or a person's. Away: no keys are known and the authority gives none, so that nothing can be judged; the same may work in a moment.</summary>
    public async Task<(ApiToken? Token, bool Away)> ReadAsync(string shown, CancellationToken cancel)
    {
        var source = authority.Get(AuthorityDoor.Scheme).ConfigurationManager!;
        try
        {
            var known = await source.GetConfigurationAsync(cancel);
            var result = await JudgeAsync(shown, known);
            if (result.Exception is SecurityTokenSignatureKeyNotFoundException)
            {
                // Keys change. They are asked for at most once a minute, whatever is sent.
                source.RequestRefresh();
                if (await source.GetConfigurationAsync(cancel) is var newer && !ReferenceEquals(newer, known))
                    result = await JudgeAsync(shown, newer);
            }

            return (result is { IsValid: true, SecurityToken: JsonWebToken token } ? OfProgram(token) : null, false);
        }
        catch (Exception error) when (AuthorityDoor.IsAway(error) && !cancel.IsCancellationRequested)
        {
            return (null, true);
        }
    }

    // With the keys of now alone: one that the authority took back is good for nothing.
    private Task<TokenValidationResult> JudgeAsync(string shown, OpenIdConnectConfiguration known) => handler.ValidateTokenAsync(shown, new TokenValidationParameters
    {
        ValidIssuer = known.Issuer, IssuerSigningKeys = known.SigningKeys, ValidAudience = auth.Value.ApiAudience, ValidAlgorithms = Algorithms, TryAllIssuerSigningKeys = false, ClockSkew = TimeSpan.FromSeconds(30),
    });

    private ApiToken? OfProgram(JsonWebToken token)
    {
        string? party = Text(token, "azp"), id = Text(token, "client_id");
        if ((party ?? id) is not { Length: > 0 and <= 200 } client || (party is not null && id is not null && party != id) || !IsProgram(token, client))
            return null;
        var limits = Limiting.Any(name => token.TryGetPayloadValue<object>(name, out _));
        return new(
            client, limits ? [.. token.Claims.Where(claim => Limiting.Contains(claim.Type, StringComparer.Ordinal)).SelectMany(claim => claim.Value.Split(' ', StringSplitOptions.RemoveEmptyEntries))] : null,
            new DateTimeOffset(token.ValidTo, TimeSpan.Zero));
    }

    // RFC 9068, 2.2: where no person is involved, the subject is the program. Entra names its service principal there, by the same id as its object; with a person the two differ.
    private bool IsProgram(JsonWebToken token, string client) =>
        auth.Value.Mode == "entra"
            ? Text(token, "idtyp") is null or "app" && Text(token, "oid") is { Length: > 0 } principal && principal == token.Subject
            : token.Subject == client;

    private static string? Text(JsonWebToken token, string name) => token.TryGetPayloadValue<string>(name, out var value) ? value : null;
}
