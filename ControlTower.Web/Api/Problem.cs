namespace ControlTower.Web.Api;

/// <summary>One field at fault: a JSON pointer, a stable code, and what to do.</summary>
public sealed record FieldError(string Pointer, string Code, string Message);

/// <summary>
/// An error as callers get it (RFC 9457). <paramref name="Slug"/> is stable; <paramref name="Detail"/> says what is wrong and what to do.
/// <paramref name="Retryable"/>: the same request may work later.
/// </summary>
public sealed record Problem(string Slug, string Title, int Status, string Detail, bool Retryable = false, IReadOnlyList<FieldError>? Errors = null, int? RetryAfterSeconds = null)
{
    public static readonly Problem SignInNeeded = new("sign-in-needed", "Sign in first", 401, "This needs a session. Sign in and send the request again.");
    public static readonly Problem NotAllowed = new("not-allowed", "Not allowed", 403, "Your role does not include this. Ask an admin for the permission.");
    public static readonly Problem NotFound = new("not-found", "Not found", 404, "There is nothing here. Check the address.");
    public static readonly Problem MethodNotAllowed = new("method-not-allowed", "Method not allowed", 405, "This address does not take that method. See the Allow header.");
    public static readonly Problem TooLarge = new("too-large", "Too large", 413, "The body is larger than this address takes. Send less at once.");
    public static readonly Problem TooMany = new("too-many-requests", "Too many requests", 429, "Wait, then send it again.", Retryable: true, RetryAfterSeconds: 5);
    public static readonly Problem BadRequest = new("bad-request", "Bad request", 400, "The request could not be read. Check its form and encoding.");
    public static readonly Problem Unavailable = new("unavailable", "Not available now", 503, "The database gives no answer. If this was to change something, it is not certain whether it did: send the same again, with the same key if it has one.", Retryable: true, RetryAfterSeconds: 5);
    public static readonly Problem Broken = new("internal", "Something went wrong", 500, "This is our fault. Quote the correlation id when you report it.", Retryable: true);

    /// <summary>The general problem of a status code.</summary>
    public static Problem Of(int status) => status switch
    {
        401 => SignInNeeded,
        403 => NotAllowed,
        404 => NotFound,
        405 => MethodNotAllowed,
        408 => new("too-slow", "Too slow", 408, "The request took too long to arrive. Send it again.", Retryable: true),
        413 => TooLarge,
        415 => new("unsupported-media-type", "Unsupported media type", 415, "Send application/json, encoded in UTF-8."),
        429 => TooMany,
        431 => new("headers-too-large", "Headers too large", 431, "Send fewer or shorter headers."),
        503 => Unavailable,
        >= 500 => Broken with { Status = status },
        _ => BadRequest with { Status = status },
    };
}
