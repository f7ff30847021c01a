using ControlTower.Data.Connections;
using ControlTower.Data.Overview;

namespace ControlTower.Web.Pages.Overview;

/// <summary>Every minute of the window, oldest first, those without orders included, and what happened to connections meanwhile.</summary>
public sealed record OrderMinutes(IReadOnlyList<OrderMinute> Minutes, IReadOnlyList<ConnectionTurn> Turns);

/// <summary>
/// The last 80 full minutes, kept from one question to the next: only what may still change is read again, so that the chart costs the same at noon as at night.
/// </summary>
public sealed class RollingMinutes(OverviewQueries overview, ConnectionDetailQueries connections, TimeProvider clock)
{
    public const int Shown = 80;

    /// <summary>An event is dated when its transaction began; nothing commits later than this after it.</summary>
    private static readonly TimeSpan Settles = TimeSpan.FromMinutes(2);

    private readonly SortedDictionary<DateTimeOffset, OrderMinute> kept = [];
    private DateTimeOffset? readUntil;

    public async Task<OrderMinutes> ReadAsync(CancellationToken cancel)
    {
        var now = Floor(clock.GetUtcNow());
        var first = now.AddMinutes(-Shown);
        var from = readUntil is { } until && until - Settles > first ? until - Settles : first;
        var minutes = await overview.MinutesAsync(from, cancel);
        foreach (var old in kept.Keys.Where(at => at < first || at >= from).ToList())
            kept.Remove(old);
        foreach (var minute in minutes)
            kept[minute.At] = minute;
        readUntil = now;
        var turns = await connections.TurnsAsync(null, first, cancel);
        return new OrderMinutes([.. Enumerable.Range(0, Shown).Select(i => At(first.AddMinutes(i)))], turns);
    }

    private OrderMinute At(DateTimeOffset at) => kept.TryGetValue(at, out var minute) ? minute : new OrderMinute(at, 0, 0);

    private static DateTimeOffset Floor(DateTimeOffset at) => new(at.UtcTicks / TimeSpan.TicksPerMinute * TimeSpan.TicksPerMinute, TimeSpan.Zero);
}
