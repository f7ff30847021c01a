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

    internal PromotionStage ToStage(int at, Slips slips) => new(
        Name.Trim(), [.. Connections], [.. Stores], Hold, Hold is StageHold.Minutes || (Hold is StageHold.Person && at > 0 && Minutes.Trim().Length > 0) ? slips.Whole($"stages.{at}.minutes", Minutes) : 0, Hold is StageHold.Person ? PlanDraft.None(Team) : null,
        Hold is StageHold.Person ? PlanDraft.None(Instructions) : null);
}
