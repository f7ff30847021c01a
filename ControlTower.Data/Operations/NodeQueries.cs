using System.Text.Json;
using System.Text.Json.Serialization;
using ControlTower.Data.Db;

namespace ControlTower.Data.Operations;

/// <summary>A process of the tower, as it last said of itself.</summary>
/// <param name="Silence">Since its last beat, by the database's clock.</param>
/// <param name="ClockOff">How far the clock of its machine is ahead of the database's; null: not known.</param>
public sealed record NodeLine(Guid Id, string Roles, string Host, string Version, DateTimeOffset StartedAt, DateTimeOffset BeatAt, TimeSpan Silence, TimeSpan? ClockOff, IReadOnlyList<PumpReading> Pumps)
{
    /// <summary>A node beats every five seconds; from here on it may be gone.</summary>
    public static readonly TimeSpan Stale = TimeSpan.FromSeconds(15);

    /// <summary>A clock that is off by more is told: vendors take that much for granted when they sign a message with its time.</summary>
    public static readonly TimeSpan ClockTolerance = TimeSpan.FromSeconds(5);

    public bool IsStale => Silence > Stale;

    public static bool IsOff(TimeSpan? clock) => clock is { } off && off.Duration() > ClockTolerance;
}

/// <summary>What one pump of one node does.</summary>
/// <param name="State"><c>starting</c>, <c>running</c>, <c>stumbled</c> or <c>stopped</c>.</param>
/// <param name="Depth">Open work of this kind, of all nodes together.</param>
/// <param name="LastTaken">Size of the last batch that was not empty.</param>
public sealed record PumpReading(
    string Name, string State, long Depth, double OldestSeconds, int LastTaken, double LastMs, long Done, long Failed, DateTimeOffset? LastRunAt, string? LastError);

/// <summary>Reads of the processes. Reading again is always safe.</summary>
public sealed class NodeQueries(TowerDataSources sources)
{
    /// <summary>All nodes that were heard of within the last hour, oldest first.</summary>
    public async Task<IReadOnlyList<NodeLine>> AllAsync(CancellationToken cancel = default) =>
        await sources.Read.Command("select id, roles, host, version, started_at, beat_at, greatest(now() - beat_at, '0'), clock_off, pumps::text from node where beat_at > now() - interval '1 hour' order by started_at, id")
            .ListAsync(
                r => new NodeLine(
                    r.GetGuid(0), r.GetString(1), r.GetString(2), r.GetString(3), r.GetFieldValue<DateTimeOffset>(4), r.GetFieldValue<DateTimeOffset>(5), r.GetTimeSpan(6), r.IsDBNull(7) ? null : r.GetTimeSpan(7), Pumps(r.GetString(8))),
                cancel);

    private static IReadOnlyList<PumpReading> Pumps(string json)
    {
        try
        {
            return [.. (JsonSerializer.Deserialize(json, PumpReadingJson.Default.DictionaryStringPumpReading) ?? []).Values.OrderBy(pump => pump.Name, StringComparer.Ordinal)];
        }
        catch (JsonException)
        {
            return []; // Written by another version of the tower.
        }
    }
}

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(Dictionary<string, PumpReading>))]
internal sealed partial class PumpReadingJson : JsonSerializerContext;
