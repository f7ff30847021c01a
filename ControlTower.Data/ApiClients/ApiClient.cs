namespace ControlTower.Data.ApiClients;

/// <summary>A program that may ask the governed API.</summary>
/// <param name="Scopes">What it may ask for, such as <c>api:availability:read</c>.</param>
/// <param name="Channels">Connections for which it may ask; empty: all.</param>
public sealed record ApiClient(
    Guid Id, string Name, IReadOnlyList<string> Scopes, IReadOnlyList<string> Channels, DateTimeOffset CreatedAt, string CreatedBy, DateTimeOffset? DisabledAt, IReadOnlyList<ApiKey> Keys);

/// <param name="Hint">The last four characters, to tell keys apart.</param>
/// <param name="UsedAt">To the minute.</param>
public sealed record ApiKey(string Hint, DateTimeOffset MadeAt, DateTimeOffset ExpiresAt, DateTimeOffset? RevokedAt, DateTimeOffset? UsedAt);

/// <summary>Who calls with a key that is good now.</summary>
public sealed record ApiCaller(Guid Id, string Name, IReadOnlyList<string> Scopes, IReadOnlyList<string> Channels)
{
    public IReadOnlyList<string> Brands { get; init; } = [];

    /// <summary>How its holds name it: no other client can have this.</summary>
    public string Subject => $"client:{Id}";

    public bool MayAskFor(string channel) => Channels.Count == 0 || Channels.Contains(channel, StringComparer.Ordinal);
}

public enum ApiClientRefusal { None, NameTaken, NotFound, TwoKeys, UnknownChannel }
