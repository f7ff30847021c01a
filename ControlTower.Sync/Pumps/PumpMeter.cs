using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Text.Json;
using System.Text.Json.Serialization;
using ControlTower.Sync.Telemetry;

namespace ControlTower.Sync.Pumps;

/// <summary>What one pump did lately, as screens and metrics show it.</summary>
/// <param name="LastTaken">Size of the last batch that was not empty.</param>
/// <param name="LastRunAt">End of the last run that ended well.</param>
public sealed record PumpGauge(
    string Name, string State, long Depth, double OldestSeconds, int LastTaken, double LastMs, long Done, long Failed, DateTimeOffset? LastRunAt, string? LastError);

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(Dictionary<string, PumpGauge>))]
public sealed partial class PumpGaugeJson : JsonSerializerContext;

/// <summary>Counts what the pumps of this node do.</summary>
public sealed class PumpMeter : IDisposable
{
    private readonly TimeProvider clock;
    private readonly ConcurrentDictionary<string, PumpGauge> gauges = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, long> ended = new(StringComparer.Ordinal);
    private readonly Meter meter = new(TowerTelemetry.Name);

    public PumpMeter(TimeProvider clock)
    {
        this.clock = clock;
        // Read from what was counted last: whoever watches neither waits for the database nor makes it work.
        meter.CreateObservableGauge("tower.pump.depth", () => Measure(g => g.Depth), description: "Open work, of all nodes together");
        meter.CreateObservableGauge("tower.pump.oldest_age", () => Measure(g => g.OldestSeconds), "s", "Age of the oldest open work");
    }

    public void Ran(string name, PumpRun run, TimeSpan took)
    {
        TowerTelemetry.PumpRuns.Add(1, new KeyValuePair<string, object?>("pump", name));
        TowerTelemetry.PumpTaken.Add(run.Taken, new KeyValuePair<string, object?>("pump", name));
        TowerTelemetry.PumpFailed.Add(run.Failed, new KeyValuePair<string, object?>("pump", name));
        if (run.Taken > 0)
        {
            TowerTelemetry.PumpBatch.Record(run.Taken, new KeyValuePair<string, object?>("pump", name));
        }

        ended[name] = clock.GetTimestamp();
        TowerTelemetry.PumpDuration.Record(took.TotalMilliseconds, new KeyValuePair<string, object?>("pump", name));
        Change(name, g => g with
        {
            State = run.Trouble is null ? "running" : "stumbled",
            LastRunAt = clock.GetUtcNow(),
            Done = g.Done + run.Taken - run.Failed,
            Failed = g.Failed + run.Failed,
            LastError = run.Trouble ?? (run.Failed > 0 ? g.LastError : null),
            LastTaken = run.Taken > 0 ? run.Taken : g.LastTaken,
            LastMs = run.Taken > 0 ? took.TotalMilliseconds : g.LastMs,
        });
    }

    /// <summary>A run that ended with an error is no run: <see cref="PumpGauge.LastRunAt"/> stays where it was, and readiness sees a pump that only fails.</summary>
    public void Stumbled(string name, Exception error)
    {
        TowerTelemetry.PumpStumbles.Add(1, new("pump", name), new KeyValuePair<string, object?>("error", error.GetType().Name));
        Change(name, g => g with { State = "stumbled", LastError = error.GetType().Name });
    }

    public void Stopped(string name) => Change(name, g => g with { State = "stopped" });

    public void Deep(string name, long depth, double oldestSeconds) => Change(name, g => g with { Depth = depth, OldestSeconds = oldestSeconds });

    /// <summary>How long ago a run last ended well, by the stopwatch: whoever sets the machine's clock neither hides a pump that hangs nor accuses one that runs. Null: none has.</summary>
    public TimeSpan? SinceLastRun(string name) => ended.TryGetValue(name, out var at) ? clock.GetElapsedTime(at) : null;

    public PumpGauge? Find(string name) => gauges.GetValueOrDefault(name);

    public string ToJson() => JsonSerializer.Serialize(new Dictionary<string, PumpGauge>(gauges), PumpGaugeJson.Default.DictionaryStringPumpGauge);

    public void Dispose() => meter.Dispose();

    private void Change(string name, Func<PumpGauge, PumpGauge> change) =>
        gauges.AddOrUpdate(name, _ => change(new PumpGauge(name, "starting", 0, 0, 0, 0, 0, 0, null, null)), (_, before) => change(before));

    private IEnumerable<Measurement<T>> Measure<T>(Func<PumpGauge, T> value)
        where T : struct => gauges.Values.Select(g => new Measurement<T>(value(g), new KeyValuePair<string, object?>("pump", g.Name)));
}
