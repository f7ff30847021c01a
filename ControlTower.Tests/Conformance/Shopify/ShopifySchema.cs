using System.Text.Json;
using GraphQL;
using GraphQL.Types;
using GraphQL.Utilities;
using GraphQL.Validation;
using GraphQLParser;
using GraphQLParser.AST;

namespace ControlTower.Tests.Conformance.Shopify;

/// <summary>The vendor's published schema, and what it says about a document.</summary>
internal static class ShopifySchema
{
    private static readonly Lazy<ISchema> Published = new(Build);

    /// <summary>Every objection of the schema to the document and its variables.</summary>
    public static async Task<IReadOnlyList<string>> ObjectionsAsync(string document, string? variables = null)
    {
        var parsed = Parser.Parse(document, new ParserOptions { Ignore = IgnoreOptions.All, MaxDepth = 512 });
        var result = await new DocumentValidator().ValidateAsync(new ValidationOptions
        {
            Schema = Published.Value,
            Document = parsed,
            Operation = parsed.Definitions.OfType<GraphQLOperationDefinition>().Single(),
            Variables = variables is null ? Inputs.Empty : ((Dictionary<string, object?>)Plain(JsonDocument.Parse(variables).RootElement)!).ToInputs(),
        });
        return [.. result.Errors
            .Where(e => variables is not null || e is not InvalidVariableError)
            .Select(e => e.InnerException is { } inner ? $"{e.Message}: {inner.Message}" : e.Message)];
    }

    /// <summary>Points in the vendor's plainest reading: an object one, a page two and its size times its node, a mutation ten.</summary>
    public static int Cost(string document)
    {
        var parsed = Parser.Parse(document, new ParserOptions { Ignore = IgnoreOptions.All, MaxDepth = 512 });
        var fragments = parsed.Definitions.OfType<GraphQLFragmentDefinition>().ToDictionary(f => f.FragmentName.Name.StringValue, f => f.SelectionSet, StringComparer.Ordinal);
        var operation = parsed.Definitions.OfType<GraphQLOperationDefinition>().Single();
        var root = operation.Operation == OperationType.Mutation ? Published.Value.Mutation! : Published.Value.Query;
        return Of(operation.SelectionSet, root) + (operation.Operation == OperationType.Mutation ? 10 * operation.SelectionSet.Selections.Count : 0);

        int Of(GraphQLSelectionSet? set, IGraphType type) => (set?.Selections ?? []).Sum(selection => selection switch
        {
            GraphQLFragmentSpread spread => Of(fragments[spread.FragmentName.Name.StringValue], type),
            GraphQLField field => Field(field, (IComplexGraphType)type),
            _ => throw new InvalidOperationException("The documents have no inline fragments."),
        });

        int Field(GraphQLField field, IComplexGraphType parent)
        {
            var type = parent.Fields.Find(field.Name.StringValue)!.ResolvedType!.GetNamedType();
            var size = field.Arguments?.FirstOrDefault(a => a.Name.StringValue == "first")?.Value is GraphQLIntValue first ? int.Parse(first.Value.Span, null) : 1;
            return type is not IComplexGraphType ? 0
                : field.Name.StringValue == "nodes" ? Of(field.SelectionSet, type) + 1
                : type.Name.EndsWith("Connection", StringComparison.Ordinal) ? 2 + (size * Of(field.SelectionSet, type))
                : size * (1 + Of(field.SelectionSet, type));
        }
    }

    private static object? Plain(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => element.EnumerateObject().ToDictionary(m => m.Name, m => Plain(m.Value), StringComparer.Ordinal),
        JsonValueKind.Array => element.EnumerateArray().Select(Plain).ToList(),
        JsonValueKind.String => element.GetString(),
        JsonValueKind.Number => element.TryGetInt32(out var whole) ? (object)whole : element.GetDouble(),
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => null,
    };

    private static Schema Build()
    {
        var text = Golden.Unzipped("Vendor", "shopify", "admin-2026-07.graphql.gz");
        var document = Parser.Parse(text, new ParserOptions { Ignore = IgnoreOptions.All, MaxDepth = 512 });
        var builder = new SchemaBuilder { IgnoreComments = true };
        foreach (var type in document.Definitions.OfType<GraphQLObjectTypeDefinition>())
        {
            builder.Types.For(type.Name.StringValue).IsTypeOfFunc = _ => true;
        }

        var schema = builder.Build(text);
        foreach (var scalar in document.Definitions.OfType<GraphQLScalarTypeDefinition>())
        {
            schema.RegisterType(new AnyScalar(scalar.Name.StringValue));
        }

        schema.Initialize();
        return schema;
    }

    // The vendor's scalars (URL, Money, DateTime) are strings on the wire.
    private sealed class AnyScalar : ScalarGraphType
    {
        public AnyScalar(string name) => Name = name;

        public override bool CanParseLiteral(GraphQLValue value) => true;

        public override object? ParseLiteral(GraphQLValue value) => value.ToString();

        public override object? ParseValue(object? value) => value is string or null ? value : throw new FormatException($"{Name} is a string.");
    }
}
