namespace ControlTower.Data.Wall;

/// <summary>What lets a screen on a wall show its boards, and nothing else.</summary>
/// <param name="Brand">The only brand that it shows; null: all.</param>
/// <param name="Hint">The last four characters, to tell tokens apart.</param>
/// <param name="WithdrawnAt">Null while it is good: a token has no end of its own.</param>
/// <param name="SeenAt">When a screen last showed something with it, to the minute.</param>
/// <param name="SeenFrom">From which address a screen was last opened with it.</param>
public sealed record WallToken(
    Guid Id, string Name, string? Brand, string Hint, DateTimeOffset MadeAt, string MadeBy, DateTimeOffset? WithdrawnAt, DateTimeOffset? SeenAt, string? SeenFrom);

/// <summary>A screen whose token is good now.</summary>
public sealed record WallPass(Guid Id, string Name, string? Brand);

public enum WallRefusal { None, NameTaken, UnknownBrand, NotFound }
