using Microsoft.AspNetCore.Components;

namespace ControlTower.Web.Shared;

/// <summary>How old something is against its limit, or how long until a deadline. Grows by itself: see <see cref="AgeTicker"/>.</summary>
public sealed partial class AgeText : ComponentBase, IDisposable
{
    private IDisposable? listening;

    /// <summary>When it began. Required unless <see cref="Until"/> is given.</summary>
    [Parameter]
    public DateTimeOffset? Since { get; set; }

    /// <summary>What it may take; shown as "of 30 s". Near from 75 %, late beyond.</summary>
    [Parameter]
    public TimeSpan? Limit { get; set; }

    /// <summary>A deadline: counts down, warns in the last hour, past at zero.</summary>
    [Parameter]
    public DateTimeOffset? Until { get; set; }

    /// <summary>It stands alone, so that whoever wants clocks may read one here; in a sentence it stays an age.</summary>
    [Parameter]
    public bool Clockable { get; set; }

    /// <summary>Words after a countdown, for example "to SLA".</summary>
    [Parameter]
    public string? After { get; set; }

    [Inject]
    private TimeProvider Clock { get; set; } = default!;

    [Inject]
    private AgeTicker Ticker { get; set; } = default!;

    private DateTimeOffset Moment => Until ?? Since ?? DateTimeOffset.UnixEpoch;

    private TimeSpan Span => Until is { } until ? until - Clock.GetUtcNow() : Clock.GetUtcNow() - Moment;

    private string State => (Until, Limit) switch
    {
        ({ }, _) => Span <= TimeSpan.Zero ? "past" : Span < TimeSpan.FromHours(1) ? "near" : "normal",
        (_, { } limit) => Span > limit ? "late" : Span >= limit * 0.75 ? "near" : "normal",
        _ => "normal",
    };

    private string Css => State switch
    {
        "near" => "warn m",
        "late" or "past" => "bad m",
        _ => "",
    };

    [CascadingParameter]
    private Viewer? Viewer { get; set; }

    private string At => Say.Time(Moment, Clock.GetUtcNow(), (Viewer ?? Viewer.Default).StoreZone);

    private string Text => Clockable && Viewer?.Clocks == true
        ? (After is null ? At : $"by {At}") + (State == "past" ? " past" : "")
        : Until is null
        ? Say.Age(Span)
        : Span <= TimeSpan.Zero ? $"{Say.Age(-Span)} past" : After is null ? Say.Age(Span) : $"{Say.Age(Span)} {After}";

    public void Dispose() => listening?.Dispose();

    // Not while prerendering: nothing would ever dispose of it there.
    protected override void OnAfterRender(bool firstRender)
    {
        if (firstRender)
            listening = Ticker.Listen(Step, () => _ = InvokeAsync(StateHasChanged));
    }

    private TimeSpan Step() => Span.Duration() switch
    {
        { TotalMinutes: < 1 } => TimeSpan.FromSeconds(1),
        { TotalHours: < 1 } => TimeSpan.FromSeconds(10),
        _ => TimeSpan.FromSeconds(60),
    };
}
