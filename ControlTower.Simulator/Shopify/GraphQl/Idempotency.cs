using System.Text.Json;
using GraphQL;

namespace ControlTower.Simulator.Shopify.GraphQl;

/// <summary>
/// The memory behind @idempotent: the same key with the same arguments replays the first result, with other arguments it is refused.
/// Kept in memory: the vendor does not say how long keys live.
/// </summary>
public sealed class Idempotency
{
    private readonly Lock gate = new();
    private readonly Dictionary<string, (string Arguments, object? Result)> kept = new(StringComparer.Ordinal);

    public bool Replay(string field, string key, IResolveFieldContext context, out object? result)
    {
        lock (gate)
        {
            result = null;
            if (!kept.TryGetValue(field + "/" + key, out var earlier)) return false;
            result = earlier.Arguments == Arguments(context)
                ? earlier.Result
                : throw new ExecutionError("The same idempotency key was used with different parameters.") { Code = "IDEMPOTENCY_KEY_PARAMETER_MISMATCH" };
            return true;
        }
    }

    public void Keep(string field, string key, IResolveFieldContext context, object? result)
    {
        lock (gate) kept[field + "/" + key] = (Arguments(context), result);
    }

    private static string Arguments(IResolveFieldContext context) =>
        JsonSerializer.Serialize(context.Arguments?.OrderBy(a => a.Key, StringComparer.Ordinal).ToDictionary(a => a.Key, a => a.Value.Value));
}
