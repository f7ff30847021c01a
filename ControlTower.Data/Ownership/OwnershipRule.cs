using System.Text.Json.Serialization;

namespace ControlTower.Data.Ownership;

/// <summary>How the word that holds is found among several owners.</summary>
public enum OwnershipKind
{
    /// <summary>An owner's word holds; of several, each within its own data.</summary>
    Owner,

    /// <summary>The first of the list that has a value; the others fill gaps.</summary>
    Order,

    /// <summary>The owner who wrote last.</summary>
    Last,

    /// <summary>The value that most sources have; of as many, the owner's who stands first.</summary>
    Frequent,
}

/// <summary>What is done with a write by a system that does not own.</summary>
public enum OwnershipMode
{
    /// <summary>Taken, and marked in the log.</summary>
    Allow,

    /// <summary>Kept aside until a person decides.</summary>
    Quarantine,

    /// <summary>Not taken; logged, and the sender is told where it can be.</summary>
    Enforce,
}

/// <summary>What a rule is about: an empty word fits everything. At most one rule of a key holds at a time.</summary>
/// <param name="Channel">The connection whose data it is.</param>
public readonly record struct OwnershipKey(string Domain, string Field, string Brand, string Region, string Channel, string Store);

/// <summary>Who owns what. A source is a connection's id, <c>client:</c> and a client's id, or a role: <c>@shop</c>, <c>@erp</c>, <c>@processor</c>, <c>@bank</c>, <c>@api</c>; the narrower word wins.</summary>
/// <param name="Owners">In their order, where the kind asks for one.</param>
/// <param name="Adds">May fill what no owner has said.</param>
/// <param name="Blocked">Never taken, whatever the mode.</param>
/// <param name="IgnoreEmpty">An empty value of an owner is as none.</param>
/// <param name="FadesAfterDays">A value not confirmed for so long yields to any other owner's fresher one; null: never.</param>
/// <param name="Removed">In a change: the rule of this key that stands below is taken away.</param>
public sealed record OwnershipRule(
    string Domain, string Field = "", string Brand = "", string Region = "", string Channel = "", string Store = "", OwnershipKind Kind = OwnershipKind.Owner, OwnershipMode Mode = OwnershipMode.Allow,
    IReadOnlyList<string>? Owners = null, IReadOnlyList<string>? Adds = null, IReadOnlyList<string>? Blocked = null, bool IgnoreEmpty = true, int? FadesAfterDays = null, bool Removed = false)
{
    public IReadOnlyList<string> Owners { get; init; } = Owners ?? [];

    public IReadOnlyList<string> Adds { get; init; } = Adds ?? [];

    public IReadOnlyList<string> Blocked { get; init; } = Blocked ?? [];

    [JsonIgnore]
    public OwnershipKey Key => new(Domain, Field, Brand, Region, Channel, Store);

    public bool Equals(OwnershipRule? other) =>
        other is not null && Key == other.Key && Kind == other.Kind && Mode == other.Mode && IgnoreEmpty == other.IgnoreEmpty && FadesAfterDays == other.FadesAfterDays && Removed == other.Removed
        && Owners.SequenceEqual(other.Owners, StringComparer.Ordinal) && Adds.SequenceEqual(other.Adds, StringComparer.Ordinal) && Blocked.SequenceEqual(other.Blocked, StringComparer.Ordinal);

    public override int GetHashCode() => HashCode.Combine(Key, Kind, Mode, Owners.Count, Adds.Count, Blocked.Count);
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    Converters = [typeof(OwnershipKindWords), typeof(OwnershipModeWords)])]
[JsonSerializable(typeof(OwnershipRule[]))]
[JsonSerializable(typeof(OwnershipTrial))]
internal sealed partial class OwnershipJson : JsonSerializerContext;

internal sealed class OwnershipKindWords() : JsonStringEnumConverter<OwnershipKind>(System.Text.Json.JsonNamingPolicy.CamelCase, allowIntegerValues: false);

internal sealed class OwnershipModeWords() : JsonStringEnumConverter<OwnershipMode>(System.Text.Json.JsonNamingPolicy.CamelCase, allowIntegerValues: false);
