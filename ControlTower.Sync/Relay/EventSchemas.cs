using System.ComponentModel;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Schema;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace ControlTower.Sync.Relay;

/// <summary>
/// The JSON Schema (2020-12) of each published type, made from the records that are written. Open on purpose: receivers leave alone what they do not know, so that a member can be added without a new version.
/// </summary>
public static class EventSchemas
{
    private static readonly JsonSerializerOptions Attributes = new() { PropertyNamingPolicy = new OneWord(), RespectNullableAnnotations = true, TypeInfoResolver = new DefaultJsonTypeInfoResolver() };
    private static readonly JsonSerializerOptions Members = new() { PropertyNamingPolicy = JsonNamingPolicy.CamelCase, RespectNullableAnnotations = true, TypeInfoResolver = new DefaultJsonTypeInfoResolver() };
    private static readonly JsonSchemaExporterOptions Exporting = new() { TreatNullObliviousAsNonNullable = true, TransformSchemaNode = Shape };

    public static JsonObject Of(EventType type)
    {
        var data = Export(Members, typeof(FlowStep));
        Limit(data, "kind", "enum", new JsonArray(type.Flow));
        Limit(data, "stage", "enum", new JsonArray([.. type.Stages.Select(stage => (JsonNode)stage)]));
        var schema = Export(Attributes, typeof(CloudEvent));
        schema["properties"]!["data"] = data;
        Limit(schema, "type", "const", type.Type);
        Limit(schema, "specversion", "const", "1.0");
        Limit(schema, "datacontenttype", "const", "application/json");
        Limit(schema, "source", "format", "uri-reference");
        Limit(schema, "sequence", "pattern", "^[0-9]{10}$");
        schema.Insert(0, "$schema", "https://json-schema.org/draft/2020-12/schema");
        schema.Insert(1, "$id", $"urn:controltower:events:{type.Type}");
        schema.Insert(2, "title", type.Type);
        schema.Insert(3, "description", type.Words);
        return schema;
    }

    private static JsonObject Export(JsonSerializerOptions options, Type type) => options.GetJsonSchemaAsNode(type, Exporting).AsObject();

    private static void Limit(JsonObject schema, string property, string keyword, JsonNode value) => schema["properties"]![property]![keyword] = value;

    // What may be left out is told by the attribute that leaves it out; everything else is always there.
    private static JsonNode Shape(JsonSchemaExporterContext context, JsonNode node)
    {
        if (node is not JsonObject schema)
        {
            return node;
        }

        if (context.PropertyInfo is { } property)
        {
            if (MayBeMissing(property) && schema["type"] is JsonArray both)
            {
                schema["type"] = both.Select(kind => kind!.GetValue<string>()).First(kind => kind != "null");
            }

            if (Attribute<DescriptionAttribute>(property) is { } words)
            {
                schema["description"] = words.Description;
            }
        }

        if (context.TypeInfo.Kind == JsonTypeInfoKind.Object && schema.ContainsKey("properties"))
        {
            schema["required"] = new JsonArray([.. context.TypeInfo.Properties.Where(member => !MayBeMissing(member)).Select(member => (JsonNode)member.Name)]);
        }

        return schema;
    }

    private static bool MayBeMissing(JsonPropertyInfo property) => Attribute<JsonIgnoreAttribute>(property) is { Condition: JsonIgnoreCondition.WhenWritingNull };

    private static T? Attribute<T>(JsonPropertyInfo property)
        where T : Attribute => property.AttributeProvider?.GetCustomAttributes(typeof(T), inherit: true).OfType<T>().FirstOrDefault();

    // CloudEvents names its attributes in lower case without separators.
    private sealed class OneWord : JsonNamingPolicy
    {
        public override string ConvertName(string name) => name.ToLowerInvariant();
    }
}
