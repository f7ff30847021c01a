namespace ControlTower.Web.Pages.Exceptions;

/// <summary>A column of the desk's list beside the order's name.</summary>
/// <param name="Key">As kept and in markup.</param>
/// <param name="Number">Numbers stand on the right.</param>
public sealed record CaseColumn(string Key, string Title, bool Number = false)
{
    public ColumnWidth Width { get; init; }
}

public enum ColumnWidth
{
    /// <summary>As wide as what stands in it.</summary>
    Fitting,
    Narrow,
    Wide,
}

/// <summary>Which columns a person wants to see, from left to right, and how wide.</summary>
public static class CaseColumns
{
    public static IReadOnlyList<CaseColumn> All { get; } =
    [
        new("risk", "At risk", Number: true), new("sla", "SLA left", Number: true), new("state", "State"), new("value", "Value", Number: true), new("age", "Age", Number: true),
        new("attempts", "Attempts", Number: true), new("code", "Code"), new("brand", "Brand"), new("channel", "Channel"), new("store", "Store"), new("holder", "In hand"), new("ticket", "Ticket"),
    ];

    public static IReadOnlyList<CaseColumn> Usual { get; } = [.. All.Take(3)];

    /// <summary>Keys with commas, each with its width if that is not the usual one: <c>risk,code:wide</c>. What is not known, or said twice, is left out. Nothing known gives the usual columns.</summary>
    public static IReadOnlyList<CaseColumn> Parse(string? text)
    {
        var known = (text ?? "").Split(',', StringSplitOptions.TrimEntries).Select(One).OfType<CaseColumn>().DistinctBy(column => column.Key).ToList();
        return known.Count == 0 ? Usual : known;
    }

    public static string Text(IEnumerable<CaseColumn> columns) =>
        string.Join(',', columns.Select(column => column.Width is ColumnWidth.Fitting ? column.Key : $"{column.Key}:{column.Width.ToString().ToLowerInvariant()}"));

    private static CaseColumn? One(string text)
    {
        var (key, width) = text.Split(':', 2) is [var name, var wide] ? (name, wide) : (text, "");
        return All.FirstOrDefault(column => column.Key == key) is { } column
            ? column with { Width = Enum.GetValues<ColumnWidth>().FirstOrDefault(one => one.ToString().Equals(width, StringComparison.OrdinalIgnoreCase)) }
            : null;
    }
}
