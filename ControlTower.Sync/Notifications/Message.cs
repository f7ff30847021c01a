namespace ControlTower.Sync.Notifications;

/// <summary>What one person or place is told at once, before it takes the shape that its channel wants.</summary>
/// <param name="Id">The same for the same notices: a receiver that knows it has this message already.</param>
/// <param name="Facts">Name and value, in the order to be shown.</param>
/// <param name="Items">For programs; empty for a test.</param>
public sealed record Message(string Id, string Title, IReadOnlyList<MessageFact> Facts, Uri? Link, string Type, DateTimeOffset At, IReadOnlyList<MessageItem> Items);

public sealed record MessageFact(string Name, string Value);

/// <summary>One notice as a program gets it.</summary>
public sealed record MessageItem(
    string Event, long? Case, string? Order, string? Failure, string? Cause, decimal? Value, decimal? AtRisk, string? Currency, DateTimeOffset? DueAt, int? HoursLeft, long? Batch, string? Detail, Uri? Link);

/// <summary>Where a message goes.</summary>
/// <param name="Secrets">Opened; never logged, never told.</param>
/// <param name="To">Addresses of an e-mail; empty for the others.</param>
public sealed record MessagePlace(string Kind, Data.Notifications.ChannelSettings Settings, IReadOnlyDictionary<string, string> Secrets, IReadOnlyList<string> To)
{
    public override string ToString() => $"{Kind} {Settings.Host}";
}

/// <summary>What became of sending a message.</summary>
/// <param name="Words">The receiver's answer, in words for people.</param>
/// <param name="RetryAfter">How long the receiver asked to wait.</param>
/// <param name="Status">Of an answer over HTTP.</param>
public sealed record SendAnswer(bool Sent, string Words, TimeSpan? RetryAfter = null, int? Status = null)
{
    public static SendAnswer No(string words, TimeSpan? retryAfter = null, int? status = null) => new(Sent: false, words, retryAfter, status);
}

/// <summary>One way to hand messages over. Sends once and says what became of it; whether to try again is for the caller.</summary>
public interface IMessageSender
{
    bool Sends(string kind);

    /// <summary>Never throws for what the network or the receiver does; only cancellation propagates.</summary>
    Task<SendAnswer> SendAsync(MessagePlace place, Message message, CancellationToken cancel);
}
