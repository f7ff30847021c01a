using ControlTower.Data.Canonical;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Web;

namespace ControlTower.Web.Shared;

/// <summary>Cases with one cause. <paramref name="Tag"/> is the failure kind's word.</summary>
public sealed record CauseGroup(
    string Key,
    string Title,
    Status Status,
    string Tag,
    long Count,
    IReadOnlyList<Money> Values,
    IReadOnlyList<double?> Trend,
    bool Growing = false,
    int Retrying = 0,
    string? HeldBy = null);

/// <summary>Trouble by cause, in the order it is given (money at risk first, as a rule). Enter or click selects.</summary>
public sealed partial class CauseList : ComponentBase
{
    [Parameter, EditorRequired]
    public IReadOnlyList<CauseGroup> Groups { get; set; } = [];

    /// <summary>All of them as one, above the others; null for no such row.</summary>
    [Parameter]
    public CauseGroup? All { get; set; }

    [Parameter]
    public string? Selected { get; set; }

    [Parameter]
    public EventCallback<string> SelectedChanged { get; set; }

    [Parameter]
    public bool Loading { get; set; }

    [CascadingParameter]
    private Viewer? Viewer { get; set; }

    private ICollection<CauseGroup> AsList => Groups as ICollection<CauseGroup> ?? [.. Groups];

    private static string State(CauseGroup group) =>
        group.Retrying > 0 ? "retrying" : group.HeldBy is not null ? "held" : group.Growing ? "growing" : "open";

    private Task OnKey(KeyboardEventArgs key, CauseGroup group) =>
        key.Key is "Enter" or " " ? SelectedChanged.InvokeAsync(group.Key) : Task.CompletedTask;
}
