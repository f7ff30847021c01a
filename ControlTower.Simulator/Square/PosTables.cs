using System.Text.Json;
using System.Text.Json.Nodes;
using ControlTower.Simulator.Ledger;

namespace ControlTower.Simulator.Square;

/// <summary>The account's objects by set and id, in the order in which they were first kept. Objects are replaced, never changed, so readers need no copies.</summary>
internal sealed class PosTables
{
    private readonly Dictionary<string, Dictionary<string, JsonObject>> sets = new(StringComparer.Ordinal);

    public JsonObject? Find(string set, string id) => sets.GetValueOrDefault(set)?.GetValueOrDefault(id);

    public IEnumerable<JsonObject> All(string set) => sets.GetValueOrDefault(set)?.Values ?? Enumerable.Empty<JsonObject>();

    public int Count(string set) => sets.GetValueOrDefault(set)?.Count ?? 0;

    public Put Keep(string set, string id, JsonObject value)
    {
        (sets.TryGetValue(set, out var rows) ? rows : sets[set] = new(StringComparer.Ordinal))[id] = value;
        return EffectBook.Put(set, id, value);
    }

    public void Restore(Put put)
    {
        if (put.Value is { ValueKind: JsonValueKind.Object } value) Keep(put.Set, put.Id, JsonObject.Create(value)!);
    }
}
