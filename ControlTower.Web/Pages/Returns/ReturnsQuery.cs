using System.Globalization;
using ControlTower.Data.Returns;
using ControlTower.Sync.Flows.ReturnToRefund;
using ControlTower.Web.Shared;

namespace ControlTower.Web.Pages.Returns;

/// <summary>What the queue of returns shows, as its address says it. Any address gives a query.</summary>
/// <param name="View">Key of one of <see cref="Views"/>.</param>
/// <param name="After">The row behind which the page begins.</param>
public sealed record ReturnsQuery(string View, string Text, ReturnCursor? After)
{
    private static readonly string[] UnderWay = ["open", "attention"];

    public static ReturnsQuery All { get; } = new("open", "", null);

    public static IReadOnlyList<(string Key, string Name, ReturnFilter Filter)> Views { get; } =
    [
        ("open", "Under way", new ReturnFilter { Statuses = UnderWay }),
        ("attention", "Need somebody", new ReturnFilter { Statuses = ["attention"] }),
        ("expected", "Expected", new ReturnFilter { Stages = [ReturnStages.Authorised], Statuses = UnderWay }),
        ("inspect", "To inspect", new ReturnFilter { Stages = [ReturnStages.Received], Statuses = UnderWay }),
        ("pay", "To credit and refund", new ReturnFilter { Stages = [ReturnStages.Inspected, ReturnStages.Credited, ReturnStages.Refunded], Statuses = UnderWay }),
        ("closed", "Closed", new ReturnFilter { Statuses = ["done"] }),
        ("all", "All", new ReturnFilter()),
        ("ended", "Refused and cancelled", new ReturnFilter { Statuses = ["cancelled"] }),
    ];

    public ReturnFilter Filter => Views.First(v => v.Key == View).Filter with { Text = Text.Length == 0 ? null : Text };

    public static ReturnsQuery Parse(string uri)
    {
        var text = QueryText.Of(uri);
        var view = text("view");
        return new ReturnsQuery(Views.Any(v => v.Key == view) ? view : All.View, text("q"), Cursor(text("after")));
    }

    public string Href() => QueryText.Href(
        Links.Returns, ("view", View == All.View ? "" : View), ("q", Text), ("after", After is null ? "" : string.Create(CultureInfo.InvariantCulture, $"{After.StageSince.UtcTicks}-{After.Id}")));

    private static ReturnCursor? Cursor(string text) => text.Split('-') is [var ticks, var id]
        && long.TryParse(ticks, NumberStyles.None, CultureInfo.InvariantCulture, out var at) && at <= DateTimeOffset.MaxValue.UtcTicks
        && long.TryParse(id, NumberStyles.None, CultureInfo.InvariantCulture, out var row)
            ? new ReturnCursor(new DateTimeOffset(at, TimeSpan.Zero), row)
            : null;
}
