namespace ControlTower.Simulator.Shopify.Webhooks;

/// <summary>An app's wish to hear about a topic. <paramref name="Topic"/> is the header spelling, for example orders/create.</summary>
public sealed record Subscription(long Id, string Topic, string Uri, IReadOnlyList<string> IncludeFields, string? Name, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt);
