using System.Globalization;
using System.Text.Json;

namespace ControlTower.Simulator.BusinessCentral;

/// <summary>Reads a JSON value into a field's type and refuses what does not fit, in the vendor's words.</summary>
public static class BcValue
{
    public static object? Read(BcEntity entity, BcField field, JsonElement json)
    {
        if (json.ValueKind == JsonValueKind.Null) return field.Empty;
        if (field.Values is { } values) return Member(field, values, json);
        return field.Type switch
        {
            "Edm.String" when json.ValueKind == JsonValueKind.String => Text(field, json.GetString()!),
            "Edm.Guid" when json.ValueKind == JsonValueKind.String => Guid.TryParse(json.GetString(), out var id) ? id : throw new BcError(400, "Application_InvalidGUID", $"The GUID '{json.GetString()}' of the property '{field.Name}' is not valid."),
            "Edm.Decimal" when json.ValueKind == JsonValueKind.Number => json.GetDecimal(),
            "Edm.Boolean" when json.ValueKind is JsonValueKind.True or JsonValueKind.False => json.GetBoolean(),
            "Edm.Int32" when json.ValueKind == JsonValueKind.Number && json.TryGetInt32(out var small) => small,
            "Edm.Int64" when json.ValueKind == JsonValueKind.Number && json.TryGetInt64(out var large) => large,
            "Edm.Date" when json.ValueKind == JsonValueKind.String && DateOnly.TryParseExact(json.GetString(), "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var date) => date,
            "Edm.DateTimeOffset" when json.ValueKind == JsonValueKind.String && DateTimeOffset.TryParse(json.GetString(), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) => time.ToUniversalTime(),
            _ => throw BcError.Bad($"Cannot convert the literal '{json.GetRawText()}' to the expected type '{field.Type}' (property '{field.Name}' of {entity.Name})."),
        };
    }

    private static string Text(BcField field, string text) => field.MaxLength is { } most && text.Length > most
        ? throw new BcError(400, "Application_StringExceededLength", $"The length of the string is {text.Length}, but it must be less than or equal to {most} characters. Value: {text}")
        : text;

    /// <summary>Members travel encoded; the plain spelling is understood as well.</summary>
    private static string Member(BcField field, IReadOnlyList<string> values, JsonElement json)
    {
        var text = json.ValueKind == JsonValueKind.String ? json.GetString()! : json.GetRawText();
        return values.FirstOrDefault(v => v == text || Decode(v) == text)
            ?? throw BcError.Bad($"'{text}' is not an option. The existing options are: {string.Join(",", values.Select(Decode))}");
    }

    public static string Decode(string member) => System.Text.RegularExpressions.Regex.Replace(
        member, "_x(?<code>[0-9A-F]{4})_", m => ((char)int.Parse(m.Groups["code"].Value, NumberStyles.HexNumber, CultureInfo.InvariantCulture)).ToString(),
        System.Text.RegularExpressions.RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(1));
}
