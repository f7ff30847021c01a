using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using ControlTower.Data.ApiClients;

namespace ControlTower.Web.Api;

/// <summary>Reads what programs send to the governed API: strict, and every fault names its field.</summary>
internal static class ApiRequest
{
    private const int LongestKey = 200;

    private static readonly Problem NoBody = Problem.BadRequest with { Slug = "no-body", Title = "No body", Detail = "Send a JSON object as the body." };

    /// <summary>Where a key is needed.</summary>
    public static readonly Problem NoKey = Problem.BadRequest with
    {
        Slug = "idempotency-key-needed",
        Title = "An Idempotency-Key is needed",
        Detail = $"Send the header Idempotency-Key, 1 to {LongestKey} printable ASCII characters, new for each wish and the same when you repeat it.",
    };

    /// <summary>A key that was used for something else.</summary>
    public static readonly Problem Reused = new("idempotency-key-reused", "The key stands for another wish", 422, "This Idempotency-Key was used with another body. Nothing was done. Take a new key for a new wish.");

    /// <summary>The same key of the same client is the same id, on whichever node it arrives: what is made under it is made once.</summary>
    public static Guid IdOf(ApiCaller caller, string key)
    {
        var id = SHA256.HashData(Encoding.UTF8.GetBytes($"{caller.Id:N}\n{key}")).AsSpan(0, 16);
        id[6] = (byte)((id[6] & 0x0f) | 0x80);
        id[8] = (byte)((id[8] & 0x3f) | 0x80);
        return new Guid(id, bigEndian: true);
    }

    /// <summary>A request that was understood but cannot be carried out as it stands.</summary>
    public static Problem Invalid(IReadOnlyList<FieldError> errors) => new("invalid", "The request has faults", 400, "Nothing was done. See errors for each field.", Errors: errors);

    /// <summary>The body, or what is wrong with it: a member that is unknown, doubled, missing or of another type is refused with its place.</summary>
    public static async Task<(T? Value, Problem? Wrong)> BodyAsync<T>(HttpContext http, JsonTypeInfo<T> type)
        where T : class
    {
        if (!http.Request.HasJsonContentType())
            return (null, Problem.Of(StatusCodes.Status415UnsupportedMediaType));
        try
        {
            return await JsonSerializer.DeserializeAsync(http.Request.Body, type, http.RequestAborted) is { } value ? (value, null) : (null, NoBody);
        }
        catch (JsonException fault)
        {
            return (null, Invalid([new FieldError(Pointer(fault.Path), "unreadable", Reason(fault))]));
        }
        // Bytes that are no UTF-8 come to light as this.
        catch (InvalidOperationException)
        {
            return (null, Problem.BadRequest with { Detail = "The body is not JSON in UTF-8." });
        }
    }

    /// <summary>The key under which the caller may repeat the request.</summary>
    public static (string? Key, Problem? Wrong) IdempotencyKey(HttpContext http)
    {
        var values = http.Request.Headers["Idempotency-Key"];
        return values is [{ Length: > 0 and <= LongestKey } key] && key.All(c => c is > ' ' and <= '~') ? (key, null) : (null, NoKey);
    }

    /// <summary>Parameters of the query that this address does not know, so that a misspelt one is not silently without effect.</summary>
    public static IEnumerable<FieldError> Unknown(HttpContext http, params ReadOnlySpan<string> known)
    {
        var errors = new List<FieldError>();
        foreach (var name in http.Request.Query.Keys)
        {
            if (!known.Contains(name))
                errors.Add(new FieldError($"?{Problems.Cut(name)}", "unknown-parameter", $"This address takes {string.Join(", ", known!)}."));
        }

        return errors;
    }

    /// <summary>Text of a caller: 1 to <paramref name="most"/> characters without control characters and without blanks at its ends, which nobody sees.</summary>
    public static bool IsText(string? text, int most) =>
        text is { Length: > 0 } && text.Length <= most && !text.Any(char.IsControl) && IsWhole(text) && !char.IsWhiteSpace(text[0]) && !char.IsWhiteSpace(text[^1]);

    // No half of a character that is made of two.
    private static bool IsWhole(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (char.IsSurrogate(text[i]) && !(i + 1 < text.Length && char.IsSurrogatePair(text[i], text[++i])))
                return false;
        }

        return true;
    }

    /// <summary>A member of a list that is null: the library lets it pass.</summary>
    public static FieldError Null(string pointer) => new(pointer, "unreadable", "This must not be null.");

    // The library's words name types of ours; what is wrong is said without them.
    private static string Reason(JsonException fault) =>
        fault.Message.Contains("could not be mapped", StringComparison.Ordinal) ? "This member is unknown here. Check its spelling."
        : fault.Message.Contains("uplicate", StringComparison.Ordinal) ? "This member is there twice."
        : fault.Message.Contains("null", StringComparison.Ordinal) ? "This must not be null."
        : fault.Message.Contains("depth", StringComparison.Ordinal) ? "This is nested too deep."
        : fault.Message.Contains("missing required", StringComparison.Ordinal) ? "A member is missing here. See the documentation for what must be there."
        : fault.Message.Contains("could not be converted", StringComparison.Ordinal) ? "This is of another type than expected, or not one of the words that it may be."
        : "This is not JSON, or ends too early.";

    // "$.lines[0].sku" as "/lines/0/sku".
    private static string Pointer(string? path) => path is null or "$" ? "" : Problems.Cut(path.TrimStart('$').Replace("[", ".", StringComparison.Ordinal).Replace("]", "", StringComparison.Ordinal).Replace('.', '/'));
}
