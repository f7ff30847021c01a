using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace ControlTower.Sync.Telemetry;

/// <summary>Names under which the tower can be watched from outside.</summary>
public static class TowerTelemetry
{
    public const string Name = "ControlTower";

    public static readonly ActivitySource Source = new(Name);

    private static readonly Meter Meter = new(Name);

    public static readonly Counter<long> PumpRuns = Meter.CreateCounter<long>("tower.pump.runs");
    public static readonly Counter<long> PumpTaken = Meter.CreateCounter<long>("tower.pump.taken", description: "Pieces of work taken");
    public static readonly Counter<long> PumpFailed = Meter.CreateCounter<long>("tower.pump.failed");
    public static readonly Histogram<double> PumpDuration = Meter.CreateHistogram<double>("tower.pump.duration", "ms");
    public static readonly Counter<long> IngressAnswers = Meter.CreateCounter<long>("tower.ingress.answers", description: "Pushed requests by answer");
}
