using ControlTower.Simulator.Vendor;
using ControlTower.Tests.Support;
using GraphQL;
using GraphQL.Types;
using GraphQLParser.AST;

namespace ControlTower.Tests.Conformance.Shopify;

/// <summary>The vendor's published schema, and what it says about a document.</summary>
internal static class ShopifySchema
{
    private static readonly PublishedSchema Published = new(() => VendorFile.ReadText(VendorFile.ShopifySchema));

    /// <summary>Every objection of the schema to the document and its variables.</summary>
    public static Task<IReadOnlyList<string>> ObjectionsAsync(string document, string? variables = null) => Published.ObjectionsAsync(document, variables);

    /// <summary>Points in the vendor's plainest reading: an object one, a page two and its size times its node, a mutation ten.</summary>
    public static int Cost(string document)
    {
        var parsed = PublishedSchema.Parse(document);
        var fragments = parsed.Definitions.OfType<GraphQLFragmentDefinition>().ToDictionary(f => f.FragmentName.Name.StringValue, f => f.SelectionSet, StringComparer.Ordinal);
        var operation = parsed.Definitions.OfType<GraphQLOperationDefinition>().Single();
        var root = operation.Operation == OperationType.Mutation ? Published.Schema.Mutation! : Published.Schema.Query;
        return Of(operation.SelectionSet, root) + (operation.Operation == OperationType.Mutation ? 10 * operation.SelectionSet.Selections.Count : 0);

        int Of(GraphQLSelectionSet? set, IGraphType type) => (set?.Selections ?? []).Sum(selection => selection switch
        {
            GraphQLFragmentSpread spread => Of(fragments[spread.FragmentName.Name.StringValue], type),
            GraphQLField field => Field(field, (IComplexGraphType)type),
            GraphQLInlineFragment inline => Of(inline.SelectionSet, Published.Schema.AllTypes[inline.TypeCondition!.Type.Name.StringValue]!),
            _ => throw new InvalidOperationException($"No rule for the cost of {selection.Kind}."),
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
}
