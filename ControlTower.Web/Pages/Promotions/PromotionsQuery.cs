using System.Globalization;
using System.Text;
using ControlTower.Web.Shared;
using Microsoft.AspNetCore.WebUtilities;

namespace ControlTower.Web.Pages.Promotions;

/// <summary>What the list of promotions shows, as its address says it. Any address gives a query.</summary>
/// <param name="Over">Those that are over, instead of the others.</param>
/// <param name="Calendar">As bars over weeks.</param>
/// <param name="From">First day of the calendar; null: around today.</param>
public sealed record PromotionsQuery(bool Over, bool Calendar, string Text, DateOnly? From)
{
    private const int Longest = 100;
    private const string Day = "yyyy-MM-dd";

    public static PromotionsQuery Start { get; } = new(false, false, "", null);

    public static PromotionsQuery Parse(string uri)
    {
        var at = uri.IndexOf('?', StringComparison.Ordinal);
        var values = at < 0 ? [] : QueryHelpers.ParseQuery(uri[at..].Split('#')[0]);
        return new PromotionsQuery(
            Text("show") == "over", Text("view") == "calendar", Text("q"),
            DateOnly.TryParseExact(Text("from"), Day, CultureInfo.InvariantCulture, DateTimeStyles.None, out var from) && from.Year is > 2000 and < 2200 ? from : null);

        // PostgreSQL takes no zeros in text.
        string Text(string name) => values.TryGetValue(name, out var value) && value.ToString() is var text
            ? new string([.. text.Trim().Where(sign => !char.IsControl(sign) && !char.IsSurrogate(sign)).Take(Longest)])
            : "";
    }

    public string Href()
    {
        var text = new StringBuilder();
        Put("show", Over ? "over" : "");
        Put("view", Calendar ? "calendar" : "");
        Put("q", Text);
        Put("from", From?.ToString(Day, CultureInfo.InvariantCulture) ?? "");
        return Links.Promotions + text;

        void Put(string name, string value)
        {
            if (value.Length > 0)
            {
                text.Append(text.Length == 0 ? '?' : '&').Append(name).Append('=').Append(Uri.EscapeDataString(value));
            }
        }
    }
}
