using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using ControlTower.Data.Canonical;
using ControlTower.Sync.Connectors.Http;

namespace ControlTower.Sync.Connectors.Square;

/// <param name="Failure">Null if <paramref name="Body"/> can be read.</param>
internal readonly record struct SquareAnswer(JsonElement Body, Outcome? Failure);

/// <summary>One request to Square, and the mapping of everything but the payload.</summary>
internal sealed class SquareCall(HttpClient http, Uri baseUrl, string token, TimeProvider clock)
{
    public Task<SquareAnswer> GetAsync(string path, CancellationToken cancel) => SendAsync(HttpMethod.Get, path, null, write: false, cancel);

    /// <summary>A search: asked by POST, changes nothing.</summary>
    public Task<SquareAnswer> SearchAsync(string path, JsonObject body, CancellationToken cancel) => SendAsync(HttpMethod.Post, path, body, write: false, cancel);

    public Task<SquareAnswer> WriteAsync(HttpMethod method, string path, JsonObject body, CancellationToken cancel) => SendAsync(method, path, body, write: true, cancel);

    private async Task<SquareAnswer> SendAsync(HttpMethod method, string path, JsonObject? body, bool write, CancellationToken cancel)
    {
        var request = new HttpRequestMessage(method, new Uri(baseUrl, path));
        request.Headers.TryAddWithoutValidation("Authorization", $"Bearer {token}");
        request.Headers.TryAddWithoutValidation("Square-Version", SquareSettings.ApiVersion);
        if (body is not null)
        {
            request.Content = new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json");
        }

        var exchange = await http.SendOnceAsync(request, clock, cancel).ConfigureAwait(false);
        if ((write ? HttpOutcome.OfWrite(exchange) : HttpOutcome.OfRead(exchange)) is { } failure)
        {
            return new(default, failure);
        }

        var answer = (Exchange.Answered)exchange;
        if (!answer.IsJson || JsonReading.Parse(answer.Body) is not { ValueKind: JsonValueKind.Object } root)
        {
            return new(default, answer.IsSuccess
                ? HttpOutcome.Garbled(write, "the body is not JSON")
                : new Outcome.Refused(FailureKind.Connection, "not-square", $"Answered {(int)answer.Status} without JSON. Check the connection's address."));
        }

        return root.Items("errors") is { Count: > 0 } errors ? new(root, SquareErrors.Of(errors[0], write))
            : answer.IsSuccess ? new(root, null)
            : new(root, new Outcome.Refused(FailureKind.Value, $"http-{(int)answer.Status}", $"Square answered {(int)answer.Status}."));
    }
}
