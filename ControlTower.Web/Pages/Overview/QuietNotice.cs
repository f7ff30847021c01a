using System.Globalization;
using ControlTower.Data.Overview;
using ControlTower.Web.Shared;

namespace ControlTower.Web.Pages.Overview;

/// <summary>A shop from which less came than should have: orders that are missing raise no error anywhere, so their absence must.</summary>
public sealed record QuietNotice(string ConnectionId, string Name, Tone Tone, string Text)
{
    /// <summary>Where fewer are usual, none at all is no news.</summary>
    private const double LeastUsual = 10;

    /// <summary>Who misses most first.</summary>
    /// <param name="weekday">Today's in the stores, such as <c>Wed</c>.</param>
    public static IReadOnlyList<QuietNotice> Of(IReadOnlyList<ShopPulse> pulses, OverviewTargets targets, string weekday, CultureInfo culture) =>
    [
        .. pulses.Where(pulse => pulse.Usual >= LeastUsual && pulse.LastHour < pulse.Usual * targets.QuietShare).OrderByDescending(pulse => pulse.Usual - pulse.LastHour)
            .Select(pulse => Of(pulse, weekday, culture)),
    ];

    private static QuietNotice Of(ShopPulse pulse, string weekday, CultureInfo culture)
    {
        var came = pulse.LastHour switch
        {
            0 => "No order came in the last hour",
            1 => "1 order came in the last hour",
            var n => $"{Say.Count(n, culture)} orders came in the last hour",
        };
        var before = pulse.Weeks == 1 ? $"last {weekday}" : $"the last {pulse.Weeks} {weekday}s on average";
        return new QuietNotice(
            pulse.ConnectionId, pulse.Name, pulse.LastHour == 0 ? Tone.Bad : Tone.Warn,
            $"{came}; this hour brought {Say.Count((long)Math.Round(pulse.Usual!.Value), culture)} {before}. Look whether the shop sells and whether its messages reach ControlTower.");
    }
}
