using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Xunit;

namespace ControlTower.Tests.Support;

/// <summary>
/// An OpenID Connect authority on a free loopback port: authorization code with PKCE, each code good once, RSA and EC keys, end of session. Generic, or shaped like Entra
/// (<c>/{tenant}/v2.0</c>, tid, oid, ver). Whoever comes is the <see cref="Person"/>; a test may have it sign whatever it likes.
/// </summary>
public sealed class TestAuthority : IAsyncDisposable
{
    public const string ClientId = "tower";
    public const string ServicePrincipal = "5d1c7a52-6a3f-4f0a-8c3e-2a52a3b8a0c1";
    public const string ClientSecret = "a secret for tests alone";

    private static readonly string[] Code = ["code"], Public = ["public"], Signing = ["RS256", "ES256"];

    private readonly WebApplication app;
    private readonly ConcurrentDictionary<string, Asked> codes = new(StringComparer.Ordinal);
    private RSA rsa = RSA.Create(2048);
    private string kid = "rsa-1";
    private readonly ECDsa ec = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    private TestAuthority(Guid? tenant)
    {
        Tenant = tenant;
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        app = builder.Build();
        app.Urls.Add("http://127.0.0.1:0");
        app.Use((context, next) => Away ? Task.Run(() => context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable) : next(context));
        var root = tenant is null ? "" : $"/{tenant}/v2.0";
        app.MapGet("/favicon.ico", () => Results.NoContent());
        app.MapGet(root + "/.well-known/openid-configuration", () => Results.Json(Discovery()));
        app.MapGet(root + "/keys", () => Results.Json(new { keys = new[] { JwkOf(rsa, kid), JwkOf(ec) } }));
        app.MapGet(root + "/authorize", AuthorizeAsync);
        app.MapPost(root + "/token", TokenAsync);
        app.MapGet(root + "/end", (HttpRequest request) =>
        {
            Ended.Enqueue(request.QueryString.Value!);
            return Results.Redirect(QueryHelpers.AddQueryString(request.Query["post_logout_redirect_uri"]!, "state", request.Query["state"].ToString()));
        });
    }

    public Guid? Tenant { get; }

    public string Base { get; private set; } = "";

    public string Issuer => Tenant is null ? Base : $"{Base}/{Tenant}/v2.0";

    /// <summary>Claims of who is at the browser.</summary>
    public Dictionary<string, object> Person { get; set; } = new(StringComparer.Ordinal);

    public bool Away { get; set; }

    /// <summary>The browser is shown a page with a link first, as people are.</summary>
    public bool Asks { get; init; }

    /// <summary>Has a place to end the session at.</summary>
    public bool Ends { get; set; } = true;

    /// <summary>Makes the id token from what a true one would say.</summary>
    public Func<Dictionary<string, object>, string>? Forge { get; set; }

    /// <summary>The last question of a tower.</summary>
    public Dictionary<string, string> LastAsked { get; private set; } = [];

    public ConcurrentQueue<string> Ended { get; } = new();

    public RSA Rsa => rsa;

    /// <summary>Settings of a tower that asks here; the roles Tower.Admin, Tower.Operations and Tower.Executive and the finance role Tower.Finance mean something.</summary>
    public string[] Settings =>
    [
        .. Tenant is { } tenant ? new[] { "Auth:Mode=entra", $"Auth:Instance={Base}/", $"Auth:Tenant={tenant}" } : ["Auth:Mode=oidc", $"Auth:Authority={Base}"],
        $"Auth:ClientId={ClientId}", $"Auth:ClientSecret={ClientSecret}", "Auth:Roles:Tower.Admin=Admin", "Auth:Roles:Tower.Operations=Operations", "Auth:Roles:Tower.Executive=Executive",
        "Auth:Groups:g-merch=Merchandiser", "Auth:FinanceRole=Tower.Finance",
    ];

    public static async Task<TestAuthority> StartAsync(Guid? tenant = null, bool asks = false)
    {
        var authority = new TestAuthority(tenant) { Asks = asks };
        await authority.app.StartAsync();
        authority.Base = authority.app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        return authority;
    }

    public static Dictionary<string, object> Who(string subject, string name, string email, params string[] roles) =>
        new(StringComparer.Ordinal) { ["sub"] = subject, ["name"] = name, ["email"] = email, ["roles"] = roles };

    /// <summary>Follows a browser from the tower to here and back, to where the tower sends it last.</summary>
    public async Task<string> WalkAsync(HttpClient client, string path = "/account/continue")
    {
        using var first = await client.GetAsync(new Uri(path, UriKind.Relative));
        var to = first.Headers.Location;
        while (to is { IsAbsoluteUri: true } && (to.ToString().StartsWith(Base, StringComparison.Ordinal) || to.AbsolutePath.StartsWith("/sign", StringComparison.Ordinal) && to.AbsolutePath.EndsWith("-oidc", StringComparison.Ordinal)))
        {
            using var answer = await client.GetAsync(to);
            to = answer.Headers.Location ?? throw new InvalidOperationException($"{to} answered {answer.StatusCode}: {await answer.Content.ReadAsStringAsync()}");
        }

        return to?.ToString() ?? throw new InvalidOperationException($"{path} answered {first.StatusCode}: {await first.Content.ReadAsStringAsync()}");
    }

    public string Sign(Dictionary<string, object> claims, RSA? key = null, string? kid = null) =>
        Signed(claims, "RS256", kid ?? this.kid, data => (key ?? rsa).SignData(data, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1));

