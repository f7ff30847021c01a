namespace ControlTower.Web.Pages.Exceptions;

/// <summary>A column of the desk's list beside the order's name.</summary>
/// <param name="Key">As kept and in markup.</param>
/// <param name="Number">Numbers stand on the right.</param>
public sealed record CaseColumn(string Key, string Title, bool Number = false);

/// <summary>Which columns a person wants to see, from left to right.</summary>
public static class CaseColumns
{
    public static IReadOnlyList<CaseColumn> All { get; } =
    [
        new("risk", "At risk", Number: true), new("sla", "SLA left", Number: true), new("state", "State"), new("value", "Value", Number: true), new("age", "Age", Number: true),
        new("attempts", "Attempts", Number: true), new("code", "Code"), new("brand", "Brand"), new("channel", "Channel"), new("store", "Store"), new("holder", "In hand"), new("ticket", "Ticket"),
    ];

    public static IReadOnlyList<CaseColumn> Usual { get; } = [.. All.Take(3)];

    /// <summary>Keys with commas; what is not known, or said twice, is left out. Nothing known gives the usual columns.</summary>
    public static IReadOnlyList<CaseColumn> Parse(string? keys)
    {
        var known = (keys ?? "").Split(',', StringSplitOptions.TrimEntries).Select(key => All.FirstOrDefault(column => column.Key == key)).OfType<CaseColumn>().Distinct().ToList();
        return known.Count == 0 ? Usual : known;
    }

    public static string Text(IEnumerable<CaseColumn> columns) => string.Join(',', columns.Select(column => column.Key));
}
