using System.Globalization;
using ControlTower.Data.Connections;
using ControlTower.Sync.Connections;
using ControlTower.Sync.Gateway;
using ControlTower.Web.Shared;

namespace ControlTower.Web.Pages.Overview;

/// <summary>A system that is away or catches up, in two sentences: what happened, what it means.</summary>
public sealed record OutageNotice(string ConnectionId, Tone Tone, string Headline, string Text)
{
    /// <summary>A single posting that was put off for a moment is no outage.</summary>
    private static readonly TimeSpan WorthTelling = TimeSpan.FromMinutes(1);

    /// <summary>ERPs first, then what waits longest.</summary>
    public static IReadOnlyList<OutageNotice> Of(IReadOnlyList<ConnectionStatus> connections, DateTimeOffset now, TimeZoneInfo zone, CultureInfo culture) =>
    [
        .. connections.Where(status => IsWorthTelling(status, now)).OrderBy(status => status.Role == "erp" ? 0 : 1).ThenBy(status => status.DeferredOldest ?? now)
            .Select(status => Of(status, now, zone, culture)),
    ];

    private static bool IsWorthTelling(ConnectionStatus status, DateTimeOffset now) =>
        (status.Disabled is null ? status.IsHampered : status.DeferredCount > 0) || (status.DeferredCount > 0 && now - status.DeferredOldest > WorthTelling);

    private static OutageNotice Of(ConnectionStatus status, DateTimeOffset now, TimeZoneInfo zone, CultureInfo culture)
    {
        var (state, tone) = status switch
        {
            { Disabled: not null } => ("is disabled", Tone.Warn),
            { Pause: not null } => ("is paused", Tone.Warn),
            { Gate.Breaker: "open" } => ("does not answer", Tone.Bad),
            _ => ("is recovering", Tone.Warn),
        };
        var selling = status.Role == "erp" ? "Stores and web keep selling." : "Orders that are here go on.";
        return new OutageNotice(status.Id, tone, $"{status.Name} {state}.", $"{selling} {Waiting(status, now, zone, culture)}");
    }

    private static string Waiting(ConnectionStatus status, DateTimeOffset now, TimeZoneInfo zone, CultureInfo culture)
    {
        if (status.DeferredCount == 0)
            return "Nothing waits for it.";
        var what = $"{Say.Count(status.DeferredCount, culture)} {(status.DeferredCount == 1 ? "posting" : "postings")} worth {MoneyWords.Join(status.DeferredValues, 2, culture)}";
        var wait = $"{what} {(status.DeferredCount == 1 ? "waits" : "wait")} in order, the oldest for {Say.Age(now - (status.DeferredOldest ?? now))}";
        return DrainReading.Outlook(status, now) switch
        {
            DrainOutlook.Draining draining => $"{wait}; drained by about {Clock(now + draining.Likely, zone)}.",
            DrainOutlook.NotDraining not => $"{wait}. {not.Why}",
            _ => $"{wait}.",
        };
    }

    private static string Clock(DateTimeOffset at, TimeZoneInfo zone) => TimeZoneInfo.ConvertTime(at, zone).ToString("HH:mm", CultureInfo.InvariantCulture);
}
