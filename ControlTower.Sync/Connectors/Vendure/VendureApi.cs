using System.Collections.Concurrent;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using ControlTower.Data.Canonical;
using ControlTower.Sync.Connectors.Http;

namespace ControlTower.Sync.Connectors.Vendure;

/// <summary>
/// One GraphQL exchange with Vendure, through its three layers of failure: the HTTP status, top-level <c>errors</c> under HTTP 200, and business failures as union
/// members with an <c>errorCode</c> under HTTP 200 without <c>errors</c>.
/// </summary>
internal sealed class VendureApi(ConnectionProfile profile, HttpClient http, TimeProvider clock, ConcurrentDictionary<string, string> sessions)
{
    private readonly Uri address = new(new Uri(profile.Setting("baseUrl").TrimEnd('/') + "/"), "admin-api");

    private bool SignsIn => string.IsNullOrEmpty(profile.Secrets.GetValueOrDefault("apiKey"));

    /// <summary>The <c>data</c> member, or how the call ended.</summary>
    public async Task<(JsonElement Data, Outcome? Failure)> QueryAsync(string document, JsonObject variables, bool write, CancellationToken cancel)
    {
        if (SignsIn && !sessions.ContainsKey(profile.Id) && await SignInAsync(cancel).ConfigureAwait(false) is { } refused)
        {
            return (default, refused);
        }

        var (data, failure) = await ExchangeAsync(document, variables, write, cancel).ConfigureAwait(false);
        if (!SignsIn || failure is not Outcome.NotDone { Message: NotPermitted })
        {
            return (data, failure);
        }

        // An expired session and a missing right give the same answer, before the resolver runs: sign in anew once, then it is the right that is missing.
        sessions.TryRemove(profile.Id, out _);
        return await SignInAsync(cancel).ConfigureAwait(false) is { } again
            ? (default, again)
            : await ExchangeAsync(document, variables, write, cancel).ConfigureAwait(false);
    }

    private const string NotPermitted = "Vendure does not let this connection in, or it lacks a right. Check the key or the password, and the role.";

    private async Task<Outcome?> SignInAsync(CancellationToken cancel)
    {
        var variables = new JsonObject { ["username"] = profile.Setting("username"), ["password"] = profile.Secret("password") };
        using var request = Request(VendureQueries.Login, variables);
        var exchange = await http.SendOnceAsync(request, clock, cancel).ConfigureAwait(false);
        if (HttpOutcome.OfRead(exchange) is { } failure)
        {
            return failure;
        }

        if (exchange is Exchange.Answered answer && answer.Header("vendure-auth-token") is { Length: > 0 } token)
        {
            sessions[profile.Id] = token;
            return null;
        }

        return new Outcome.NotDone(FailureKind.Connection, "Vendure refused the sign-in. Check user name and password, and that its tokenMethod contains 'bearer'.");
    }

    private async Task<(JsonElement Data, Outcome? Failure)> ExchangeAsync(string document, JsonObject variables, bool write, CancellationToken cancel)
    {
        using var request = Request(document, variables);
        Authorize(request);
        var exchange = await http.SendOnceAsync(request, clock, cancel).ConfigureAwait(false);
        if ((write ? HttpOutcome.OfWrite(exchange) : HttpOutcome.OfRead(exchange)) is { } failure)
        {
            return (default, failure);
        }

        var answer = (Exchange.Answered)exchange;
        JsonElement root;
        try
        {
            using var parsed = JsonDocument.Parse(answer.Body);
            root = parsed.RootElement.Clone();
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or ArgumentException)
        {
            return (default, answer.IsSuccess
                ? HttpOutcome.Garbled(write, "it is no JSON")
                : new Outcome.Refused(FailureKind.Connection, "not-vendure", $"Answered {(int)answer.Status} without JSON. Check the connection's address."));
        }

        if (root.ValueKind == JsonValueKind.Object && root.TryGetProperty("errors", out var errors) && errors.ValueKind == JsonValueKind.Array && errors.GetArrayLength() > 0)
        {
            return (default, VendureErrors.Of(errors[0], write));
        }

        return root.ValueKind == JsonValueKind.Object && root.TryGetProperty("data", out var data) && data.ValueKind == JsonValueKind.Object
            ? (data, null)
            : (default, answer.IsSuccess
                ? HttpOutcome.Garbled(write, "it is no GraphQL answer")
                : new Outcome.Refused(FailureKind.Connection, "not-vendure", $"Answered {(int)answer.Status} without a GraphQL answer. Check the connection's address."));
    }

    private HttpRequestMessage Request(string document, JsonObject variables)
    {
        var body = new JsonObject { ["query"] = document, ["variables"] = variables.DeepClone() };
        var request = new HttpRequestMessage(HttpMethod.Post, address) { Content = new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json") };
        if (profile.Settings.GetValueOrDefault("channelToken") is { Length: > 0 } channel)
        {
            request.Headers.TryAddWithoutValidation("vendure-token", channel);
        }

        return request;
    }

    private void Authorize(HttpRequestMessage request)
    {
        if (!SignsIn)
        {
            request.Headers.TryAddWithoutValidation("vendure-api-key", profile.Secret("apiKey"));
        }
        else if (sessions.TryGetValue(profile.Id, out var token))
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        }
    }

    /// <summary>Turns a failed top-level error into an outcome; see <see cref="VendureErrors"/>.</summary>
    internal static Outcome NotLetIn() => new Outcome.NotDone(FailureKind.Connection, NotPermitted);
}
