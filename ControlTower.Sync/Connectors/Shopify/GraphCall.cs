using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using ControlTower.Data.Canonical;
using ControlTower.Sync.Connectors.Http;

namespace ControlTower.Sync.Connectors.Shopify;

/// <param name="Failure">Null if <paramref name="Data"/> can be read.</param>
internal readonly record struct GraphAnswer(JsonElement Data, Outcome? Failure);

/// <summary>One request to the Admin API, and the mapping of everything but the payload: transport, status, throttling, errors of the document as a whole.</summary>
internal sealed class GraphCall(HttpClient http, Uri endpoint, string token, TimeProvider clock)
{
    public Task<GraphAnswer> ReadAsync(string document, JsonObject? variables, CallScope scope, CancellationToken cancel)
        => SendAsync(document, variables, write: false, scope, cancel);

    public Task<GraphAnswer> WriteAsync(string document, JsonObject variables, CallScope scope, CancellationToken cancel)
        => SendAsync(document, variables, write: true, scope, cancel);

    private async Task<GraphAnswer> SendAsync(string document, JsonObject? variables, bool write, CallScope scope, CancellationToken cancel)
    {
        var body = new JsonObject { ["query"] = document };
        if (variables is not null)
        {
            body["variables"] = variables;
        }

        var request = new HttpRequestMessage(HttpMethod.Post, endpoint)
        {
            Content = new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json"),
        };
        request.Headers.TryAddWithoutValidation("X-Shopify-Access-Token", token);
        var exchange = await http.SendOnceAsync(request, clock, cancel).ConfigureAwait(false);
        var failure = (write ? HttpOutcome.OfWrite(exchange) : HttpOutcome.OfRead(exchange)) ?? OfStatus((Exchange.Answered)exchange);
        if (failure is not null)
        {
            return new(default, failure);
        }

        var answer = (Exchange.Answered)exchange;
        if (!answer.IsJson || JsonReading.Parse(answer.Body) is not { ValueKind: JsonValueKind.Object } root)
        {
            return new(default, HttpOutcome.Garbled(write, "the body is not JSON"));
        }

        Charge(root, scope);
        if (root.Items("errors") is { Count: > 0 } errors)
        {
            return new(default, OfErrors(errors, root, write));
        }

        return root.At("data") is { ValueKind: JsonValueKind.Object } data
            ? new(data, null)
            : new(default, HttpOutcome.Garbled(write, "the body has no data"));
    }

    private static Outcome? OfStatus(Exchange.Answered answer) => (int)answer.Status switch
    {
        >= 200 and < 300 => null,
        (int)HttpStatusCode.NotFound => new Outcome.Refused(FailureKind.Connection, "no-such-shop", "There is no such shop or API version at this address."),
        (int)HttpStatusCode.PaymentRequired or 423 => new Outcome.NotDone(FailureKind.Connection, "The shop is frozen or locked by Shopify."),
        var status => new Outcome.Refused(FailureKind.Value, $"http-{status}", $"Shopify answered {status}."),
    };

    private static void Charge(JsonElement root, CallScope scope)
    {
        if (root.At("extensions", "cost") is { } cost && cost.Amount("throttleStatus", "currentlyAvailable") is { } available
            && cost.Amount("throttleStatus", "restoreRate") is { } rate && cost.Amount("throttleStatus", "maximumAvailable") is { } capacity)
        {
            // A throttled request costs nothing: its actual cost is null.
            scope.Charged((double)(cost.Amount("actualQueryCost") ?? 0), (double)available, (double)rate, (double)capacity);
        }
    }

    private static Outcome OfErrors(IReadOnlyList<JsonElement> errors, JsonElement root, bool write)
    {
        var first = errors.FirstOrDefault(e => e.Text("extensions", "code") is not null, errors[0]);
        var code = first.Text("extensions", "code");
        var message = VendorText.Plain(first.Text("message"), 500) ?? "Shopify reported an error without a message.";
        return code switch
        {
            "THROTTLED" => new Outcome.NotDone(FailureKind.RateLimit, "The shop's cost budget is used up.", Wait(root)),
            "ACCESS_DENIED" => new Outcome.Refused(FailureKind.Connection, code, message),
            "SHOP_INACTIVE" => new Outcome.NotDone(FailureKind.Connection, "The shop is inactive."),
            "MAX_COST_EXCEEDED" => new Outcome.Refused(FailureKind.TooLarge, code, message),
            "INTERNAL_SERVER_ERROR" or "TIMEOUT" => write
                ? new Outcome.Unknown("Shopify failed internally while it worked on the request.")
                : new Outcome.NotDone(FailureKind.Intermittent, "Shopify failed internally."),
            // The document was refused as a whole, before anything ran: there is no data, not even an empty one.
            _ when root.At("data") is null => new Outcome.Refused(FailureKind.Value, code ?? "invalid-document", message),
            _ => write
                ? new Outcome.Unknown($"Shopify carried out part of the request: {message}")
                : new Outcome.NotDone(FailureKind.Intermittent, message),
        };
    }

    // Stated by the vendor: (requested - available) / restore rate.
    private static TimeSpan Wait(JsonElement root)
    {
        var cost = root.At("extensions", "cost");
        var requested = cost?.Amount("requestedQueryCost");
        var available = cost?.Amount("throttleStatus", "currentlyAvailable");
        var rate = cost?.Amount("throttleStatus", "restoreRate");
        return requested is { } need && available is { } have && rate is > 0
            ? TimeSpan.FromSeconds((double)Math.Clamp((need - have) / rate.Value, 0, 60))
            : TimeSpan.FromSeconds(1);
    }
}
