namespace ControlTower.Data.Canonical;

/// <summary>
/// Turns the wall clocks of a promotion into instants. A wall time that a clock change leaves out becomes the first moment after the gap; one that it shows twice begins at the first and ends at the
/// second, so that no minute on the wall inside the window is without the promotion. Pure.
/// </summary>
public static class PromotionWindow
{
    public static DateTimeOffset Start(DateTime wall, TimeZoneInfo zone) => At(wall, zone, last: false);

    public static DateTimeOffset End(DateTime wall, TimeZoneInfo zone) => At(wall, zone, last: true);

    private static DateTimeOffset At(DateTime wall, TimeZoneInfo zone, bool last)
    {
        wall = DateTime.SpecifyKind(wall, DateTimeKind.Unspecified);
        if (zone.IsInvalidTime(wall))
        {
            return AfterGap(wall, zone);
        }

        if (zone.IsAmbiguousTime(wall))
        {
            var offsets = zone.GetAmbiguousTimeOffsets(wall);
            return new DateTimeOffset(wall, last ? offsets.Min() : offsets.Max()).ToUniversalTime();
        }

        return new DateTimeOffset(wall, zone.GetUtcOffset(wall)).ToUniversalTime();
    }

    // The gap lies within a day of the wall time; its end is the instant at which the offset changes.
    private static DateTimeOffset AfterGap(DateTime wall, TimeZoneInfo zone)
    {
        var (before, after) = (new DateTimeOffset(wall.AddDays(-1), TimeSpan.Zero), new DateTimeOffset(wall.AddDays(1), TimeSpan.Zero));
        var (low, high) = (before.UtcTicks, after.UtcTicks);
        var offset = zone.GetUtcOffset(before);
        while (high - low > 1)
        {
            var middle = low + ((high - low) / 2);
            if (zone.GetUtcOffset(new DateTimeOffset(middle, TimeSpan.Zero)) == offset)
            {
                low = middle;
            }
            else
            {
                high = middle;
            }
        }

        return new DateTimeOffset(high, TimeSpan.Zero);
    }
}
