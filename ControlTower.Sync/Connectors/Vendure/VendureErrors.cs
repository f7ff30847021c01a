using System.Text.Json;
using ControlTower.Data.Canonical;
using ControlTower.Sync.Connectors.Http;

namespace ControlTower.Sync.Connectors.Vendure;

/// <summary>Vendure's own words for failure, as failure kinds.</summary>
internal static class VendureErrors
{
    /// <summary>A top-level error, by <c>extensions.code</c>.</summary>
    public static Outcome Of(JsonElement error, bool write)
    {
        var code = Text(error, "extensions", "code");
        var message = Cut(Text(error, "message") ?? "no message");
        return code switch
        {
            // Vendure decides about rights before it does anything.
            "FORBIDDEN" or "UNAUTHORIZED" => VendureApi.NotLetIn(),
            "GRAPHQL_VALIDATION_FAILED" or "GRAPHQL_PARSE_FAILED" => new Outcome.Refused(
                FailureKind.Value, "schema", $"This Vendure does not understand the request: {message}"),
            "BAD_USER_INPUT" or "USER_INPUT_ERROR" => new Outcome.Refused(FailureKind.Value, "user-input", message),
            "ENTITY_NOT_FOUND" => new Outcome.Refused(FailureKind.Missing, "not-found", message),
            "CHANNEL_NOT_FOUND" => new Outcome.Refused(FailureKind.Connection, "channel", "There is no channel with this token. Check 'channelToken'."),
            "ILLEGAL_OPERATION" => new Outcome.Refused(FailureKind.Refused, "illegal-operation", message),
            _ => HttpOutcome.Garbled(write, $"with the error {Cut(code ?? "without a code")}"),
        };
    }

    /// <summary>A business failure: a union member that carries an <c>errorCode</c>. Null if it is none.</summary>
    public static Outcome.Refused? OfUnion(JsonElement member)
    {
        if (Text(member, "errorCode") is not { } code)
        {
            return null;
        }

        var detail = Text(member, "fulfillmentHandlerError") ?? Text(member, "transitionError");
        var kind = code switch
        {
            "INSUFFICIENT_STOCK_ON_HAND_ERROR" or "INVALID_FULFILLMENT_HANDLER_ERROR" => FailureKind.Missing,
            "EMPTY_ORDER_LINE_SELECTION_ERROR" => FailureKind.Value,
            _ => FailureKind.Refused,
        };
        return new Outcome.Refused(kind, Cut(code), Cut(detail ?? Text(member, "message") ?? code));
    }

    public static string? Text(JsonElement element, params ReadOnlySpan<string> path) => JsonReading.Text(element, path);

    private static string Cut(string text) => text.Length <= 300 ? text : text[..300];
}
