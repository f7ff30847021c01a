using System.Text.Json;

namespace ControlTower.Simulator.BusinessCentral;

/// <summary>Writes a request body onto a record: unknown and read-only properties are refused, as the vendor does.</summary>
internal static class BcBody
{
    /// <param name="deep">A navigation property that the caller handles itself.</param>
    public static void Apply(BcRecord record, JsonElement body, string? deep)
    {
        if (body.ValueKind != JsonValueKind.Object) throw BcError.Bad("The request body must be a JSON object.");
        foreach (var property in body.EnumerateObject())
        {
            if (property.Name == deep || property.Name.Contains('@', StringComparison.Ordinal)) continue;
            var field = record.Entity.Field(property.Name) ?? throw BcError.Bad(
                $"The property '{property.Name}' does not exist on type 'Microsoft.NAV.{record.Entity.Name}'. Make sure to only use property names that are defined by the type.");
            if (!field.Editable) throw BcError.Bad($"Control '{field.Name}' is read-only.");
            record[field.Name] = BcValue.Read(record.Entity, field, property.Value);
        }
    }
}
