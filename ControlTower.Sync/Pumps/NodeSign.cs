using System.Diagnostics.Metrics;
using ControlTower.Data.Db;
using ControlTower.Data.Operations;
using ControlTower.Sync.Telemetry;
using Microsoft.Extensions.Logging;

namespace ControlTower.Sync.Pumps;

/// <summary>
/// This node's sign of life. Each finds out how far the machine's clock is from the database's, and the next one says it: leases, timers and holds go by the database's clock alone, but a vendor's
/// signature that tells the time is judged by the machine's.
/// </summary>
public sealed partial class NodeSign : IDisposable
{
    /// <summary>An answer that took longer than this says too little of the time in between.</summary>
    private static readonly TimeSpan Sharp = TimeSpan.FromSeconds(1);

    private readonly TowerDataSources data;
    private readonly NodeIdentity node;
    private readonly TimeProvider clock;
    private readonly ILogger<NodeSign> log;
    private readonly Meter meter = new(TowerTelemetry.Name);
    private TimeSpan? off;
    private bool told;

    public NodeSign(TowerDataSources data, NodeIdentity node, TimeProvider clock, ILogger<NodeSign> log)
    {
        (this.data, this.node, this.clock, this.log) = (data, node, clock, log);
        meter.CreateObservableGauge("tower.node.clock_off", () => off?.TotalSeconds ?? 0, "s", "How far this machine's clock is ahead of the database's");
    }

    public async Task GiveAsync(string pumpsJson, CancellationToken cancel)
    {
        var began = clock.GetTimestamp();
        var theirs = await NodeStore.BeatAsync(data.Work, node.Id, node.Roles, node.Host, node.Version, pumpsJson, off, cancel);
        var took = clock.GetElapsedTime(began);
        if (took > Sharp)
        {
            return;
        }

        off = clock.GetUtcNow() - (took / 2) - theirs;
        if (NodeLine.IsOff(off) != told)
        {
            told = !told;
            Turned(log, told ? LogLevel.Warning : LogLevel.Information, off.Value.TotalSeconds);
        }
    }

    public void Dispose() => meter.Dispose();

    [LoggerMessage(EventId = 2804, Message = "The clock of this machine is {Seconds:0.0} s ahead of the database's")]
    private static partial void Turned(ILogger log, LogLevel level, double seconds);
}
