using System.Globalization;
using ControlTower.Data.Incidents;

namespace ControlTower.Sync.Incidents;

/// <summary>A system does not answer: its breaker is not closed. Tests that succeed in between do not end it; only a closed breaker does.</summary>
public static class ConnectionRule
{
    public static Condition? Judge(GateReading gate, IncidentRule rule) => gate.Breaker == "closed" ? null : new Condition(
        IncidentKind.Connection, gate.Connection, $"{gate.Name} does not answer", rule.Severity,
        string.Create(CultureInfo.InvariantCulture, $"The breaker is {gate.Breaker}{(gate.Reason is { Length: > 0 } why ? $": {why}" : "")}. {gate.Waiting} deliveries wait."),
        gate.Began is { } began && began < gate.Since ? began : gate.Since, gate.Since, gate.Brand, gate.Connection);
}
