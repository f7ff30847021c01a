using System.Globalization;
using ControlTower.Data.Connections;
using ControlTower.Data.Overview;
using ControlTower.Data.Triage;
using ControlTower.Sync.Connections;
using ControlTower.Sync.Gateway;
using ControlTower.Web.Pages.Overview;
using ControlTower.Web.Shared;

namespace ControlTower.Web.Pages.Wall;

/// <summary>One large figure: what it is, how much, and the line under it with its tone.</summary>
public sealed record WallFigure(string Name, string Title, string Value, string Note, Status? Standing);

/// <summary>One cause and who is on it.</summary>
public sealed record WallCause(CauseLine Line, string Count, string Owner, Status Standing);

/// <summary>One connection: whether calls flow, what waits, when that is gone.</summary>
public sealed record WallConnection(ConnectionStatus Status, string About, Status Standing, string Word, string Waiting, string Worth, string Oldest, string Empty);

/// <summary>How old what is on screen is. Behind: so old that it must be said; Old: so old that the figures are no longer to be believed.</summary>
public sealed record WallAge(string Text, bool Behind, bool Old);

/// <summary>What the boards say. Plain: answers of the shared questions and the time in, words out. The figures themselves are made where the overview has them from.</summary>
public static class WallModel
{
    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Believed = TimeSpan.FromMinutes(2);

    public static WallAge Age(DateTimeOffset? oldest, DateTimeOffset now, TimeZoneInfo zone) => oldest switch
    {
        null => new("No data yet", Behind: true, Old: false),
        { } at when now - at <= Fresh => new($"Live, {Say.Age(now - at)} ago", Behind: false, Old: false),
        { } at => new($"No data since {Clock(at, zone)}", Behind: true, Old: now - at > Believed),
    };

    /// <summary>The four figures of the order flow; without an answer each says so.</summary>
    public static IReadOnlyList<WallFigure> Figures(
        OverviewFigures? figures, IReadOnlyList<ConnectionStatus>? connections, DateTimeOffset now, TimeZoneInfo zone, CultureInfo culture)
    {
        var tiles = figures is null ? FigureTiles.Loading : FigureTiles.Of(figures, now, zone, culture, exceptions: false);
        var risk = Of(tiles[0], culture);
        // Across a room there is room for one thing under a figure. What is at risk in other currencies comes before how it moved.
        if (figures is { Risk.Values: { Count: > 1 } values })
            risk = risk with { Note = $"also {MoneyWords.Join([.. values.Skip(1)], 2, culture)}" };
        return [risk, Waiting(connections, now, zone, culture), Of(tiles[2], culture), Of(tiles[1], culture)];
    }

    public static IReadOnlyList<WallCause> Causes(IReadOnlyList<Cause> causes, CultureInfo culture) =>
        [.. causes.Zip(CauseLine.Of(causes, culture), (cause, line) => Of(cause, line, culture))];

    /// <summary>What does not flow freely first, then what waits longest.</summary>
    public static IReadOnlyList<WallConnection> Connections(IReadOnlyList<ConnectionStatus> connections, DateTimeOffset now, TimeZoneInfo zone, CultureInfo culture) =>
    [
        .. connections.OrderBy(status => status.IsHampered ? 0 : 1).ThenBy(status => status.DeferredOldest ?? DateTimeOffset.MaxValue).ThenBy(status => status.Role == "erp" ? 0 : 1)
            .ThenBy(status => status.Name, StringComparer.Ordinal).Select(status => Of(status, now, zone, culture)),
    ];

