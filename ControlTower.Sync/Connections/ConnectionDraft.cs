using ControlTower.Data.Connections;
using ControlTower.Sync.Connectors;

namespace ControlTower.Sync.Connections;

/// <summary>A connection as a person wants it.</summary>
/// <param name="Id">The key; never changes afterwards.</param>
/// <param name="Secrets">Only those that were typed; what is not named here stays as it is stored. Never logged, never shown.</param>
/// <param name="Forgotten">Stored secrets to remove.</param>
public sealed record ConnectionDraft(
    string Id, string Kind, string Name, string Brand, string? Region, string? Currency, string TimeZone, string? PostsTo,
    IReadOnlyDictionary<string, string> Settings, IReadOnlyDictionary<string, string> Secrets, IReadOnlySet<string> Forgotten)
{
    public ConnectionProfile Profile(IReadOnlyDictionary<string, string> stored)
    {
        var secrets = stored.Where(pair => !Forgotten.Contains(pair.Key)).ToDictionary(StringComparer.Ordinal);
        foreach (var (name, value) in Secrets)
        {
            secrets[name] = value;
        }

        return new ConnectionProfile(Id, Kind, Name, Brand, Region, Currency, TimeZone, PostsTo, Settings, secrets);
    }

    public override string ToString() => Id;
}

/// <summary>A stored connection in a person's hands: everything but its secrets.</summary>
/// <param name="Endings">Each stored secret by name, with how it ends; empty where that would give away too much of it.</param>
/// <param name="Unreadable">The stored secrets cannot be opened with this installation's keys.</param>
public sealed record ConnectionInHand(ConnectionDraft Draft, int Version, IReadOnlyDictionary<string, string> Endings, bool Unreadable, ConnectionPause? Disabled);

/// <summary>What came of setting a connection up.</summary>
public abstract record SetupAnswer
{
    public sealed record Done : SetupAnswer;

    /// <summary>It is exactly so already, for example after a double click: nothing was changed, nothing recorded.</summary>
    public sealed record AlreadySo : SetupAnswer;

    /// <summary>Nothing was changed; each problem names its field.</summary>
    public sealed record Wrong(IReadOnlyList<SettingProblem> Problems) : SetupAnswer;

    /// <summary>Somebody changed it after it was opened here. Nothing was changed.</summary>
    public sealed record Changed(SetupTouch? Last) : SetupAnswer;

    /// <summary>There is no such connection.</summary>
    public sealed record Gone : SetupAnswer;
}
