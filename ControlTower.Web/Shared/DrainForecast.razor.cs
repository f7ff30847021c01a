using Microsoft.AspNetCore.Components;

namespace ControlTower.Web.Shared;

/// <summary>How many waited at a moment.</summary>
public sealed record DrainPoint(DateTimeOffset At, double Count);

/// <summary>When the queue is likely empty, and the earliest and latest.</summary>
public sealed record DrainEnd(DateTimeOffset Low, DateTimeOffset Likely, DateTimeOffset High);

/// <summary>A stretch of time with a reason, for example the circuit being open.</summary>
public sealed record DrainBand(DateTimeOffset From, DateTimeOffset To, Tone Tone, string Label);

/// <summary>When a queue will be empty: what was measured, then the forecast with its spread. A growing queue gets no invented time.</summary>
public sealed partial class DrainForecast : ComponentBase
{
    private DrainDrawing drawing = DrainDrawing.Empty;
    private bool asTable;

    [Parameter, EditorRequired]
    public IReadOnlyList<DrainPoint> History { get; set; } = [];

    /// <summary>Null: it is not draining, or nothing waits.</summary>
    [Parameter]
    public DrainEnd? Forecast { get; set; }

    [Parameter, EditorRequired]
    public DateTimeOffset Now { get; set; }

    [Parameter]
    public IReadOnlyList<DrainBand> Bands { get; set; } = [];

    /// <summary>Stopped by a person.</summary>
    [Parameter]
    public bool Paused { get; set; }

    [CascadingParameter]
    private Viewer? Viewer { get; set; }

    private double Waiting => History.Count > 0 ? History[^1].Count : 0;

    private string State => Paused ? "paused" : Waiting < 1 ? "empty" : Forecast is null ? "growing" : "draining";

    private string Finding => State switch
    {
        "paused" => $"{Say.Count((long)Waiting, Viewer?.Culture)} waiting. Paused, so nothing drains.",
        "empty" => "Nothing waits.",
        "growing" => $"{Say.Count((long)Waiting, Viewer?.Culture)} waiting. Not draining.",
        _ => $"Likely empty between {Time(Forecast!.Low)} and {Time(Forecast.High)}.",
    };

    protected override void OnParametersSet() => drawing = DrainDrawing.Of(History, State is "draining" ? Forecast : null, Now, Bands, Time);

    private string Time(DateTimeOffset at) =>
        TimeZoneInfo.ConvertTime(at, (Viewer ?? Shared.Viewer.Default).StoreZone).ToString("HH:mm", System.Globalization.CultureInfo.InvariantCulture);
}
