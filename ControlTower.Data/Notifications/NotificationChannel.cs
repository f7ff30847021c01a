namespace ControlTower.Data.Notifications;

/// <summary>The kinds of places where people are told, as stored.</summary>
public static class ChannelKind
{
    public const string Email = "email";
    public const string Slack = "slack";
    public const string Teams = "teams";
    public const string Webhook = "webhook";

    public static IReadOnlyList<string> All { get; } = [Email, Slack, Teams, Webhook];
}

/// <summary>What people are told about, as stored.</summary>
public static class NoticeKind
{
    /// <summary>A case is due within three, two, one hours, or overdue.</summary>
    public const string Sla = "sla";

    /// <summary>A case has had somebody for a while who has not looked at it.</summary>
    public const string Assigned = "assigned";

    /// <summary>A batch stopped by itself.</summary>
    public const string Batch = "batch";

    /// <summary>The checker found what it had not found before, or could not look.</summary>
    public const string Integrity = "integrity";

    /// <summary>A watched level of the stock fell below its limit, or has risen again.</summary>
    public const string Stock = "stock";

    /// <summary>A promotion was sent for approval or approved, stopped, is on its way back, or expired.</summary>
    public const string Promotion = "promotion";

    /// <summary>A backlog of reconciliation is beyond its limits, or a channel fell silent.</summary>
    public const string Reconciliation = "reconciliation";

    /// <summary>An incident was opened, opened again, became worse, or is drained.</summary>
    public const string Incident = "incident";

    /// <summary>Nobody has taken an incident in time: for a second place that hears of it only then.</summary>
    public const string IncidentUntaken = "incident-untaken";

    /// <summary>On Monday, the key figures of the week before.</summary>
    public const string Figures = "figures";

    /// <summary>A webhook of an API client was switched off because its events were not taken.</summary>
    public const string Webhook = "webhook";

    /// <summary>A business day of a feed failed, or is late.</summary>
    public const string Feed = "feed";

    /// <summary>A write by another than the owner waits for a person.</summary>
    public const string Ownership = "ownership";

    public static IReadOnlyList<string> All { get; } = [Sla, Assigned, Batch, Integrity, Stock, Promotion, Reconciliation, Feed, Ownership, Incident, IncidentUntaken, Figures, Webhook];
}

/// <summary>How an e-mail channel reaches its server, and where the others lead; nothing secret.</summary>
/// <param name="Host">Of the mail server, or of the address of a webhook, which is itself a secret.</param>
/// <param name="Tls"><c>tls</c> from the first byte, <c>starttls</c> or nothing is sent, or <c>none</c>.</param>
/// <param name="To">Addresses for what concerns nobody in particular, separated by commas.</param>
public sealed record ChannelSettings(string Host, int Port = 0, string Tls = "", string User = "", string From = "", string To = "");

/// <summary>When a channel is silent, each day in its zone. <paramref name="To"/> may lie on the next day.</summary>
public sealed record QuietHours(TimeOnly From, TimeOnly To);

/// <summary>A place where people are told, as it stands in the database.</summary>
/// <param name="Secrets">Sealed; null for none.</param>
/// <param name="Zone">IANA zone of its quiet hours and of the times in its messages.</param>
/// <param name="BreachBreaks">What is overdue is told in quiet hours, too.</param>
/// <param name="GatherMinutes">At most one message per so many minutes, for each person or place; 0: as soon as there is something.</param>
public sealed record NotificationChannel(
    Guid Id, string Kind, string Name, ChannelSettings Settings, byte[]? Secrets, IReadOnlyList<string> Events, string Zone, QuietHours? Quiet, bool BreachBreaks, int GatherMinutes, bool Enabled,
    int Version);

/// <summary>How a channel is doing.</summary>
/// <param name="Failed">Given up within the last week and not sent again since.</param>
/// <param name="Trouble">The newest answer that was no success, of what still waits or was given up.</param>
public sealed record ChannelHealth(Guid Channel, int Waiting, int Failed, DateTimeOffset? LastSentAt, string? Trouble);

/// <summary>The right of one node to send for a channel, until its lease ends or somebody else takes it over.</summary>
public sealed record ChannelTurn(NotificationChannel Channel, long Fence);

/// <summary>What somebody wants by e-mail. A person who never chose wants both.</summary>
public sealed record MailChoice(bool Assigned, bool Sla)
{
    public static MailChoice All { get; } = new(true, true);
}
