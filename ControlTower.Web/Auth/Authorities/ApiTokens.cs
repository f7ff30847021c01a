using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using Microsoft.IdentityModel.Tokens;

namespace ControlTower.Web.Auth.Authorities;

/// <summary>What a good token of a program says. <paramref name="Client"/>: what the authority calls the program. <paramref name="Scopes"/>: what it may at most; one that says nothing may nothing.</summary>
internal sealed record ApiToken(string Client, IReadOnlyList<string> Scopes, DateTimeOffset Until);

/// <summary>
/// What became of a token. No <paramref name="Token"/>: forged, old, for somebody else, or a person's. <paramref name="Away"/>: it cannot be judged now, for the authority's keys are not known; the same may work in a moment.
/// <paramref name="Refused"/>: why one that the authority did sign is none of a program's, in words of ours.
/// </summary>
internal sealed record TokenAnswer(ApiToken? Token, bool Away = false, string? Refused = null);

/// <summary>
/// Reads tokens that programs got from the authority for the governed API (OAuth 2, client credentials). A person's token is none, however good.
/// </summary>
internal sealed class ApiTokens(IOptions<AuthOptions> auth, AuthorityKeys keys, TimeProvider clock)
{
    private static readonly string[] Algorithms = [SecurityAlgorithms.RsaSha256, SecurityAlgorithms.EcdsaSha256];
    private static readonly string[] Limiting = ["scp", "scope", "roles"];
    private static readonly TimeSpan Skew = TimeSpan.FromSeconds(30);

    private readonly JsonWebTokenHandler handler = new() { MapInboundClaims = false };

    /// <summary>Whether tokens are taken at all and this may be one; what is not is nothing to judge.</summary>
    public bool IsToken(string shown) => auth.Value is { HasAuthority: true, ApiAudience.Length: > 0 } && shown.AsSpan().Count('.') == 2;

    public async Task<TokenAnswer> ReadAsync(string shown, CancellationToken cancel)
    {
        if (!MayBeGood(shown))
            return new(null);
        if (await keys.NowAsync(cancel) is not { } known)
            return new(null, Away: true);
        var result = await JudgeAsync(shown, known);
        if (result.Exception is SecurityTokenSignatureKeyNotFoundException)
        {
            var (newer, away) = await keys.NewerAsync(known, cancel);
            if (newer is null)
                return new(null, away);
            result = await JudgeAsync(shown, newer);
        }

        if (result is { IsValid: true, SecurityToken: JsonWebToken token })
            return OfProgram(token) is { } program ? new(program) : new(null, Refused: "the token is not a program's own");
        return new(null, Refused: result.Exception is SecurityTokenInvalidIssuerException ? "the token is from another issuer" : null);
    }

    // By its own word alone, before anybody is asked for keys: rubbish costs the authority nothing and waits for nothing.
    private bool MayBeGood(string shown)
    {
        try
        {
            var (token, now) = (handler.ReadJsonWebToken(shown), clock.GetUtcNow().UtcDateTime);
            return Algorithms.Contains(token.Alg, StringComparer.Ordinal) && token.Audiences.Contains(auth.Value.ApiAudience, StringComparer.Ordinal) && token.ValidTo > now - Skew && token.ValidFrom < now + Skew;
        }
        catch (Exception error) when (error is ArgumentException or FormatException or OverflowException or InvalidCastException or System.Text.Json.JsonException or SecurityTokenException)
        {
            return false;
        }
    }

    // With the keys of now alone: one that the authority took back is good for nothing.
    private Task<TokenValidationResult> JudgeAsync(string shown, OpenIdConnectConfiguration known) => handler.ValidateTokenAsync(shown, new TokenValidationParameters
    {
        ValidIssuer = known.Issuer, IssuerSigningKeys = known.SigningKeys, ValidAudience = auth.Value.ApiAudience, ValidAlgorithms = Algorithms, TryAllIssuerSigningKeys = false, ClockSkew = Skew,
    });

    private ApiToken? OfProgram(JsonWebToken token)
    {
        string? party = Text(token, "azp"), id = Text(token, "client_id");
        if ((party ?? id) is not { Length: > 0 and <= 200 } client || (party is not null && id is not null && party != id) || !IsProgram(token, client))
            return null;
        // Entra leaves the claim out of the token of a program without roles: then it has nothing, not everything.
        string[] scopes = [.. token.Claims.Where(claim => Limiting.Contains(claim.Type, StringComparer.Ordinal)).SelectMany(claim => claim.Value.Split(' ', StringSplitOptions.RemoveEmptyEntries))];
        return new(client, scopes, new DateTimeOffset(token.ValidTo, TimeSpan.Zero));
    }

    // RFC 9068, 2.2: where no person is involved, the subject is the program. Entra names its service principal there, by the same id as its object; with a person the two differ.
    private bool IsProgram(JsonWebToken token, string client) =>
        auth.Value.Mode == "entra"
            ? Text(token, "idtyp") is null or "app" && Text(token, "oid") is { Length: > 0 } principal && principal == token.Subject
            : token.Subject == client;

    private static string? Text(JsonWebToken token, string name) => token.TryGetPayloadValue<string>(name, out var value) ? value : null;
}