    public string SignEc(Dictionary<string, object> claims) => Signed(claims, "ES256", "ec-1", data => ec.SignData(data, HashAlgorithmName.SHA256));

    /// <summary>From now on another key signs; the one before is no longer among the keys.</summary>
    public void Rotate()
    {
        rsa.Dispose();
        (rsa, kid) = (RSA.Create(2048), "rsa-" + Guid.NewGuid().ToString("N")[..8]);
    }

    /// <summary>What a token says that a program got for itself, for an API.</summary>
    public Dictionary<string, object> Program(string client, string audience)
    {
        var now = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();
        var claims = new Dictionary<string, object>(StringComparer.Ordinal) { ["iss"] = Issuer, ["aud"] = audience, ["sub"] = client, ["azp"] = client, ["iat"] = now, ["nbf"] = now, ["exp"] = now + 600 };
        if (Tenant is { } tenant)
            (claims["tid"], claims["ver"], claims["sub"], claims["oid"]) = (tenant.ToString(), "2.0", ServicePrincipal, ServicePrincipal);
        return claims;
    }

    public static string Signed(Dictionary<string, object> claims, string algorithm, string kid, Func<byte[], byte[]> sign)
    {
        var head = WebEncoders.Base64UrlEncode(JsonSerializer.SerializeToUtf8Bytes(new { alg = algorithm, kid, typ = "JWT" }));
        var body = $"{head}.{WebEncoders.Base64UrlEncode(JsonSerializer.SerializeToUtf8Bytes(claims))}";
        return $"{body}.{WebEncoders.Base64UrlEncode(sign(Encoding.ASCII.GetBytes(body)))}";
    }

    public async ValueTask DisposeAsync()
    {
        await app.DisposeAsync();
        rsa.Dispose();
        ec.Dispose();
    }

    private Dictionary<string, object> Discovery()
    {
        var found = new Dictionary<string, object>(StringComparer.Ordinal)
        {
            ["issuer"] = Issuer, ["authorization_endpoint"] = $"{Issuer}/authorize", ["token_endpoint"] = $"{Issuer}/token", ["jwks_uri"] = $"{Issuer}/keys",
            ["response_types_supported"] = Code, ["subject_types_supported"] = Public, ["id_token_signing_alg_values_supported"] = Signing,
        };
        if (Ends)
            found["end_session_endpoint"] = $"{Issuer}/end";
        return found;
    }

    private IResult AuthorizeAsync(HttpRequest request)
    {
        var asked = request.Query.ToDictionary(pair => pair.Key, pair => pair.Value.ToString(), StringComparer.Ordinal);
        LastAsked = asked;
        Assert.Equal((ClientId, "code", "S256"), (asked["client_id"], asked["response_type"], asked["code_challenge_method"]));
        if (Asks && !asked.ContainsKey("yes"))
            return Results.Content($"<!doctype html><title>Work account</title><h1>Work account</h1><a id=yes href=\"{WebUtility.HtmlEncode(request.QueryString.Value + "&yes=1")}\">Sign in as {Person["name"]}</a>", "text/html");
        var code = WebEncoders.Base64UrlEncode(RandomNumberGenerator.GetBytes(16));
        codes[code] = new Asked(asked["code_challenge"], asked["nonce"], asked["redirect_uri"]);
        return Results.Redirect(QueryHelpers.AddQueryString(asked["redirect_uri"], new Dictionary<string, string?>(StringComparer.Ordinal) { ["code"] = code, ["state"] = asked["state"] }));
    }

    private async Task<IResult> TokenAsync(HttpRequest request)
    {
        var form = await request.ReadFormAsync();
        if (form["client_secret"] != ClientSecret || !codes.TryRemove(form["code"].ToString(), out var asked) || asked.RedirectUri != form["redirect_uri"]
            || WebEncoders.Base64UrlEncode(SHA256.HashData(Encoding.ASCII.GetBytes(form["code_verifier"].ToString()))) != asked.Challenge)
            return Results.Json(new { error = "invalid_grant" }, statusCode: 400);
        var now = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();
        var claims = new Dictionary<string, object>(Person, StringComparer.Ordinal)
        {
            ["iss"] = Issuer, ["aud"] = ClientId, ["iat"] = now, ["nbf"] = now, ["exp"] = now + 600, ["nonce"] = asked.Nonce,
        };
        claims.TryAdd("auth_time", now);
        if (Tenant is { } tenant)
        {
            claims.TryAdd("tid", tenant.ToString());
            claims["ver"] = "2.0";
        }

        return Results.Json(new { id_token = (Forge ?? (say => Sign(say)))(claims), access_token = "opaque", token_type = "Bearer", expires_in = 600 });
    }

    private static Dictionary<string, string> JwkOf(RSA key, string kid)
    {
        var at = key.ExportParameters(false);
        return new(StringComparer.Ordinal) { ["kty"] = "RSA", ["use"] = "sig", ["kid"] = kid, ["n"] = WebEncoders.Base64UrlEncode(at.Modulus!), ["e"] = WebEncoders.Base64UrlEncode(at.Exponent!) };
    }

    private static Dictionary<string, string> JwkOf(ECDsa key)
    {
        var at = key.ExportParameters(false);
        return new(StringComparer.Ordinal)
        {
            ["kty"] = "EC", ["use"] = "sig", ["kid"] = "ec-1", ["crv"] = "P-256", ["x"] = WebEncoders.Base64UrlEncode(at.Q.X!), ["y"] = WebEncoders.Base64UrlEncode(at.Q.Y!),
        };
    }

    private sealed record Asked(string Challenge, string Nonce, string RedirectUri);
}
