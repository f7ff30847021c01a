using System.Text.Json;
using ControlTower.Simulator.Vendor;

namespace ControlTower.Simulator.BusinessCentral;

public sealed record BcField(string Name, string Type, int? MaxLength, bool Editable, IReadOnlyList<string>? Values)
{
    /// <summary>What the field holds when nobody set it: the vendor knows no null, an empty Guid and 0001-01-01 mean empty.</summary>
    public object? Empty => Values is { } values ? values[0] : Type switch
    {
        "Edm.Guid" => Guid.Empty,
        "Edm.String" => "",
        "Edm.Decimal" => 0m,
        "Edm.Boolean" => false,
        "Edm.Int32" => 0,
        "Edm.Int64" => 0L,
        "Edm.Date" => DateOnly.MinValue,
        "Edm.DateTimeOffset" => DateTimeOffset.MinValue,
        _ => null,
    };
}

/// <summary>An entity set as the vendor's source describes it.</summary>
public sealed record BcEntity(string Set, string Name, string Key, bool Insert, bool Update, bool Delete, IReadOnlyList<BcField> Fields, IReadOnlyDictionary<string, string> Navigation, IReadOnlyList<string> Actions)
{
    private readonly Dictionary<string, BcField> byName = Fields.ToDictionary(f => f.Name, StringComparer.Ordinal);

    public BcField? Field(string name) => byName.GetValueOrDefault(name);
}

/// <summary>The entity sets of API v2.0, read once from the vendor file.</summary>
public static class BcSchema
{
    private static readonly Lazy<IReadOnlyDictionary<string, BcEntity>> All = new(Read);

    public static IReadOnlyDictionary<string, BcEntity> Entities => All.Value;

    private static Dictionary<string, BcEntity> Read()
    {
        using var file = VendorFile.Open(VendorFile.BusinessCentralEntities);
        using var json = JsonDocument.Parse(file);
        return json.RootElement.GetProperty("entitySets").EnumerateObject().ToDictionary(e => e.Name, e => Entity(e.Name, e.Value), StringComparer.Ordinal);
    }

    private static BcEntity Entity(string set, JsonElement e) => new(
        set, e.GetProperty("entityName").GetString()!, Text(e, "keyField") ?? "id", Flag(e, "insert"), Flag(e, "update"), Flag(e, "delete"),
        Rows(e, "fields").Select(Field).Where(f => f.Type != "Edm.Stream").ToList(),
        Rows(e, "navigation").Where(n => n.TryGetProperty("target", out _)).ToDictionary(n => n.GetProperty("name").GetString()!, n => n.GetProperty("target").GetString()!, StringComparer.Ordinal),
        Rows(e, "boundActions").Select(a => a.GetProperty("name").GetString()!).ToList());

    private static BcField Field(JsonElement f) => new(
        f.GetProperty("name").GetString()!, f.GetProperty("type").GetString()!,
        f.TryGetProperty("maxLength", out var length) ? length.GetInt32() : null, Flag(f, "editable"),
        f.TryGetProperty("values", out var values) ? values.EnumerateArray().Select(v => v.GetString()!).ToList() : null);

    private static JsonElement.ArrayEnumerator Rows(JsonElement e, string name) => e.TryGetProperty(name, out var rows) && rows.ValueKind == JsonValueKind.Array ? rows.EnumerateArray() : default;

    private static bool Flag(JsonElement e, string name) => e.TryGetProperty(name, out var flag) && flag.ValueKind == JsonValueKind.True;

    private static string? Text(JsonElement e, string name) => e.TryGetProperty(name, out var text) && text.ValueKind == JsonValueKind.String ? text.GetString() : null;
}
