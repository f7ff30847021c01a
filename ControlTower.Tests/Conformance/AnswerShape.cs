using System.Globalization;
using System.Text.Json;
using ControlTower.Simulator.Shopify.GraphQl;
using GraphQLParser;
using GraphQLParser.AST;

namespace ControlTower.Tests.Conformance;

/// <summary>
/// Checks an answer of the Admin API against the document that asked and the published schema, by its own walk over both:
/// exactly the selected fields, each of its type, none null that may not be.
/// </summary>
internal sealed class AnswerShape
{
    private static readonly Lazy<Dictionary<string, ASTNode>> Types = new(() => Parser.Parse(AdminSchema.Text(), new ParserOptions { Ignore = IgnoreOptions.All, MaxDepth = 512 })
        .Definitions.OfType<GraphQLTypeDefinition>().ToDictionary(t => t.Name.StringValue, t => (ASTNode)t, StringComparer.Ordinal));

    private readonly Dictionary<string, GraphQLFragmentDefinition> fragments;
    private readonly List<string> wrong = [];

    private AnswerShape(GraphQLDocument document) =>
        fragments = document.Definitions.OfType<GraphQLFragmentDefinition>().ToDictionary(f => f.FragmentName.Name.StringValue, StringComparer.Ordinal);

    public static IReadOnlyList<string> Problems(string query, string? operation, JsonElement data)
    {
        var document = Parser.Parse(query);
        var asked = document.Definitions.OfType<GraphQLOperationDefinition>().First(o => operation is null || o.Name?.StringValue == operation);
        var shape = new AnswerShape(document);
        shape.Object(asked.SelectionSet, asked.Operation == OperationType.Mutation ? "Mutation" : "QueryRoot", data, "");
        return shape.wrong;
    }

    private void Object(GraphQLSelectionSet? set, string type, JsonElement value, string at)
    {
        var expected = new Dictionary<string, GraphQLField>(StringComparer.Ordinal);
        var actual = value.TryGetProperty("__typename", out var name) ? name.GetString()! : type;
        Collect(set, actual, expected);
        foreach (var (key, field) in expected)
        {
            if (!value.TryGetProperty(key, out var inner)) wrong.Add($"{at}/{key}: selected but not answered");
            else if (field.Name.StringValue != "__typename") Value(field, FieldType(actual, field.Name.StringValue), inner, $"{at}/{key}");
        }

        wrong.AddRange(value.EnumerateObject().Where(p => !expected.ContainsKey(p.Name)).Select(p => $"{at}/{p.Name}: answered but not selected"));
    }

    private void Collect(GraphQLSelectionSet? set, string type, Dictionary<string, GraphQLField> into)
    {
        foreach (var selection in set?.Selections ?? [])
        {
            switch (selection)
            {
                case GraphQLField field:
                    into[field.Alias?.Name.StringValue ?? field.Name.StringValue] = field;
                    break;
                case GraphQLFragmentSpread spread:
                    var fragment = fragments[spread.FragmentName.Name.StringValue];
                    if (Applies(fragment.TypeCondition.Type.Name.StringValue, type)) Collect(fragment.SelectionSet, type, into);
                    break;
                case GraphQLInlineFragment inline when inline.TypeCondition is null || Applies(inline.TypeCondition.Type.Name.StringValue, type):
                    Collect(inline.SelectionSet, type, into);
                    break;
            }
        }
    }

    private static bool Applies(string condition, string type) => condition == type
        || (Types.Value.TryGetValue(type, out var node) && node is GraphQLObjectTypeDefinition o && o.Interfaces?.Any(i => i.Name.StringValue == condition) == true)
        || (Types.Value.TryGetValue(condition, out var union) && union is GraphQLUnionTypeDefinition u && u.Types!.Any(m => m.Name.StringValue == type));

    private static GraphQLType FieldType(string type, string field) => Types.Value[type] switch
    {
        GraphQLObjectTypeDefinition o => o.Fields!.First(f => f.Name.StringValue == field).Type,
        GraphQLInterfaceTypeDefinition i => i.Fields!.First(f => f.Name.StringValue == field).Type,
        _ => throw new InvalidOperationException($"{type} has no fields"),
    };

    private void Value(GraphQLField field, GraphQLType type, JsonElement value, string at)
    {
        switch (type)
        {
            case GraphQLNonNullType inner when value.ValueKind == JsonValueKind.Null:
                wrong.Add($"{at}: null in a field that is never null");
                break;
            case GraphQLNonNullType inner:
                Value(field, inner.Type, value, at);
                break;
            case not null when value.ValueKind == JsonValueKind.Null:
                break;
            case GraphQLListType list when value.ValueKind == JsonValueKind.Array:
                foreach (var item in value.EnumerateArray()) Value(field, list.Type, item, at + "/*");
                break;
            case GraphQLListType:
                wrong.Add($"{at}: no list");
                break;
            case GraphQLNamedType named:
                Named(field, named.Name.StringValue, value, at);
                break;
        }
    }

    private void Named(GraphQLField field, string type, JsonElement value, string at)
    {
        var fits = type switch
        {
            "String" or "ID" or "URL" or "HTML" or "FormattedString" => value.ValueKind == JsonValueKind.String,
            "Int" => value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out _),
            "Float" => value.ValueKind == JsonValueKind.Number,
            "Boolean" => value.ValueKind is JsonValueKind.True or JsonValueKind.False,
            "Money" or "Decimal" => value.ValueKind == JsonValueKind.String && decimal.TryParse(value.GetString(), NumberStyles.Float, CultureInfo.InvariantCulture, out _),
            "DateTime" => value.ValueKind == JsonValueKind.String && DateTimeOffset.TryParseExact(value.GetString(), "yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture, DateTimeStyles.None, out _),
            "UnsignedInt64" or "BigInt" => value.ValueKind == JsonValueKind.String && ulong.TryParse(value.GetString(), CultureInfo.InvariantCulture, out _),
            _ => Types.Value[type] is not GraphQLEnumTypeDefinition members || members.Values!.Any(v => v.Name.StringValue == value.GetString()),
        };
        if (!fits) wrong.Add($"{at}: '{value}' is no {type}");
        else if (value.ValueKind == JsonValueKind.Object) Object(field.SelectionSet, type, value, at);
    }
}
