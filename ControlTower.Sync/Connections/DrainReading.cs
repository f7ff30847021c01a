using ControlTower.Data.Connections;
using ControlTower.Sync.Gateway;

namespace ControlTower.Sync.Connections;

/// <summary>Reads from a connection's figures what the forecast of its deferred postings needs. Pure.</summary>
public static class DrainReading
{
    private const int Live = LaneQueue.LiveLane;
    private const int Deferred = LaneQueue.DeferredLane;

    public static DrainOutlook Outlook(ConnectionStatus status, DateTimeOffset now) => DrainForecast.Of(Of(status, now));

    public static DrainInput Of(ConnectionStatus status, DateTimeOffset now)
    {
        var (budget, pace) = (status.Gate.Budget, status.Pace);
        var (live, deferred) = (pace.Of(Live), pace.Of(Deferred));
        var (requests, settled) = (live.Requests + deferred.Requests, live.Settled + deferred.Settled);
        // Just after the circuit turned, five minutes would mostly measure the outage.
        var settledPerSecond = now - status.Gate.Since < CallPace.Window ? deferred.LastMinute / 60.0 : deferred.Settled / CallPace.Window.TotalSeconds;
        return new DrainInput(
            status.DeferredCount, status.Pause is not null, status.Gate.Breaker == "open", status.Gate.Breaker == "half-open",
            budget is { Limit: { } limit, WindowSeconds: > 0 } ? limit / budget.WindowSeconds : null, live.Requests / CallPace.Window.TotalSeconds,
            settled == 0 ? 1 : Math.Clamp((double)requests / settled, 1, 20), budget.Concurrency,
            requests == 0 ? null : ((live.AverageMs * live.Requests) + (deferred.AverageMs * deferred.Requests)) / requests / 1000, settledPerSecond,
            Arriving: 0); // What is new goes by the live lane.
    }
}
