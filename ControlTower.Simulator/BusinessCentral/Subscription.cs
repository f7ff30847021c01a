namespace ControlTower.Simulator.BusinessCentral;

/// <summary>A client's wish to hear about a set. <see cref="Set"/> is the entity set that <see cref="Resource"/> names.</summary>
public sealed record Subscription
{
    public required string Id { get; init; }
    public required string NotificationUrl { get; init; }
    public required string Resource { get; init; }
    public required string Set { get; init; }
    public string ClientState { get; init; } = "";
    public required DateTimeOffset Expires { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }
    public required DateTimeOffset ModifiedAt { get; init; }
    public long Version { get; init; } = 1;
}
