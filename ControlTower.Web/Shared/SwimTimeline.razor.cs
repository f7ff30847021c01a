using System.Globalization;
using Microsoft.AspNetCore.Components;

namespace ControlTower.Web.Shared;

/// <summary>
/// One order across its systems: time runs left to right, step by step, and long waits are shortened and marked. The same steps stand as a list
/// for screen readers and small screens.
/// </summary>
public sealed partial class SwimTimeline : ComponentBase
{
    private const double Row = 62, First = 216, Least = 82, Last = 56;

    private readonly List<Dot> dots = [];
    private readonly List<Link> links = [];
    private readonly List<Gap> gaps = [];
    private double? nowX;

    [Parameter, EditorRequired]
    public IReadOnlyList<SwimLane> Lanes { get; set; } = [];

    /// <summary>In the order they happened; planned ones last.</summary>
    [Parameter, EditorRequired]
    public IReadOnlyList<SwimEvent> Events { get; set; } = [];

    [Parameter]
    public DateTimeOffset? Now { get; set; }

    [Parameter]
    public string? Selected { get; set; }

    [Parameter]
    public EventCallback<string> SelectedChanged { get; set; }

    /// <summary>The finding in one line.</summary>
    [Parameter]
    public string Label { get; set; } = "Timeline";

    /// <summary>A wait at least this long is marked.</summary>
    [Parameter]
    public TimeSpan LongWait { get; set; } = TimeSpan.FromMinutes(5);

    [CascadingParameter]
    private Viewer? Viewer { get; set; }

    private TimeZoneInfo Zone => (Viewer ?? Shared.Viewer.Default).StoreZone;

    private bool Selectable => SelectedChanged.HasDelegate;

    // What is planned leaves a slot for the present, so that the wait until now can be read.
    private int Slots => Events.Count + (Now is not null && Events.Any(step => step.At is null) ? 1 : 0);

    private double Step => Slots < 2 ? Least : Math.Max(Least, (1184 - First - Last) / (Slots - 1));

    private double Width => Math.Max(1184, First + (Step * Math.Max(0, Slots - 1)) + Last);

    private double Height => 34 + (Lanes.Count * Row) + 6;

    protected override void OnParametersSet()
    {
        dots.Clear();
        links.Clear();
        gaps.Clear();
        nowX = null;
        for (var i = 0; i < Events.Count; i++)
        {
            var slot = Slots > Events.Count && Events[i].At is null ? i + 1 : i;
            dots.Add(new Dot(Events[i], First + (slot * Step), LaneY(LaneOf(Events[i].Lane))));
            if (i == 0)
                continue;
            var (from, to) = (dots[i - 1], dots[i]);
            links.Add(Link.Between(from, to));
            if (from.Event.At is { } a && to.Event.At is { } b && b - a >= LongWait)
                gaps.Add(new Gap(from.X, to.X, $"waited {Say.Age(b - a)}", Bad: from.Event.State is SwimState.Failed));
        }

        if (Now is { } now && dots.FindLastIndex(dot => dot.Event.At is not null) is >= 0 and var last)
        {
            var open = dots[last].Event.State is SwimState.Running or SwimState.Failed or SwimState.Unknown || last < dots.Count - 1;
            nowX = dots[last].Event.State is SwimState.Running ? dots[last].X : open ? dots[last].X + (Slots > Events.Count ? Step : Step / 2) : null;
            if (open && nowX > dots[last].X && dots[last].Event.At is { } since && now - since >= LongWait)
                gaps.Add(new Gap(dots[last].X, nowX.Value, Say.Age(now - since), Bad: dots[last].Event.State is SwimState.Failed));
        }
    }

    private static double LaneY(int lane) => 34 + (lane * Row) + (Row / 2);

    private int LaneOf(string key)
    {
        for (var i = 0; i < Lanes.Count; i++)
        {
            if (Lanes[i].Key == key)
                return i;
        }

        return 0;
    }

    private string NameOf(string lane) => Lanes.FirstOrDefault(candidate => candidate.Key == lane)?.System.Name ?? lane;

    private string Clock(DateTimeOffset at) => TimeZoneInfo.ConvertTime(at, Zone).ToString("HH:mm", CultureInfo.InvariantCulture);

    private static string Word(SwimState state) => state switch
    {
        SwimState.Done => "done",
        SwimState.Failed => "failed",
        SwimState.Running => "running",
        SwimState.Planned => "planned",
        _ => "outcome unknown",
    };

    private static string Css(double value) => value.ToString("0.#", CultureInfo.InvariantCulture);

    private sealed record Gap(double From, double To, string Text, bool Bad);

    private sealed record Dot(SwimEvent Event, double X, double Y)
    {
        public string Colour => Event.State switch
        {
            SwimState.Done => "var(--ct-ok-solid)",
            SwimState.Failed => "var(--ct-bad-solid)",
            SwimState.Running => "var(--ct-run-solid)",
            SwimState.Planned => "var(--ct-control)",
            _ => "var(--ct-unk-solid)",
        };

        public string? Glyph => Event.State switch
        {
            SwimState.Done => "M-4 0l2.6 2.8L4.2-3",
            SwimState.Failed => "M0-4v4.6M0 3.6v.2",
            SwimState.Running => "M-3.6-.6a3.7 3.7 0 0 1 6.6-1.7M3.6.6a3.7 3.7 0 0 1-6.6 1.7",
            SwimState.Unknown => "M-2.4-2.2a2.5 2.5 0 1 1 3.6 2.4c-.8.4-1.2.7-1.2 1.5M0 4v.2",
            _ => null,
        };
    }

    private sealed record Link(string Path, string Head, string Colour, bool Dashed)
    {
        public static Link Between(Dot from, Dot to)
        {
            var (x1, x2) = (from.X + 10, to.X - 10);
            var middle = (x1 + x2) / 2;
            var planned = to.Event.State is SwimState.Planned;
            var failed = to.Event.State is SwimState.Failed || (from.Event.State is SwimState.Failed && to.Event.State is not (SwimState.Planned or SwimState.Running));
            return new Link(
                $"M{Css(x1)} {Css(from.Y)}C{Css(middle)} {Css(from.Y)} {Css(middle)} {Css(to.Y)} {Css(x2)} {Css(to.Y)}",
                $"M{Css(x2 - 4)} {Css(to.Y - 3.5)}L{Css(x2 + 1)} {Css(to.Y)}L{Css(x2 - 4)} {Css(to.Y + 3.5)}",
                planned ? "var(--ct-control)" : failed ? "var(--ct-bad-solid)" : "var(--ct-text3)", planned);
        }
    }
}
