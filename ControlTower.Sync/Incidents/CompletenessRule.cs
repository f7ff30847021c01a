using System.Globalization;
using System.Text.Json;
using ControlTower.Data.Incidents;

namespace ControlTower.Sync.Incidents;

/// <summary>The books lack more orders of a channel or store than the rule allows. An order is missing from the time at which the books should have had it.</summary>
public static class CompletenessRule
{
    public static Condition? Judge(GapReading gap, IncidentRule rule) => gap.Missing <= rule.Most ? null : new Condition(
        IncidentKind.Completeness, gap.Store is { } store ? $"{gap.Channel}/{store}" : gap.Channel, $"Orders of {gap.Name}{(gap.Store is { } of ? $", {of}" : "")} are missing in the books", rule.Severity,
        string.Create(CultureInfo.InvariantCulture, $"{gap.Missing} orders are due in the books and not there."), gap.First, null, gap.Brand, gap.Channel,
        gap.Store is { } named ? $$"""{"store": "{{JsonEncodedText.Encode(named)}}"}""" : null);
}
