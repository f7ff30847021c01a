using System.Text.Json;
using System.Text.Json.Serialization;
using ControlTower.Data.Connections;

namespace ControlTower.Sync.Gateway;

/// <summary>What screens see of a gate.</summary>
public static class GateView
{
    public static GateState Of(ConnectionGate gate, long fence)
    {
        var breaker = gate.Breaker;
        return new GateState(
            gate.Id, fence, Word(breaker.State), breaker.Since, breaker.Reason, breaker.ProbesDone, breaker.Rule.Probes, breaker.NextProbeAt, gate.NotBefore,
            JsonSerializer.Serialize(gate.Budget.View(gate.InFlight), BudgetJson.Default.BudgetView));
    }

    private static string Word(BreakerState state) => state switch
    {
        BreakerState.Closed => "closed",
        BreakerState.Open => "open",
        _ => "half-open",
    };
}

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(BudgetView))]
public sealed partial class BudgetJson : JsonSerializerContext;
