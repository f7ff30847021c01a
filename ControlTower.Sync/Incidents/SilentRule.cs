using System.Globalization;
using System.Text.Json;
using ControlTower.Data.Incidents;

namespace ControlTower.Sync.Incidents;

/// <summary>A channel or store sends far fewer orders than in the quietest of the same hours before. What it harmed is not known, because it did not come; it began after the last order that did.</summary>
public static class SilentRule
{
    public static Condition? Judge(SilenceReading place, IncidentRule rule) => !place.Silent ? null : new Condition(
        IncidentKind.Silent, place.Store is { } store ? $"{place.Channel}/{store}" : place.Channel, $"{place.Name}{(place.Store is { } of ? $", {of}" : "")} is silent", rule.Severity,
        string.Create(CultureInfo.InvariantCulture, $"{place.Recent} orders in the last hour, usually {place.Expected:0.#}."), place.LastAt, null, place.Brand, place.Channel,
        place.Store is { } named ? $$"""{"store": "{{JsonEncodedText.Encode(named)}}"}""" : null);
}
