using ControlTower.Data.Db;

namespace ControlTower.Data.ApiClients;

/// <summary>A program that may ask the governed API.</summary>
/// <param name="Scopes">What it may ask for, such as <c>api:availability:read</c>.</param>
/// <param name="Channels">Connections for which it may ask, which are also the sources of the orders that it sees; empty: all.</param>
/// <param name="Brands">Brands of which it is told; empty: all.</param>
public sealed record ApiClient(
    Guid Id, string Name, IReadOnlyList<string> Scopes, IReadOnlyList<string> Channels, IReadOnlyList<string> Brands, DateTimeOffset CreatedAt, string CreatedBy, DateTimeOffset? DisabledAt, IReadOnlyList<ApiKey> Keys)
{
    /// <summary>What the authority calls it, if it may come with a token of the authority's; null: with keys alone.</summary>
    public string? AuthorityName { get; init; }

    /// <summary>When such a token was last used, to the minute.</summary>
    public DateTimeOffset? AuthorityUsedAt { get; init; }

    /// <summary>When it last came, with whatever.</summary>
    public DateTimeOffset? SeenAt => Keys.Select(key => key.UsedAt).Append(AuthorityUsedAt).Max();
}

/// <param name="Hint">The last four characters, to tell keys apart.</param>
/// <param name="UsedAt">To the minute.</param>
public sealed record ApiKey(string Hint, DateTimeOffset MadeAt, DateTimeOffset ExpiresAt, DateTimeOffset? RevokedAt, DateTimeOffset? UsedAt);

/// <summary>Who calls with a key or a token that is good now.</summary>
public sealed record ApiCaller(Guid Id, string Name, IReadOnlyList<string> Scopes, IReadOnlyList<string> Channels)
{
    public IReadOnlyList<string> Brands { get; init; } = [];

    /// <summary>The last four characters of its key, or of what the authority calls it.</summary>
    public string Hint { get; init; } = "";

    /// <summary>One line for all operations together, and one for each operation that has limits of its own.</summary>
    public IReadOnlyList<ApiLimits> Limits { get; init; } = [];

    public ApiReach Reach => new(Channels, Brands);

    /// <summary>How its holds name it: no other client can have this.</summary>
    public string Subject => $"client:{Id}";

    public bool MayAskFor(string channel) => Channels.Count == 0 || Channels.Contains(channel, StringComparer.Ordinal);

    public bool Has(string scope) => Scopes.Contains(scope, StringComparer.Ordinal);
}

/// <summary>What a client may see at all. Queries take it along, so that what is not the client's is not there for it.</summary>
/// <param name="Channels">Connections; empty: all.</param>
/// <param name="Brands">Empty: all.</param>
public sealed record ApiReach(IReadOnlyList<string> Channels, IReadOnlyList<string> Brands)
{
    public static ApiReach Everything { get; } = new([], []);

    public bool IsBound => Channels.Count + Brands.Count > 0;

    public bool Holds(string channel, string brand) => (Channels.Count == 0 || Channels.Contains(channel, StringComparer.Ordinal)) && HoldsBrand(brand);

    public bool HoldsBrand(string brand) => Brands.Count == 0 || Brands.Contains(brand, StringComparer.Ordinal);

    /// <summary>Leaves in a query only what is within reach.</summary>
    public void Narrow(SqlFilter where, string channel, string brand)
    {
        where.In(channel, Channels);
        where.In(brand, Brands);
    }
}

public enum ApiClientRefusal { None, NameTaken, NotFound, TwoKeys, UnknownChannel, UnknownBrand, NotForSingles, AuthorityNameTaken }
