using System.Globalization;
using System.Text;
using System.Text.Json;

namespace ControlTower.Simulator.BusinessCentral;

/// <summary>One record of an entity set: typed values by field name, and a version that its etag shows.</summary>
public sealed class BcRecord
{
    private readonly Dictionary<string, object?> values;

    public BcRecord(BcEntity entity)
    {
        Entity = entity;
        values = entity.Fields.ToDictionary(f => f.Name, f => f.Empty, StringComparer.Ordinal);
    }

    private BcRecord(BcRecord other)
    {
        Entity = other.Entity;
        values = new Dictionary<string, object?>(other.values, StringComparer.Ordinal);
        Version = other.Version;
    }

    public BcEntity Entity { get; }

    public long Version { get; set; } = 1;

    public Guid Id => (Guid)values["id"]!;

    public object? this[string field]
    {
        get => values[field];
        set => values[values.ContainsKey(field) ? field : throw new KeyNotFoundException($"{Entity.Set} has no field {field}.")] = value;
    }

    public string Text(string field) => (string)values[field]!;
    public decimal Number(string field) => (decimal)values[field]!;
    public Guid Ref(string field) => (Guid)values[field]!;
    public bool Flag(string field) => (bool)values[field]!;
    public DateOnly Date(string field) => (DateOnly)values[field]!;

    public string Etag => "W/\"" + Convert.ToBase64String(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{Id:N};{Version};"))) + "\"";

    public BcRecord Copy() => new(this);

    /// <summary>Takes over the fields that both sets have under the same name, but not identity.</summary>
    public BcRecord Inherit(BcRecord from)
    {
        foreach (var field in Entity.Fields.Where(f => f.Name is not ("id" or "number" or "documentId" or "status") && from.Entity.Field(f.Name)?.Type == f.Type)) values[field.Name] = from[field.Name];
        return this;
    }

    public JsonElement ToStored() => JsonSerializer.SerializeToElement(values.Append(KeyValuePair.Create("@version", (object?)Version)).ToDictionary(p => p.Key, p => Wire(p.Value)));

    public static BcRecord FromStored(BcEntity entity, JsonElement stored)
    {
        var record = new BcRecord(entity);
        foreach (var property in stored.EnumerateObject())
        {
            if (property.Name == "@version") record.Version = property.Value.GetInt64();
            else if (entity.Field(property.Name) is { } field) record.values[field.Name] = BcValue.Read(entity, field, property.Value);
        }

        return record;
    }

    /// <summary>How a value travels.</summary>
    public static object? Wire(object? value) => value switch
    {
        DateOnly date => date.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
        DateTimeOffset time => time.UtcDateTime.ToString(time.Millisecond == 0 ? "yyyy-MM-dd'T'HH:mm:ss'Z'" : "yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture),
        Guid id => id.ToString(),
        _ => value,
    };
}
