namespace ControlTower.Data.Configuration;

/// <summary>What a member of an item holds. <see cref="Map"/> is an object of texts, <see cref="Texts"/> a set of texts.</summary>
public enum FieldShape { Text, Whole, Number, Flag, Texts, Map }

/// <summary>A member of an item of the configuration file.</summary>
/// <param name="Most">Characters of a text; entries of texts and maps.</param>
/// <param name="IsKey">Part of what tells the items of a section apart.</param>
/// <param name="MayBeNull">It may be left out or be null; that it is nothing is then what is wanted.</param>
public sealed record ConfigurationField(string Name, FieldShape Shape = FieldShape.Text, int Most = 200, bool IsKey = false, bool MayBeNull = false);

/// <summary>
/// A kind of thing that admins set, as it stands in the configuration file. The statements speak of one item: <c>$1</c> is its JSON, <c>$2</c> the name of who acts, <c>$3</c> their id or null,
/// <c>$4</c> why. A <see cref="Put"/> that touches no row did not apply. The database's constraints judge values; what they cannot know is judged before.
/// </summary>
/// <param name="Action">The permission under which the audit keeps such changes.</param>
/// <param name="Subject">What the audit names, before the key.</param>
/// <param name="Read">All items, one JSON object a row.</param>
public sealed record ConfigurationSection(string Name, string Title, string Action, string Subject, IReadOnlyList<ConfigurationField> Fields, string Read, params IReadOnlyList<string> Put)
{
    /// <summary>Null: items are not removed by a file, for the reason of <see cref="Stays"/>.</summary>
    public string? Remove { get; init; }

    /// <summary>Why an item of this section cannot be removed by a file, and what to do instead.</summary>
    public string Stays { get; init; } = "";

    /// <summary>What follows from a change, in the same transaction.</summary>
    public IReadOnlyList<string> Then { get; init; } = [];

    /// <summary>Why a put touches nothing.</summary>
    public string Untouched { get; init; } = "There is no such thing here.";
}
