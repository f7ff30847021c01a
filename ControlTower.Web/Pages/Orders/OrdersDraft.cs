using System.Globalization;
using ControlTower.Web.Shared;

namespace ControlTower.Web.Pages.Orders;

/// <summary>The filter while somebody fills it in, as text. It becomes a query through the address, so every part is read in one place.</summary>
public sealed class OrdersDraft
{
    public HashSet<string> Stages { get; private init; } = [];
    public HashSet<string> Statuses { get; private init; } = [];
    public HashSet<string> Brands { get; private init; } = [];
    public HashSet<string> Sources { get; private init; } = [];
    public string? Age { get; set; }
    public string? Least { get; set; }
    public string? Most { get; set; }
    public string? From { get; set; }
    public string? To { get; set; }

    public static OrdersDraft Of(OrdersQuery query) => new()
    {
        Stages = [.. query.Stages], Statuses = [.. query.Statuses], Brands = [.. query.Brands], Sources = [.. query.Sources],
        Age = query.Age is { } age ? Ages.Write(age) : null,
        Least = query.Least?.ToString(CultureInfo.InvariantCulture), Most = query.Most?.ToString(CultureInfo.InvariantCulture),
        From = query.From?.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture), To = query.To?.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
    };

    /// <summary>The address with these parts as they were typed; text and order of the list stay.</summary>
    public string Href(OrdersQuery query)
    {
        var lists = query with
        {
            Stages = [.. OrderWords.Stages.Where(Stages.Contains)],
            Statuses = [.. OrderWords.Statuses.Where(Statuses.Contains)],
            Brands = [.. Brands.Order(StringComparer.Ordinal)],
            Sources = [.. Sources.Order(StringComparer.Ordinal)],
            Age = null,
            Least = null,
            Most = null,
            From = null,
            To = null,
            Wrong = [],
        };
        var href = lists.Href();
        foreach (var (name, value) in new[] { ("age", Age), ("min", Least), ("max", Most), ("from", From), ("to", To) })
        {
            if (!string.IsNullOrWhiteSpace(value))
            {
                href += $"{(href.Contains('?', StringComparison.Ordinal) ? '&' : '?')}{name}={Uri.EscapeDataString(value.Trim())}";
            }
        }

        return href;
    }
}
