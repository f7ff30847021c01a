using System.Globalization;
using Microsoft.AspNetCore.Components;

namespace ControlTower.Web.Shared;

/// <summary>Where everything of one flow is: a list of stages, each with count, value, oldest age against its limit and stuck share.</summary>
public sealed partial class StageLane : ComponentBase
{
    [Parameter, EditorRequired]
    public string Key { get; set; } = "";

    [Parameter, EditorRequired]
    public string Title { get; set; } = "";

    [Parameter, EditorRequired]
    public IReadOnlyList<Stage> Stages { get; set; } = [];

    [Parameter]
    public LaneTotal? Total { get; set; }

    /// <summary>What is counted: "orders", "returns".</summary>
    [Parameter]
    public string Unit { get; set; } = "orders";

    [Parameter]
    public bool Loading { get; set; }

    /// <summary>One under the other, for phones and narrow panels.</summary>
    [Parameter]
    public bool Vertical { get; set; }

    /// <summary>What may stand at the right of a short lane.</summary>
    [Parameter]
    public RenderFragment? ChildContent { get; set; }

    [CascadingParameter]
    private Viewer? Viewer { get; set; }

    private static string Css(StageState state) => state switch
    {
        StageState.Stuck => "k-bad",
        StageState.Late => "k-warn",
        _ => "k-ok",
    };

    private static string Width(Stage stage) =>
        string.Create(CultureInfo.InvariantCulture, $"{Math.Clamp(stage.StuckShare, 0, 1) * 100:0.#}%");
}
