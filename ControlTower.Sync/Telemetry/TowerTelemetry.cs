using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace ControlTower.Sync.Telemetry;

/// <summary>
/// Names under which the tower can be watched from outside. Tags hold ids of the tower, kinds and outcomes; never a payload, a person's name or a secret.
/// </summary>
public static class TowerTelemetry
{
    public const string Name = "ControlTower";

    public static readonly ActivitySource Source = new(Name);

    private static readonly Meter Meter = new(Name);

    public static readonly Counter<long> PumpRuns = Meter.CreateCounter<long>("tower.pump.runs", description: "Runs of a pump that ended well");
    public static readonly Counter<long> PumpStumbles = Meter.CreateCounter<long>("tower.pump.stumbles", description: "Runs of a pump that ended with an error");
    public static readonly Counter<long> PumpTaken = Meter.CreateCounter<long>("tower.pump.taken", description: "Pieces of work taken");
    public static readonly Counter<long> PumpFailed = Meter.CreateCounter<long>("tower.pump.failed", description: "Pieces of work that failed");
    public static readonly Counter<long> PumpOutcomes = Meter.CreateCounter<long>("tower.pump.outcomes", description: "Pieces of work by how they ended");
    public static readonly Histogram<long> PumpBatch = Meter.CreateHistogram<long>("tower.pump.batch", description: "Pieces of work in a run that had any");
    public static readonly Histogram<double> PumpDuration = Meter.CreateHistogram<double>("tower.pump.duration", "ms", "Time of a run");
    public static readonly Histogram<double> CallDuration = Meter.CreateHistogram<double>("tower.call.duration", "ms", "Time of a call to a connected system, by outcome");
    public static readonly Counter<long> IngressAnswers = Meter.CreateCounter<long>("tower.ingress.answers", description: "Pushed requests by answer");

    public static readonly Counter<long> IntegrityChecks = Meter.CreateCounter<long>("tower.integrity.checks", description: "Checks of the data by how they ended");
    public static readonly Counter<long> IntegrityViolations = Meter.CreateCounter<long>("tower.integrity.violations", description: "Offenders found, by invariant");

    // Without an exporter nothing would start a span, and a trace would end where it was received. Ids alone cost next to nothing.
    static TowerTelemetry() => ActivitySource.AddActivityListener(new ActivityListener
    {
        ShouldListenTo = static source => source.Name == Name,
        Sample = static (ref _) => ActivitySamplingResult.PropagationData,
    });

    /// <summary>Starts work that goes on from a stored trace, or a trace of its own; whatever else is going on here has no part in it. It is the current one until it is disposed.</summary>
    public static Activity? Start(string name, ActivityKind kind, ActivityContext? from)
    {
        Activity.Current = null;
        return Source.StartActivity(name, kind, from ?? default);
    }

    /// <summary>As <see cref="Start"/>, for one of many pieces of work that are done together: it does not become the current one. To be ended by <see cref="EndBeside"/>.</summary>
    public static Activity? StartBeside(string name, ActivityKind kind, ActivityContext? from, Activity? together)
    {
        var current = Activity.Current;
        Activity.Current = null;
        var beside = Source.StartActivity(name, kind, from ?? default, links: together is null ? null : [new ActivityLink(together.Context)]);
        Activity.Current = current;
        return beside;
    }

    public static void EndBeside(Activity beside)
    {
        var current = Activity.Current;
        beside.Dispose();
        Activity.Current = current;
    }

    public static void CountOutcome(string pump, string outcome) =>
        PumpOutcomes.Add(1, new KeyValuePair<string, object?>("pump", pump), new KeyValuePair<string, object?>("outcome", outcome));
}