    /// <summary><c>EU and UK</c>: of where the connections are; the brand where only one is shown.</summary>
    public static string Scope(string? brand, IReadOnlyList<ConnectionStatus>? connections)
    {
        if (brand is not null)
            return brand;
        var regions = (connections ?? []).Select(status => status.Region).OfType<string>().Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).ToList();
        return regions.Count switch { 0 or > 4 => "", 1 => regions[0], _ => $"{string.Join(", ", regions.SkipLast(1))} and {regions[^1]}" };
    }

    private static WallFigure Of(FigureTile tile, CultureInfo culture) => tile.State switch
    {
        MetricState.Loading => new(tile.Kpi.Name, tile.Kpi.Title, Say.None, "No answer yet", null),
        MetricState.NotEnough => new(tile.Kpi.Name, tile.Kpi.Title, Say.None, $"Not enough data, {Say.Count(tile.N ?? 0, culture)} so far", null),
        MetricState.OverTarget => new(tile.Kpi.Name, tile.Kpi.Title, tile.Value, $"target {tile.Target}", tile.Worse ? Status.Bad : Status.Warn),
        MetricState.OnTarget => new(tile.Kpi.Name, tile.Kpi.Title, tile.Value, $"target {tile.Target}", Status.Ok),
        _ => new(tile.Kpi.Name, tile.Kpi.Title, tile.Value, $"{tile.Change?.Text}{First(tile.Note)}", tile.Change?.Tone switch { Tone.Bad => Status.Bad, Tone.Warn => Status.Warn, Tone.Ok => Status.Ok, _ => null }),
    };

    private static string? First(string? note) => note?.Split(" · ", 2)[0].Split(". ", 2)[0];

    private static WallFigure Waiting(IReadOnlyList<ConnectionStatus>? connections, DateTimeOffset now, TimeZoneInfo zone, CultureInfo culture)
    {
        const string name = "waiting-erp", title = "Waiting for the ERP";
        if (connections is null)
            return new(name, title, Say.None, "No answer yet", null);
        var erps = connections.Where(status => status.Role == "erp").ToList();
        if (erps.Count == 0)
            return new(name, title, Say.None, "No ERP is connected here", null);
        var count = erps.Sum(status => status.DeferredCount);
        if (count == 0)
            return new(name, title, "0", erps.Any(status => status.IsHampered) ? "an ERP is away" : "every ERP takes postings", erps.Any(status => status.IsHampered) ? Status.Warn : Status.Ok);
        var outlooks = erps.Where(status => status.DeferredCount > 0).Select(status => DrainReading.Outlook(status, now)).ToList();
        var empty = outlooks.All(outlook => outlook is DrainOutlook.Draining)
            ? $"empty about {Clock(now + outlooks.OfType<DrainOutlook.Draining>().Max(draining => draining.Likely), zone)}"
            : "not draining yet";
        var worth = MoneyWords.Join(CurrencySum.Merge(erps.SelectMany(status => status.Deferred).SelectMany(lane => lane.Values)), 2, culture);
        return new(name, title, Say.Count(count, culture), $"{worth}, {empty}", erps.Any(status => status.Gate.Breaker == "open") ? Status.Bad : Status.Warn);
    }

    private static WallCause Of(Cause cause, CauseLine line, CultureInfo culture)
    {
        var (owner, standing) = cause switch
        {
            { Retrying: > 0, HeldBy: { } by } => ($"{by}, retrying", Status.Run),
            { Retrying: > 0 } => ($"retrying {Say.Count(cause.Retrying, culture)}", Status.Run),
            { HeldBy: { } by } => (by, Status.Held),
            { Taken: 0 } => ("nobody yet", Status.Bad),
            _ when cause.Taken < cause.Count => ($"{Say.Count(cause.Count - cause.Taken, culture)} with nobody", Status.Warn),
            _ => ("several people", Status.Held),
        };
        return new WallCause(line, line.Cases, owner, standing);
    }

    private static WallConnection Of(ConnectionStatus status, DateTimeOffset now, TimeZoneInfo zone, CultureInfo culture)
    {
        var circuit = ConnectionWords.CircuitOf(status);
        var (standing, word) = SystemRef.Say(circuit);
        if (circuit is Circuit.Closed or Circuit.HalfOpen or Circuit.Open)
            word = $"Circuit {word.ToLowerInvariant()}";
        var about = string.Join(" · ", new[] { ConnectionWords.Role(status.Role), ConnectionWords.Vendor(status.Kind), status.Region }.Where(part => !string.IsNullOrEmpty(part)));
        var empty = DrainReading.Outlook(status, now) switch
        {
            DrainOutlook.Draining draining => $"empty about {Clock(now + draining.Likely, zone)}",
            DrainOutlook.NotDraining => "not draining yet",
            _ => "nothing waits",
        };
        return new WallConnection(
            status, about, standing, word, Say.Count(status.DeferredCount, culture), status.DeferredCount == 0 ? "" : MoneyWords.Join(status.DeferredValues, 2, culture),
            status.DeferredOldest is { } oldest ? $"oldest {Say.Age(now - oldest)}" : "", empty);
    }

    private static string Clock(DateTimeOffset at, TimeZoneInfo zone) => TimeZoneInfo.ConvertTime(at, zone).ToString("HH:mm", CultureInfo.InvariantCulture);
}
