using System.Globalization;
using Microsoft.AspNetCore.Components;
using MudBlazor;

namespace ControlTower.Web.Shared;

/// <summary>Where a circuit stands on its way: open, half-open with its probes, closed; or stopped by a person.</summary>
public sealed partial class BreakerTrack : ComponentBase
{
    [Parameter, EditorRequired]
    public Circuit State { get; set; }

    [Parameter]
    public DateTimeOffset? Since { get; set; }

    [Parameter]
    public (int Done, int Needed)? Probes { get; set; }

    [Parameter]
    public DateTimeOffset? NextProbe { get; set; }

    /// <summary>When it trips, in words.</summary>
    [Parameter]
    public string? Rule { get; set; }

    /// <summary>Why it stands where it stands, in words.</summary>
    [Parameter]
    public string? Reason { get; set; }

    /// <summary>Who paused or disabled it.</summary>
    [Parameter]
    public string? By { get; set; }

    [Inject]
    private TimeProvider Clock { get; set; } = default!;

    private string Age => Since is { } since ? Say.Age(Clock.GetUtcNow() - since) : "";

    private IEnumerable<Step> Steps
    {
        get
        {
            if (State is Circuit.Paused or Circuit.Disabled)
                yield return new(State is Circuit.Paused ? "Paused" : "Disabled", Icons.Material.Rounded.PauseCircle, By is null ? Age : $"by {By}", true, "off");
            yield return new("Open", Icons.Material.Rounded.RemoveCircleOutline, State is Circuit.Open ? Age : Say.None, State is Circuit.Open, "bad");
            yield return new("Half-open", Icons.Material.Rounded.Warning, ProbeNote, State is Circuit.HalfOpen, "warn");
            yield return new("Closed", State is Circuit.Closed ? Icons.Material.Rounded.CheckCircle : Icons.Material.Rounded.RadioButtonUnchecked,
                State is Circuit.Closed ? (Age.Length > 0 ? $"for {Age}" : "calls flow") : Say.None, State is Circuit.Closed, "ok");
        }
    }

    private string ProbeNote => Probes is { } probes && State is Circuit.HalfOpen
        ? string.Create(CultureInfo.InvariantCulture, $"{probes.Done} of {probes.Needed} probes")
        : Say.None;
}
