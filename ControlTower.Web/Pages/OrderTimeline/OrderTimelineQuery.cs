using System.Globalization;
using System.Text;
using ControlTower.Web.Shared;
using Microsoft.AspNetCore.WebUtilities;

namespace ControlTower.Web.Pages.OrderTimeline;

public enum TimelineView { Systems, List, Raw }

/// <summary>What the timeline shows, as its address says it. Any address gives a query.</summary>
/// <param name="Selected">Key of the chosen step; null for none.</param>
/// <param name="Posting">Key of the document whose attempts are shown; null for the newest.</param>
/// <param name="Request">Which of the document's requests, from 1; null for the one that tells most.</param>
/// <param name="AllFields">True shows the whole bodies, false the differences.</param>
public sealed record OrderTimelineQuery(TimelineView View, string? Selected, string? Posting, int? Request, bool AllFields)
{
    private const int LongestKey = 60;

    public static OrderTimelineQuery Parse(string uri)
    {
        var at = uri.IndexOf('?', StringComparison.Ordinal);
        var parts = QueryHelpers.ParseQuery(at < 0 ? "" : uri[at..].Split('#')[0]);
        string? Text(string name) => parts.TryGetValue(name, out var values) && values is [{ Length: > 0 and <= LongestKey } text, ..] && !text.Any(char.IsControl) ? text : null;
        return new OrderTimelineQuery(
            Text("view") switch { "list" => TimelineView.List, "raw" => TimelineView.Raw, _ => TimelineView.Systems }, Text("step"), Text("document"),
            int.TryParse(Text("request"), NumberStyles.None, CultureInfo.InvariantCulture, out var request) && request > 0 ? request : null, Text("fields") == "all");
    }

    public string Href(long order)
    {
        var text = new StringBuilder();
        Put(text, "view", View switch { TimelineView.List => "list", TimelineView.Raw => "raw", _ => null });
        Put(text, "step", Selected);
        Put(text, "document", Posting);
        Put(text, "request", Request?.ToString(CultureInfo.InvariantCulture));
        Put(text, "fields", AllFields ? "all" : null);
        return Links.Order(order) + text;
    }

    private static void Put(StringBuilder text, string name, string? value)
    {
        if (!string.IsNullOrEmpty(value))
        {
            text.Append(text.Length == 0 ? '?' : '&').Append(name).Append('=').Append(Uri.EscapeDataString(value));
        }
    }
}
