using System.Text.Json;
using ControlTower.Data.Canonical;
using ControlTower.Sync.Connectors.Http;

namespace ControlTower.Sync.Connectors.Square;

/// <summary>Square's words for failure, <c>{category, code, detail, field}</c>, as outcomes.</summary>
internal static class SquareErrors
{
    public static Outcome Of(JsonElement error, bool write)
    {
        var code = VendorText.Plain(error.Text("code"), 100) ?? "no-code";
        var detail = VendorText.Plain(error.Text("detail"), 300) ?? $"Square says {code}.";
        var field = VendorText.Plain(error.Text("field"), 100);
        return error.Text("category") switch
        {
            "RATE_LIMIT_ERROR" => new Outcome.NotDone(FailureKind.RateLimit, "The vendor's limit is reached."),
            // Credentials concern every call alike: waiting flows are better than one case for each of them.
            "AUTHENTICATION_ERROR" => new Outcome.NotDone(FailureKind.Connection, $"Square does not let this connection in ({code}). Check the access token and its rights."),
            "INVALID_REQUEST_ERROR" => new Outcome.Refused(Kind(code), code, detail, field),
            "API_ERROR" => HttpOutcome.Garbled(write, $"with the error {code}"),
            _ => new Outcome.Refused(FailureKind.Refused, code, detail, field),
        };
    }

    private static FailureKind Kind(string code) => code switch
    {
        "NOT_FOUND" => FailureKind.Missing,
        "IDEMPOTENCY_KEY_REUSED" => FailureKind.Duplicate,
        "REQUEST_ENTITY_TOO_LARGE" or "ARRAY_LENGTH_TOO_LONG" => FailureKind.TooLarge,
        _ => FailureKind.Value,
    };
}
