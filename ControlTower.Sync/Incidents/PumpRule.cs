using System.Globalization;
using ControlTower.Data.Incidents;

namespace ControlTower.Sync.Incidents;

/// <summary>A pump has not ended a run well on any node for longer than the rule allows. One that was stopped with its node, on purpose, does not stand still.</summary>
public static class PumpRule
{
    public static Condition? Judge(PumpRunReading pump, IncidentRule rule) =>
        pump.Stopped || pump.LastRun is not { } last || pump.Now - last < TimeSpan.FromMinutes(Math.Max(1, rule.AfterMinutes)) ? null : new Condition(
            IncidentKind.Pump, pump.Pump, $"Pump {pump.Pump} stands still", rule.Severity,
            string.Create(CultureInfo.InvariantCulture, $"No run ended well on any node for {(pump.Now - last).TotalMinutes:0} min."), last, last);
}
