using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace ControlTower.Simulator.BusinessCentral;

/// <summary>The identity provider's token endpoint for one ERP: client credentials in, a signed token of one vendor hour out.</summary>
public sealed class TokenIssuer(Company company, Secrets secrets)
{
    public static readonly TimeSpan Life = TimeSpan.FromSeconds(3599);
    public const string Scope = "https://api.businesscentral.dynamics.com/.default";

    private readonly byte[] key = Encoding.UTF8.GetBytes(secrets.Of(company.SystemId, "jwt"));

    public async Task HandleAsync(HttpContext context)
    {
        var form = context.Request.HasFormContentType ? await context.Request.ReadFormAsync(context.RequestAborted) : new FormCollection(null);
        var (client, secret) = (form["client_id"].ToString(), form["client_secret"].ToString());
        if (form["grant_type"] != "client_credentials") await Refuse(context, 400, "unsupported_grant_type", "AADSTS70003: The app requested an unsupported grant type.");
        else if (form["scope"] != Scope) await Refuse(context, 400, "invalid_scope", "AADSTS70011: The provided value for the input parameter 'scope' is not valid.");
        else if (client != company.ClientId) await Refuse(context, 400, "unauthorized_client", $"AADSTS700016: Application with identifier '{client}' was not found in the directory.");
        else if (!CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(secret), Encoding.UTF8.GetBytes(company.ClientSecret))) await Refuse(context, 401, "invalid_client", "AADSTS7000215: Invalid client secret provided.");
        else await context.Response.WriteAsJsonAsync(new { token_type = "Bearer", expires_in = RealSeconds, ext_expires_in = RealSeconds, access_token = Issue() }, context.RequestAborted);
    }

    /// <summary>The token's life as the client's clock sees it.</summary>
    private int RealSeconds => (int)Math.Max(1, company.Options.Scaled(Life).TotalSeconds);

    private string Issue()
    {
        var head = Base64Url.EncodeToString("{\"typ\":\"JWT\",\"alg\":\"HS256\"}"u8);
        // Whole seconds: the one that has begun counts, so that no token lasts shorter than it says.
        var expires = company.Options.Clock.GetUtcNow().AddSeconds(RealSeconds).ToUnixTimeSeconds() + 1;
        var body = Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(new { aud = "https://api.businesscentral.dynamics.com", appid = company.ClientId, exp = expires, jti = Guid.NewGuid() }));
        return $"{head}.{body}.{Sign($"{head}.{body}")}";
    }

    public bool Accepts(string? authorization)
    {
        if (authorization is null || !authorization.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase)) return false;
        var parts = authorization["Bearer ".Length..].Split('.');
        if (parts.Length != 3 || !CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(Sign($"{parts[0]}.{parts[1]}")), Encoding.ASCII.GetBytes(parts[2]))) return false;
        using var body = JsonDocument.Parse(Base64Url.DecodeFromChars(parts[1]));
        return body.RootElement.GetProperty("exp").GetInt64() > company.Options.Clock.GetUtcNow().ToUnixTimeSeconds();
    }

    private string Sign(string text) => Base64Url.EncodeToString(HMACSHA256.HashData(key, Encoding.ASCII.GetBytes(text)));

    private static Task Refuse(HttpContext context, int status, string error, string description)
    {
        context.Response.StatusCode = status;
        return context.Response.WriteAsJsonAsync(new { error, error_description = description, error_codes = new[] { int.Parse(description[6..].Split(':')[0], CultureInfo.InvariantCulture) }, correlation_id = Guid.NewGuid() }, context.RequestAborted);
    }
}
