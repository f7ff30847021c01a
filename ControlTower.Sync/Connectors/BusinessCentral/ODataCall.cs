using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using ControlTower.Data.Canonical;
using ControlTower.Sync.Connectors.Http;

namespace ControlTower.Sync.Connectors.BusinessCentral;

/// <param name="Failure">Null if the call succeeded.</param>
internal readonly record struct ODataAnswer(JsonElement Body, Outcome? Failure)
{
    /// <summary>The resource that was asked for is not there.</summary>
    public bool IsAbsent => Failure is Outcome.Refused { Kind: FailureKind.Missing };

    /// <summary>The first of a list; null if it is empty.</summary>
    public JsonElement? First => Body.ValueKind == JsonValueKind.Object && Body.Items("value") is [var first, ..] ? first : null;

    /// <summary>For If-Match. Without one any version is meant.</summary>
    public string Tag => Body.ValueKind == JsonValueKind.Object ? Body.Text("@odata.etag") ?? "*" : "*";
}

/// <summary>One request to the API, authorised, and the mapping of its answer.</summary>
internal sealed class ODataCall(BusinessCentralSettings settings, AccessTokens tokens, HttpClient http, TimeProvider clock)
{
    /// <param name="path">Below the company, or absolute below the API's root.</param>
    public Task<ODataAnswer> ReadAsync(string path, CancellationToken cancel, int? pageSize = null)
        => SendAsync(HttpMethod.Get, new Uri(settings.Company, path), null, null, pageSize, cancel);

    public Task<ODataAnswer> ReadAsync(Uri address, CancellationToken cancel, int? pageSize = null)
        => SendAsync(HttpMethod.Get, address, null, null, pageSize, cancel);

    public Task<ODataAnswer> PostAsync(string path, JsonObject? body, CancellationToken cancel)
        => SendAsync(HttpMethod.Post, new Uri(settings.Company, path), body, null, null, cancel);

    public Task<ODataAnswer> PatchAsync(string path, JsonObject body, string tag, CancellationToken cancel)
        => SendAsync(HttpMethod.Patch, new Uri(settings.Company, path), body, tag, null, cancel);

    public Task<ODataAnswer> DeleteAsync(string path, string tag, CancellationToken cancel)
        => SendAsync(HttpMethod.Delete, new Uri(settings.Company, path), null, tag, null, cancel);

    private async Task<ODataAnswer> SendAsync(HttpMethod method, Uri address, JsonObject? body, string? tag, int? pageSize, CancellationToken cancel)
    {
        var (token, failure) = await tokens.GetAsync(null, cancel).ConfigureAwait(false);
        if (token is null)
        {
            return new(default, failure);
        }

        var exchange = await OnceAsync(method, address, body, tag, pageSize, token, cancel).ConfigureAwait(false);
        if (exchange is Exchange.Answered { Status: HttpStatusCode.Unauthorized })
        {
            // Refused at the door, so nothing was done: a token may have been revoked before its time. Once, with a fresh one.
            (token, failure) = await tokens.GetAsync(token, cancel).ConfigureAwait(false);
            if (token is null)
            {
                return new(default, failure);
            }

            exchange = await OnceAsync(method, address, body, tag, pageSize, token, cancel).ConfigureAwait(false);
        }

        return Map(exchange, write: method != HttpMethod.Get);
    }

    private Task<Exchange> OnceAsync(HttpMethod method, Uri address, JsonObject? body, string? tag, int? pageSize, string token, CancellationToken cancel)
    {
        var request = new HttpRequestMessage(method, address);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
        if (method == HttpMethod.Get)
        {
            request.Headers.TryAddWithoutValidation("Data-Access-Intent", "ReadOnly");
        }

        if (tag is not null)
        {
            request.Headers.TryAddWithoutValidation("If-Match", tag);
        }

        if (pageSize is { } size)
        {
            request.Headers.TryAddWithoutValidation("Prefer", $"odata.maxpagesize={size.ToString(System.Globalization.CultureInfo.InvariantCulture)}");
        }

        if (body is not null)
        {
            request.Content = new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json");
        }

        return http.SendOnceAsync(request, clock, cancel);
    }

    private static ODataAnswer Map(Exchange exchange, bool write)
    {
        if ((write ? HttpOutcome.OfWrite(exchange) : HttpOutcome.OfRead(exchange)) is { } failure)
        {
            return new(default, failure);
        }

        var answer = (Exchange.Answered)exchange;
        return !answer.IsSuccess ? new(default, BusinessFault.Of(answer))
            : answer.Status == HttpStatusCode.NoContent ? new(default, null)
            : answer.IsJson && JsonReading.Parse(answer.Body) is { ValueKind: JsonValueKind.Object } body ? new(body, null)
            : new(default, HttpOutcome.Garbled(write, "the body is not JSON"));
    }
}
