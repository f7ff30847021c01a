using ControlTower.Data.Canonical;
using ControlTower.Data.Outbox;
using ControlTower.Sync.Connectors;

namespace ControlTower.Sync.Gateway;

/// <summary>
/// Decides about deliveries; has no clock, store or luck of its own. What may have happened is looked up before anything is sent again; "absent" counts only after the target's
/// longest processing time. A target that is away uses up nothing and holds nothing: attempts and look-ups count only while the trouble is this delivery's own.
/// </summary>
public static class DeliveryRules
{
    /// <summary>Attempts that failed while the target served others, before a person is asked.</summary>
    public const int MaxAttempts = 10;

    // Beyond this many processing times, a look-up that cannot decide will not decide by itself.
    private const int UndecidedFor = 3;

    // Nor after fewer look-ups than this: an outage uses up the time, but no look-ups.
    private const int UndecidedLookUps = 10;

    /// <param name="repeatable">Sending it again can never double its effect.</param>
    public static DeliveryStep First(ClaimedDelivery claim, bool repeatable) =>
        claim.Before == DeliveryState.Ready ? new DeliveryStep.Send() : repeatable ? Again(claim, absent: false) : new DeliveryStep.Ask();

    /// <param name="own">The trouble, if there was any, is this delivery's own.</param>
    /// <param name="chance">A random number from 0 to 1.</param>
    public static DeliveryStep AfterSending(ClaimedDelivery claim, Outcome outcome, bool own, double chance) => outcome switch
    {
        Outcome.Accepted accepted when claim.Lane == DeliveryLane.Replay => new DeliveryStep.ReadBack(accepted),
        Outcome.Accepted accepted => new DeliveryStep.Accept(accepted),
        Outcome.Refused refused => new DeliveryStep.Refuse(refused),
        Outcome.Unknown unknown => new DeliveryStep.Suspect(Backoff.OfLookUp(0), unknown.Message, Counts: own),
        Outcome.NotDone away when !own =>
            new DeliveryStep.Postpone(Backoff.WhileAway(away.RetryAfter), away.Kind, away.Message, Counts: false, Defer: away.Kind != FailureKind.RateLimit),
        Outcome.NotDone failed when claim.Attempts >= MaxAttempts => new DeliveryStep.Hold(failed.Kind, "out-of-attempts", failed.Message, PerhapsDone: false),
        Outcome.NotDone failed =>
            new DeliveryStep.Postpone(Backoff.After(claim.Attempts, failed.RetryAfter, chance), failed.Kind, failed.Message, Counts: true, Defer: false),
        _ => throw new InvalidOperationException($"Unknown outcome {outcome.GetType().Name}."),
    };

    /// <summary>What was repaired counts only as it stands in the target. What it says it took but does not show is of unknown outcome, and looked up until it shows. The flow compares what was read with what was meant.</summary>
    public static DeliveryStep AfterReadingBack(Outcome.Accepted said, LookUp read) => read switch
    {
        LookUp.Found found => new DeliveryStep.Accept(said with { Number = said.Number ?? found.As.Number, Facts = Joined(said.Facts, found.As.Facts) }),
        LookUp.Absent => new DeliveryStep.Suspect(Backoff.OfLookUp(0), "Accepted, but not there when it was read back.", Counts: true),
        LookUp.Undecided u => new DeliveryStep.Suspect(Backoff.OfLookUp(0), $"Accepted, but it could not be read back: {u.Message}", Counts: true),
        _ => throw new InvalidOperationException($"Unknown answer {read.GetType().Name}."),
    };

    /// <param name="patience">The target's longest processing time.</param>
    /// <param name="own">The trouble, if there was any, is this delivery's own.</param>
    public static DeliveryStep AfterAsking(ClaimedDelivery claim, LookUp answer, TimeSpan patience, bool own)
    {
        var sentFor = claim.DatabaseNow - (claim.LastSentAt ?? claim.CreatedAt);
        return answer switch
        {
            LookUp.Found found => new DeliveryStep.Accept(found.As),
            LookUp.Absent when sentFor >= patience => Again(claim, absent: true),
            LookUp.Absent => new DeliveryStep.AskAgain(Least(Backoff.OfLookUp(claim.LookUps), patience - sentFor), "Not there yet; it may still come.", Counts: true),
            LookUp.Undecided away when !own => new DeliveryStep.AskAgain(Backoff.WhileAway(away.RetryAfter), away.Message, Counts: false),
            LookUp.Undecided u when sentFor > patience * UndecidedFor && claim.LookUps >= UndecidedLookUps =>
                new DeliveryStep.Hold(FailureKind.UnknownOutcome, "undecided", u.Message, PerhapsDone: true),
            LookUp.Undecided u => new DeliveryStep.AskAgain(Most(Backoff.OfLookUp(claim.LookUps), u.RetryAfter ?? TimeSpan.Zero), u.Message, Counts: true),
            _ => throw new InvalidOperationException($"Unknown answer {answer.GetType().Name}."),
        };
    }

    /// <summary>What kind of trouble there was; null if the target decided.</summary>
    public static FailureKind? TroubleOf(Outcome outcome) => outcome switch
    {
        Outcome.Unknown => FailureKind.UnknownOutcome,
        Outcome.NotDone failed => failed.Kind,
        _ => null,
    };

    private static DeliveryStep Again(ClaimedDelivery claim, bool absent) => claim.Attempts >= MaxAttempts
        ? new DeliveryStep.Hold(FailureKind.UnknownOutcome, "too-many-attempts", $"Sent {claim.Attempts} times without an answer.", PerhapsDone: true)
        : new DeliveryStep.SendAgain(absent);

    // What was read stands above what was said.
    private static Dictionary<string, string>? Joined(IReadOnlyDictionary<string, string>? said, IReadOnlyDictionary<string, string>? read)
    {
        if (said is null && read is null)
        {
            return null;
        }

        var facts = new Dictionary<string, string>(said ?? new Dictionary<string, string>(), StringComparer.Ordinal);
        foreach (var (name, value) in read ?? new Dictionary<string, string>())
        {
            facts[name] = value;
        }

        return facts;
    }

    private static TimeSpan Least(TimeSpan a, TimeSpan b) => a < b ? a : b > TimeSpan.Zero ? b : TimeSpan.Zero;

    private static TimeSpan Most(TimeSpan a, TimeSpan b) => a > b ? a : b;
}
