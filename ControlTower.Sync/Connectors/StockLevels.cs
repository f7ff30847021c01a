using ControlTower.Data.Canonical;

namespace ControlTower.Sync.Connectors;

/// <summary>A SKU at a place, both as the tower calls them.</summary>
public sealed record StockCell(string Sku, string Location);

/// <param name="Level">Pieces that the channel shows; null if it does not list the SKU there.</param>
/// <param name="Item">The channel's own name of the SKU, by which its pushes speak of it.</param>
public sealed record StockLevel(string Sku, string Location, int? Level, string? Item);

/// <summary>A level that a channel pushed.</summary>
/// <param name="Item">The channel's own name of the SKU.</param>
/// <param name="Location">The place as the tower calls it.</param>
public sealed record StockLevelTold(string Item, string Location, int Level);

/// <summary>What a channel shows of some cells.</summary>
public abstract record LevelsAnswer
{
    /// <summary>One for each cell that was asked for.</summary>
    public sealed record Levels(IReadOnlyList<StockLevel> List) : LevelsAnswer;

    public sealed record Failed(Outcome Why) : LevelsAnswer;
}

/// <summary>How a channel is told its stock, as the connection's settings say.</summary>
public static class StockPublishing
{
    public const string Setting = "publishStock";

    public const string No = "no", Changes = "changes", All = "all";

    public static SettingField Field { get; } = new(Setting, "Publish stock", "Whether the tower tells this channel what it may sell at each place that is mapped. No if nothing is chosen.", FieldKind.Choice)
    {
        Choices =
        [
            new(No, "No"), new(Changes, "Yes; what the channel changed by itself waits for a person"), new(All, "Yes; what the channel shows too much of by itself is set right"),
        ],
    };

    public static bool IsOn(ConnectionProfile profile) => profile.Settings.GetValueOrDefault(Setting) is Changes or All;

    /// <summary>The tower lowers by itself what the channel shows too much of. Less than was left there may be a sale whose order holds nothing yet, and waits for a person.</summary>
    public static bool Heals(ConnectionProfile profile) => profile.Settings.GetValueOrDefault(Setting) is All;

    internal static LevelsAnswer NotKept() => new LevelsAnswer.Failed(new Outcome.Refused(FailureKind.Ownership, "no-stock", "The tower does not know how this system is told its stock."));
}
