using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace ControlTower.Sync.Pumps;

/// <summary>
/// Every pump of this node has ended a run well within <see cref="Longest"/>. A pump that hangs, or whose every run fails, does not; the node may beat all the same. Pumps look every five
/// seconds at most, and the longest honest run is a few statements, each of which the database ends after twenty seconds.
/// </summary>
public sealed class PumpsRunning(IEnumerable<IPump> pumps, PumpMeter meter) : IHealthCheck
{
    public static readonly TimeSpan Longest = TimeSpan.FromSeconds(60);

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var still = pumps.Select(p => p.Name).Where(name => meter.SinceLastRun(name) is not { } since || since > Longest).ToList();
        return Task.FromResult(still.Count == 0
            ? HealthCheckResult.Healthy()
            : new HealthCheckResult(context.Registration.FailureStatus, $"No run of {string.Join(", ", still)} has ended well within {Longest.TotalSeconds:0} s."));
    }
}
