using System.Text.Json;
using System.Text.Json.Serialization;
using ControlTower.Sync.Telemetry;

namespace ControlTower.Sync.Pumps;

/// <summary>What one pump did lately, as screens and metrics show it.</summary>
/// <param name="LastTaken">Size of the last batch that was not empty.</param>
public sealed record PumpGauge(
    string Name, string State, long Depth, double OldestSeconds, int LastTaken, double LastMs, long Done, long Failed, DateTimeOffset? LastRunAt, string? LastError);

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(Dictionary<string, PumpGauge>))]
public sealed partial class PumpGaugeJson : JsonSerializerContext;

/// <summary>Counts what the pumps of this node do.</summary>
public sealed class PumpMeter(TimeProvider clock)
{
    private readonly Lock gate = new();
    private readonly Dictionary<string, PumpGauge> gauges = new(StringComparer.Ordinal);

    public void Ran(string name, PumpRun run, TimeSpan took)
    {
        TowerTelemetry.PumpRuns.Add(1, new KeyValuePair<string, object?>("pump", name));
        TowerTelemetry.PumpTaken.Add(run.Taken, new KeyValuePair<string, object?>("pump", name));
        TowerTelemetry.PumpFailed.Add(run.Failed, new KeyValuePair<string, object?>("pump", name));
        TowerTelemetry.PumpDuration.Record(took.TotalMilliseconds, new KeyValuePair<string, object?>("pump", name));
        Change(name, g => g with
        {
            State = "running", LastRunAt = clock.GetUtcNow(), Done = g.Done + run.Taken - run.Failed, Failed = g.Failed + run.Failed, LastError = run.Failed > 0 ? g.LastError : null,
            LastTaken = run.Taken > 0 ? run.Taken : g.LastTaken, LastMs = run.Taken > 0 ? took.TotalMilliseconds : g.LastMs,
        });
    }

    public void Stumbled(string name, Exception error) => Change(name, g => g with { State = "stumbled", LastRunAt = clock.GetUtcNow(), LastError = error.GetType().Name });

    public void Stopped(string name) => Change(name, g => g with { State = "stopped" });

    public void Deep(string name, long depth, double oldestSeconds) => Change(name, g => g with { Depth = depth, OldestSeconds = oldestSeconds });

    public string ToJson()
    {
        lock (gate)
        {
            return JsonSerializer.Serialize(new Dictionary<string, PumpGauge>(gauges), PumpGaugeJson.Default.DictionaryStringPumpGauge);
        }
    }

    private void Change(string name, Func<PumpGauge, PumpGauge> change)
    {
        lock (gate)
        {
            gauges[name] = change(gauges.GetValueOrDefault(name) ?? new PumpGauge(name, "starting", 0, 0, 0, 0, 0, 0, null, null));
        }
    }
}
