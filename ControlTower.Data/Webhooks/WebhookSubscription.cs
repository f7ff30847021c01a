using ControlTower.Data.EventLog;

namespace ControlTower.Data.Webhooks;

/// <summary>An address of an API client to which events are sent, as it stands in the database.</summary>
/// <param name="Host">Of the address; the rest of it is a secret.</param>
/// <param name="Secrets">Sealed: <c>url</c>, <c>key</c> and <c>previous</c>.</param>
/// <param name="PreviousUntil">Until then the key before signs as well.</param>
/// <param name="Types">As CloudEvents name them; empty: all.</param>
/// <param name="State"><c>on</c>, <c>paused</c> or <c>disabled</c>.</param>
/// <param name="StoppedBy"><c>client</c>, <c>admin</c> or <c>tower</c>; null while it is on.</param>
/// <param name="Misses">Rounds in a row of which nothing was taken.</param>
/// <param name="RestUntil">Nothing is sent before.</param>
/// <param name="Channels">Those of its client, whose events alone it gets; empty: all.</param>
/// <param name="ClientBrands">Likewise.</param>
public sealed record WebhookSubscription(
    Guid Id, Guid ClientId, string Client, string Host, byte[] Secrets, DateTimeOffset? PreviousUntil, string? Rotation, IReadOnlyList<string> Types, IReadOnlyList<string> Brands, string State,
    string? StoppedBy, string? Why, int Misses, DateTimeOffset? FailingSince, DateTimeOffset? RestUntil, string? LastError, DateTimeOffset? LastOkAt, long Sent, int Version, DateTimeOffset CreatedAt,
    string CreatedBy, IReadOnlyList<string> Channels, IReadOnlyList<string> ClientBrands, bool ClientDisabled)
{
    public override string ToString() => $"webhook {Id} at {Host}";
}

/// <summary>The states of a subscription and who may stop one, as stored.</summary>
public static class WebhookState
{
    public const string On = "on";

    /// <summary>Nothing is sent; what happens meanwhile is sent when it goes on.</summary>
    public const string Paused = "paused";

    /// <summary>As paused, but something is wrong: somebody must look before it goes on.</summary>
    public const string Disabled = "disabled";

    public const string ByClient = "client";
    public const string ByAdmin = "admin";
    public const string ByTower = "tower";
}

/// <summary>What of the log a subscription does not have yet.</summary>
/// <param name="Behind">Events of the log that it has not come to, wanted or not; counted up to a limit.</param>
/// <param name="Oldest">Age of the first of them; zero if there is none.</param>
/// <param name="Held">Events that were sent and not taken, and will be sent again.</param>
public sealed record WebhookBacklog(Guid Subscription, long Behind, TimeSpan Oldest, int Held);

/// <summary>An event that was not taken at once.</summary>
/// <param name="SentAt">When it was taken after all; null: still to be taken.</param>
public sealed record WebhookDelivery(long FlowId, int Step, string Type, int Attempts, DateTimeOffset FailedAt, DateTimeOffset DueAt, string LastError, DateTimeOffset? SentAt);

/// <param name="Attempts">How often it was sent before; 0: never.</param>
public sealed record WebhookParcel(LoggedEvent Event, int Attempts);

/// <summary>What became of a parcel.</summary>
/// <param name="Error">Null: it was taken.</param>
/// <param name="Again">After so long it is sent again.</param>
public sealed record WebhookOutcome(WebhookParcel Parcel, string? Error, TimeSpan Again);

/// <summary>What became of a round.</summary>
/// <param name="Misses">As they are now.</param>
/// <param name="Rest">Nothing is sent for so long.</param>
/// <param name="Stop">Why the subscription is to be switched off at once; null: only if it has failed for too long.</param>
public sealed record WebhookRound(IReadOnlyList<WebhookOutcome> Outcomes, int Misses, TimeSpan? Rest, string? Stop);
