using System.ComponentModel;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Schema;
using System.Text.Json.Serialization.Metadata;

namespace ControlTower.Web.Api;

/// <summary>JSON Schemas of what goes in and out, by the serializer's own word, each object type once by its name.</summary>
internal sealed class ApiSchemas
{
    private readonly SortedDictionary<string, JsonObject> all = new(StringComparer.Ordinal);

    public JsonObject All() => new(all.Select(s => KeyValuePair.Create<string, JsonNode?>(s.Key, s.Value.DeepClone())));

    /// <param name="asked">What is sent to us: then a member that is not named is refused. Answers may get more members.</param>
    public JsonNode Of(JsonTypeInfo type, bool asked) => Deep(type).GetJsonSchemaAsNode(new JsonSchemaExporterOptions
    {
        TreatNullObliviousAsNonNullable = true,
        TransformSchemaNode = (context, node) => Transform(context, node, asked),
    });

    // A schema is deeper than what it describes, and what is read is kept shallow.
    private static JsonTypeInfo Deep(JsonTypeInfo type) => new JsonSerializerOptions(type.Options) { MaxDepth = 64 }.GetTypeInfo(type.Type);

    private JsonNode Transform(JsonSchemaExporterContext context, JsonNode node, bool asked)
    {
        if (node is not JsonObject schema)
            return node;
        var words = context.PropertyInfo?.AssociatedParameter?.AttributeProvider?.GetCustomAttributes(typeof(DescriptionAttribute), inherit: false) is [DescriptionAttribute said, ..] ? said.Description : null;
        if (context.TypeInfo.Kind is not JsonTypeInfoKind.Object)
        {
            if (words is not null)
                schema.Insert(0, "description", words);
            return schema;
        }

        var orNull = Plain(schema);
        if (!asked)
            schema.Remove("additionalProperties");
        var name = Name(context.TypeInfo.Type);
        all.TryAdd(name, (JsonObject)schema.DeepClone());
        var reference = new JsonObject { ["$ref"] = $"#/components/schemas/{name}" };
        return orNull ? new JsonObject { ["anyOf"] = new JsonArray(reference, new JsonObject { ["type"] = "null" }) } : reference;
    }

    // "object or null" as object; true if it was.
    private static bool Plain(JsonObject schema)
    {
        if (schema["type"] is not JsonArray)
            return false;
        schema["type"] = "object";
        return true;
    }

    private static string Name(Type type) => type == typeof(ProblemBody) ? "Problem" : type.Name;
}
