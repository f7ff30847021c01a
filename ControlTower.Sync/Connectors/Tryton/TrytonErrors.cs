using System.Text.Json;
using ControlTower.Data.Canonical;

namespace ControlTower.Sync.Connectors.Tryton;

/// <summary>
/// Tryton's own words for failure, as outcomes. Each call is one transaction on the server and an error rolls it back, so an error is never an unknown outcome.
/// We sign in as an English speaker; the words below are from Tryton 6.0's message catalogue.
/// </summary>
internal static class TrytonErrors
{
    private static readonly string[] Contended = ["could not obtain lock", "could not serialize", "deadlock detected", "statement timeout", "lock timeout"];

    /// <param name="error">The <c>error</c> member: <c>[type, [message, description, …]]</c>, or <c>[text of a server exception, trace]</c>.</param>
    public static Outcome Of(JsonElement error)
    {
        var type = error.ValueKind == JsonValueKind.Array && error.GetArrayLength() > 0 && error[0].ValueKind == JsonValueKind.String
            ? error[0].GetString()!
            : error.ValueKind == JsonValueKind.String ? error.GetString()! : "unreadable error";
        var message = Cut(error.ValueKind == JsonValueKind.Array && error.GetArrayLength() > 1 ? Message(error[1]) ?? type : type);
        return type switch
        {
            "UserError" => OfUser(message),
            "UserWarning" => new Outcome.Refused(FailureKind.Refused, "warning", $"Tryton asks for confirmation: {message}"),
            "ConcurrencyException" => new Outcome.NotDone(FailureKind.Intermittent, "Somebody else changed the record at the same time."),
            "LoginException" => new Outcome.NotDone(FailureKind.Connection, "Tryton refused the sign-in. Check user and password."),
            _ when Contended.Any(c => type.Contains(c, StringComparison.OrdinalIgnoreCase))
                => new Outcome.NotDone(FailureKind.Intermittent, "Tryton's database was busy with the same record."),
            _ => new Outcome.NotDone(FailureKind.Intermittent, $"Tryton failed: {Cut(type)}"),
        };
    }

    public static bool IsDuplicateKey(Outcome outcome) => outcome is Outcome.Refused { Kind: FailureKind.Duplicate };

    private static Outcome OfUser(string message)
        // The first two entries of a journal in a new month both open its period: the loser finds it open.
        => Has(message, "only one journal per period") ? new Outcome.NotDone(FailureKind.Intermittent, "Somebody else opened the journal's period at the same time.")
            : OfRefusal(message);

    private static Outcome.Refused OfRefusal(string message)
        => Has(message, "must be unique") || Has(message, "already used") ? new(FailureKind.Duplicate, "not-unique", message)
            : Has(message, "period") || Has(message, "fiscal year") ? new(FailureKind.Refused, "closed-period", message)
            : Has(message, "not valid") || Has(message, "is required") || Has(message, "exceeds the limit") || Has(message, "does not exist") ? new(FailureKind.Value, "value", message)
            : Has(message, "not allowed") || Has(message, "access") ? new(FailureKind.Connection, "access", message)
            : new(FailureKind.Refused, "user-error", message);

    private static bool Has(string message, string words) => message.Contains(words, StringComparison.OrdinalIgnoreCase);

    private static string? Message(JsonElement detail) => detail.ValueKind switch
    {
        JsonValueKind.String when detail.GetString() is { Length: > 0 } text => text,
        JsonValueKind.Array => string.Join(' ', detail.EnumerateArray().Where(p => p.ValueKind == JsonValueKind.String).Select(p => p.GetString()).Where(p => !string.IsNullOrEmpty(p))),
        _ => null,
    };

    private static string Cut(string text) => text.Length <= 300 ? text : text[..300];
}
