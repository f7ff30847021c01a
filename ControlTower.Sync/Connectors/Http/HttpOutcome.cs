using System.Net;
using ControlTower.Data.Canonical;

namespace ControlTower.Sync.Connectors.Http;

/// <summary>
/// The part of the mapping from answers to outcomes that is the same for every vendor. What it leaves open (null) is the vendor's to read: 2xx bodies and
/// the 4xx that carry a business answer.
/// </summary>
public static class HttpOutcome
{
    /// <summary>For a request that changes something. Whatever leaves doubt is <see cref="Outcome.Unknown"/>.</summary>
    public static Outcome? OfWrite(Exchange exchange) => exchange switch
    {
        Exchange.NotSent(var why) => new Outcome.NotDone(FailureKind.Connection, why),
        Exchange.NoAnswer(var why) => new Outcome.Unknown(why),
        Exchange.Answered answer => Certain(answer) ?? (int)answer.Status switch
        {
            408 or >= 500 => new Outcome.Unknown($"Answered {(int)answer.Status}: it does not say whether the request was carried out."),
            _ => null,
        },
        _ => throw new ArgumentOutOfRangeException(nameof(exchange)),
    };

    /// <summary>For a request that only reads: whatever failed may be asked again. Where it says that the vendor is away, it is a matter of the connection and not of what was asked.</summary>
    public static Outcome? OfRead(Exchange exchange) => exchange switch
    {
        Exchange.NotSent(var why) => new Outcome.NotDone(FailureKind.Connection, why),
        Exchange.NoAnswer(var why) no => new Outcome.NotDone(no.TooLarge ? FailureKind.Intermittent : FailureKind.Connection, why),
        Exchange.Answered answer => Certain(answer) ?? (int)answer.Status switch
        {
            408 or 502 or 504 => new Outcome.NotDone(FailureKind.Connection, $"Answered {(int)answer.Status}: it is not there just now.", answer.RetryAfter),
            >= 500 => new Outcome.NotDone(FailureKind.Intermittent, $"Answered {(int)answer.Status}.", answer.RetryAfter),
            _ => null,
        },
        _ => throw new ArgumentOutOfRangeException(nameof(exchange)),
    };

    /// <summary>A 2xx whose body cannot be read. After a write nobody knows what happened; a read may be asked again.</summary>
    public static Outcome Garbled(bool write, string what) => write
        ? new Outcome.Unknown($"Answered with success, but {what}.")
        : new Outcome.NotDone(FailureKind.Intermittent, $"Answered with success, but {what}.");

    /// <summary>Turns the outcome of a failed read into the answer of a look-up that could not decide.</summary>
    public static LookUp.Undecided Undecided(Outcome outcome) => outcome switch
    {
        Outcome.NotDone(var kind, var message, var after) => new(kind, message, after),
        Outcome.Refused refused => new(refused.Kind, refused.Message),
        Outcome.Unknown(var message) => new(FailureKind.UnknownOutcome, message),
        _ => throw new ArgumentOutOfRangeException(nameof(outcome), "An accepted outcome decides."),
    };

    private static Outcome? Certain(Exchange.Answered answer) => answer.Status switch
    {
        HttpStatusCode.TooManyRequests => new Outcome.NotDone(FailureKind.RateLimit, "The vendor's limit is reached.", answer.RetryAfter),
        HttpStatusCode.ServiceUnavailable => new Outcome.NotDone(FailureKind.Connection, "The service is unavailable.", answer.RetryAfter),
        // Credentials concern every call alike: waiting flows are better than one case for each of them.
        HttpStatusCode.Unauthorized => new Outcome.NotDone(FailureKind.Connection, "The credentials were not accepted. Check the connection's secrets."),
        HttpStatusCode.Forbidden => new Outcome.Refused(FailureKind.Connection, "forbidden", "The credentials lack the right to do this. Check the connection's rights."),
        HttpStatusCode.RequestEntityTooLarge => new Outcome.Refused(FailureKind.TooLarge, "too-large", "The request is larger than the vendor accepts."),
        >= HttpStatusCode.Ambiguous and < HttpStatusCode.BadRequest =>
            new Outcome.Refused(FailureKind.Connection, "redirected", $"Answered {(int)answer.Status}, a redirect. Check the connection's address."),
        _ => null,
    };
}
