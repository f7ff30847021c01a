using System.Text.Json;
using ControlTower.Data.Canonical;
using ControlTower.Sync.Connectors.Http;

namespace ControlTower.Sync.Connectors.Stripe;

/// <param name="Failure">Null if <paramref name="Body"/> can be read.</param>
internal readonly record struct StripeAnswer(JsonElement Body, Outcome? Failure);

/// <summary>One page of a list.</summary>
/// <param name="After">The id after which the next page begins; null if this is the last.</param>
internal readonly record struct StripePage(IReadOnlyList<JsonElement> Items, string? After, Outcome? Failure);

/// <summary>One read from Stripe, and the mapping of everything but the payload.</summary>
internal sealed class StripeCall(HttpClient http, Uri baseUrl, string key, TimeProvider clock)
{
    public async Task<StripeAnswer> GetAsync(string path, CancellationToken cancel)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, new Uri(baseUrl, path));
        request.Headers.TryAddWithoutValidation("Authorization", $"Bearer {key}");
        request.Headers.TryAddWithoutValidation("Stripe-Version", StripeSettings.ApiVersion);
        var exchange = await http.SendOnceAsync(request, clock, cancel).ConfigureAwait(false);
        if (HttpOutcome.OfRead(exchange) is { } failure)
        {
            return new(default, failure);
        }

        var answer = (Exchange.Answered)exchange;
        if (!answer.IsJson || JsonReading.Parse(answer.Body) is not { ValueKind: JsonValueKind.Object } root)
        {
            return new(default, answer.IsSuccess
                ? HttpOutcome.Garbled(write: false, "the body is not JSON")
                : new Outcome.Refused(FailureKind.Connection, "not-stripe", $"Answered {(int)answer.Status} without JSON. Check the connection's address."));
        }

        return answer.IsSuccess ? new(root, null) : new(root, Refusal(root, (int)answer.Status));
    }

    /// <summary>A page of a list; <paramref name="after"/> is where the page before ended.</summary>
    public async Task<StripePage> ListAsync(string path, string? after, CancellationToken cancel)
    {
        var (body, failure) = await GetAsync(after is null ? path : $"{path}&starting_after={Uri.EscapeDataString(after)}", cancel).ConfigureAwait(false);
        if (failure is not null)
        {
            return new([], null, failure);
        }

        var items = body.Items("data");
        if (body.Flag("has_more") is not { } more || (more && (items.Count == 0 || !StripeId.IsOne(items[^1].Text("id")))))
        {
            return new([], null, HttpOutcome.Garbled(write: false, "it is no list of Stripe's"));
        }

        return new(items, more ? items[^1].Text("id") : null, null);
    }

    private static Outcome.Refused Refusal(JsonElement root, int status)
    {
        var code = VendorText.Plain(root.Text("error", "code") ?? root.Text("error", "type"), 100) ?? $"http-{status}";
        var message = VendorText.Plain(root.Text("error", "message"), 300) ?? $"Stripe answered {status}.";
        return new(code == "resource_missing" || status == 404 ? FailureKind.Missing : FailureKind.Value, code, message, VendorText.Plain(root.Text("error", "param"), 100));
    }
}
