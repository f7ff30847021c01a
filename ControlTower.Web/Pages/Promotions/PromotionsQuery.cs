using System.Globalization;
using ControlTower.Web.Shared;

namespace ControlTower.Web.Pages.Promotions;

/// <summary>What the list of promotions shows, as its address says it. Any address gives a query.</summary>
/// <param name="Over">Those that are over, instead of the others.</param>
/// <param name="Calendar">As bars over weeks.</param>
/// <param name="From">First day of the calendar; null: around today.</param>
public sealed record PromotionsQuery(bool Over, bool Calendar, string Text, DateOnly? From)
{
    private const string Day = "yyyy-MM-dd";

    public static PromotionsQuery Start { get; } = new(false, false, "", null);

    public static PromotionsQuery Parse(string uri)
    {
        var text = QueryText.Of(uri);
        return new PromotionsQuery(
            text("show") == "over", text("view") == "calendar", text("q"),
            DateOnly.TryParseExact(text("from"), Day, CultureInfo.InvariantCulture, DateTimeStyles.None, out var from) && from.Year is > 2000 and < 2200 ? from : null);
    }

    public string Href() => QueryText.Href(
        Links.Promotions, ("show", Over ? "over" : ""), ("view", Calendar ? "calendar" : ""), ("q", Text), ("from", From?.ToString(Day, CultureInfo.InvariantCulture)));
}
