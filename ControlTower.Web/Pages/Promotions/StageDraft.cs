using System.Globalization;
using ControlTower.Data.Canonical;

namespace ControlTower.Web.Pages.Promotions;

/// <summary>A stage of the form.</summary>
public sealed class StageDraft
{
    private const string First = "ERP", Rest = "Everything";

    public string Name { get; set; } = "";

    /// <summary>Empty: all of the plan.</summary>
    public List<string> Connections { get; private init; } = [];

    /// <summary>Empty: all of the plan.</summary>
    public List<string> Stores { get; private init; } = [];

    public StageHold Hold { get; set; }

    public string Minutes { get; set; } = "";

    public string Team { get; set; } = "";

    public string Instructions { get; set; } = "";

    /// <summary>As a new plan has it: all that no stage before it names.</summary>
    public static StageDraft Open() => new() { Name = Rest };

    public static StageDraft Erps(IEnumerable<string> connections) => new() { Name = First, Connections = [.. connections] };

    internal bool IsOpen => Name == Rest && Connections.Count == 0 && Stores.Count == 0 && Hold == StageHold.None;

    internal bool IsErps => Name == First && Connections.Count > 0 && Stores.Count == 0 && Hold == StageHold.None;

    public static StageDraft Of(PromotionStage stage) => new()
    {
        Name = stage.Name, Connections = [.. stage.Connections], Stores = [.. stage.Stores], Hold = stage.Hold, Minutes = stage.Minutes == 0 ? "" : stage.Minutes.ToString(CultureInfo.InvariantCulture),
        Team = stage.Team ?? "", Instructions = stage.Instructions ?? "",
    };

    /// <summary>So many of the plan's stores, spread over them in their order: the same share of the same stores is always the same stores.</summary>
    /// <param name="percent">1 to 99; at least one store is taken, and never all of several.</param>
    /// <param name="stores">Of the plan, in the order in which they are shown.</param>
    public void TakeShare(int percent, IReadOnlyList<string> stores)
    {
        var some = Math.Clamp((int)Math.Round(stores.Count * percent / 100m, MidpointRounding.AwayFromZero), Math.Min(1, stores.Count), Math.Max(1, stores.Count - 1));
        Stores.Clear();
        Stores.AddRange(Enumerable.Range(0, Math.Min(some, stores.Count)).Select(at => stores[(int)((long)at * stores.Count / some)]));
    }

    internal PromotionStage ToStage(int at, Slips slips) => new(
        Name.Trim(), [.. Connections], [.. Stores], Hold, Hold is StageHold.Minutes || (Hold is StageHold.Person && at > 0 && Minutes.Trim().Length > 0) ? slips.Whole($"stages.{at}.minutes", Minutes) : 0, Hold is StageHold.Person ? PlanDraft.None(Team) : null,
        Hold is StageHold.Person ? PlanDraft.None(Instructions) : null);
}
