using System.Text.Json;
using System.Text.Json.Serialization;

namespace ControlTower.Data.Connections;

/// <summary>What is used of a vendor's limits, as the gate's owner wrote it.</summary>
/// <param name="Limit">Requests that the vendor allows in the window; null where it states none.</param>
/// <param name="UsedByLane">Requests in the window by lane, live first.</param>
/// <param name="Points">What is left of a cost bucket; null for vendors without one.</param>
public sealed record GateBudget(
    int Used, int? Limit, double WindowSeconds, IReadOnlyList<int>? UsedByLane, double? Points, double? PointsCapacity, double? PointsRestore, int Concurrent, int Concurrency)
{
    public static GateBudget Empty { get; } = new(0, null, 0, [], null, null, null, 0, 0);

    public bool CountsPoints => PointsCapacity is > 0 && Points is not null;

    /// <summary>Share of the limit that is used, 0 to 1; null if no limit is known.</summary>
    public double? Share => CountsPoints ? Math.Clamp(1 - (Points!.Value / PointsCapacity!.Value), 0, 1)
        : Limit is > 0 ? (double)Used / Limit.Value
        : null;

    /// <summary>Share of the limit that one lane used. A cost bucket does not say who emptied it: there the requests of the window decide.</summary>
    public double ShareOf(int lane)
    {
        var all = UsedByLane?.Sum() ?? 0;
        return all == 0 || Share is not { } share || lane >= UsedByLane!.Count ? 0 : share * UsedByLane[lane] / all;
    }

    /// <summary>Reads what is stored; a gate that nobody has held yet has written nothing.</summary>
    public static GateBudget Parse(string json)
    {
        try
        {
            return JsonSerializer.Deserialize(json, GateBudgetJson.Default.GateBudget) ?? Empty;
        }
        catch (JsonException)
        {
            return Empty; // Written by another version: shown as not known.
        }
    }
}

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(GateBudget))]
internal sealed partial class GateBudgetJson : JsonSerializerContext;
