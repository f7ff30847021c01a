using ControlTower.Data.Configuration;

namespace ControlTower.Sync.Configuration;

/// <summary>A member that would be another; null is nothing.</summary>
public sealed record ConfigurationDifference(string Member, string? Was, string? Becomes);

public enum ConfigurationAct { Add, Change, Remove }

/// <summary>What a file would do to one thing.</summary>
/// <param name="Differences">Of an addition all members that are something, of a removal what there was.</param>
/// <param name="Refused">Why it cannot be done, and where in the file; null if it can.</param>
public sealed record ConfigurationChange(ConfigurationSection Section, string Key, ConfigurationAct Act, IReadOnlyList<ConfigurationDifference> Differences, ConfigurationProblem? Refused);

/// <summary>What a file would do to this tower as it stands now.</summary>
/// <param name="Problems">Wrong with the file itself: then nothing was compared.</param>
/// <param name="Changes">In the order in which they would be made.</param>
/// <param name="Kept">Things that are here and not in the file's sections, and stay.</param>
/// <param name="Mark">Of the file and of what it was compared with: whoever confirms, confirms this.</param>
public sealed record ConfigurationLook(IReadOnlyList<ConfigurationProblem> Problems, IReadOnlyList<ConfigurationChange> Changes, int Kept, string Mark)
{
    public int Refused => Changes.Count(change => change.Refused is not null);

    /// <summary>Something is to do and nothing is in the way.</summary>
    public bool MayApply => Problems.Count == 0 && Changes.Count > 0 && Refused == 0;
}

/// <summary>What came of applying a file.</summary>
public abstract record ConfigurationAnswer
{
    /// <summary>All of it is in force.</summary>
    public sealed record Done(int Added, int Changed, int Removed) : ConfigurationAnswer;

    /// <summary>Everything is as the file wants it: nothing was done.</summary>
    public sealed record AlreadySo : ConfigurationAnswer;

    /// <summary>Something is not as it was looked at. Nothing was done; this is how it stands now.</summary>
    public sealed record Moved(ConfigurationLook Look) : ConfigurationAnswer;

    /// <summary>Something is refused. Nothing was done.</summary>
    public sealed record Refused(ConfigurationLook Look) : ConfigurationAnswer;
}
