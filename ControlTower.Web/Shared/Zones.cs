namespace ControlTower.Web.Shared;

/// <summary>Short zone names as people in shops say them. Where there is no common one, the offset says it: <c>UTC+5:30</c>.</summary>
public static class Zones
{
    private static readonly Dictionary<(int Minutes, bool Summer), string> Europe = new()
    {
        [(0, false)] = "GMT", [(60, true)] = "BST", [(60, false)] = "CET", [(120, true)] = "CEST", [(120, false)] = "EET", [(180, true)] = "EEST",
    };

    private static readonly Dictionary<(int Minutes, bool Summer), string> America = new()
    {
        [(-300, false)] = "EST", [(-240, true)] = "EDT", [(-360, false)] = "CST", [(-300, true)] = "CDT",
        [(-420, false)] = "MST", [(-360, true)] = "MDT", [(-480, false)] = "PST", [(-420, true)] = "PDT",
    };

    public static string Abbreviation(TimeZoneInfo zone, DateTimeOffset at)
    {
        var offset = zone.GetUtcOffset(at);
        var key = ((int)offset.TotalMinutes, zone.IsDaylightSavingTime(at));
        var names = zone.Id.Split('/')[0] switch
        {
            "Europe" => Europe,
            "America" or "US" or "Canada" => America,
            _ => null,
        };
        if (names?.TryGetValue(key, out var name) == true)
            return name;
        if (offset == TimeSpan.Zero)
            return "UTC";
        var sign = offset < TimeSpan.Zero ? '\u2212' : '+';
        var size = offset.Duration();
        return size.Minutes == 0 ? FormattableString.Invariant($"UTC{sign}{size.Hours}") : FormattableString.Invariant($"UTC{sign}{size.Hours}:{size.Minutes:00}");
    }
}
