using GraphQL;
using GraphQL.Execution;
using GraphQL.Types;
using GraphQL.Validation;
using GraphQLParser;
using GraphQLParser.AST;

namespace ControlTower.Simulator.Shopify.GraphQl;

/// <summary>
/// Points of a document: a scalar is free, an object one, a connection two and its page size times its node, a mutation ten.
/// Money amounts, page marks and small value pairs are free. The vendor fixes costs per field and publishes only these rules, so figures are close, not equal.
/// </summary>
internal static class QueryCost
{
    public const int Largest = 1000;
    private const int Mutation = 10;

    private static readonly HashSet<string> Free = new(StringComparer.Ordinal) { "MoneyV2", "PageInfo", "Attribute", "UserError", "ApiVersion", "PricingPercentageValue", "Count" };

    /// <summary>Before it runs: every page full.</summary>
    public static int Requested(ISchema schema, GraphQLDocument document, GraphQLOperationDefinition operation, IReadOnlyDictionary<string, object?> variables)
    {
        var fragments = document.Definitions.OfType<GraphQLFragmentDefinition>().ToDictionary(f => f.FragmentName.Name.StringValue, StringComparer.Ordinal);
        var isMutation = operation.Operation == OperationType.Mutation;
        var root = isMutation ? schema.Mutation! : schema.Query;
        var cost = Selection(operation.SelectionSet, root);
        return Math.Max(1, cost);

        int Selection(GraphQLSelectionSet? set, IGraphType type)
        {
            var sum = 0;
            foreach (var selection in set?.Selections ?? [])
            {
                sum += selection switch
                {
                    GraphQLField field => Field(field, type),
                    GraphQLFragmentSpread spread when fragments.TryGetValue(spread.FragmentName.Name.StringValue, out var fragment) => Selection(fragment.SelectionSet, Named(fragment.TypeCondition.Type.Name, type)),
                    GraphQLInlineFragment inline => Selection(inline.SelectionSet, inline.TypeCondition is { } condition ? Named(condition.Type.Name, type) : type),
                    _ => 0,
                };
            }

            return sum;
        }

        IGraphType Named(GraphQLName name, IGraphType otherwise) => schema.AllTypes[name.StringValue] ?? otherwise;

        int Field(GraphQLField field, IGraphType parent)
        {
            var definition = (parent as IComplexGraphType)?.Fields.Find(field.Name.StringValue);
            if (definition is null || definition.ResolvedType is null) return 0;
            var type = definition.ResolvedType.GetNamedType();
            if (type is ScalarGraphType or EnumerationGraphType) return 0;
            var own = isMutation && ReferenceEquals(parent, root) ? Mutation : Weight(type);
            if (!IsConnection(type)) return own + Selection(field.SelectionSet, type);
            var nodes = 0;
            var size = Size(field);
            foreach (var part in field.SelectionSet?.Selections.OfType<GraphQLField>() ?? [])
            {
                if (part.Name.StringValue == "nodes") nodes += Field(part, type);
                if (part.Name.StringValue == "edges") nodes += Selection(part.SelectionSet, ((IComplexGraphType)type).Fields.Find("edges")!.ResolvedType!.GetNamedType());
            }

            return 2 + size * nodes;
        }

        int Size(GraphQLField field)
        {
            var argument = field.Arguments?.FirstOrDefault(a => a.Name.StringValue is "first" or "last");
            return argument?.Value switch
            {
                GraphQLIntValue whole => int.TryParse(whole.Value.Span, out var n) ? n : 0,
                GraphQLVariable variable when variables.GetValueOrDefault(variable.Name.StringValue) is { } value => Convert.ToInt32(value, System.Globalization.CultureInfo.InvariantCulture),
                _ => 10,
            };
        }
    }

    /// <summary>After it ran: what was really there.</summary>
    public static int Actual(ExecutionNode? node) => node switch
    {
        RootExecutionNode root => Math.Max(1, (root.SubFields ?? []).Sum(f => root.GraphType.Name == "Mutation" ? Mutation + Below(f) : Actual(f))),
        _ => (node is ObjectExecutionNode o ? (IsConnection(o.GraphType!) ? 2 : Weight(o.GraphType!)) : 0) + Below(node),
    };

    private static int Below(ExecutionNode? node) => node switch
    {
        ObjectExecutionNode { SubFields: { } fields } o => fields.Where(f => !(IsConnection(o.GraphType!) && f.Name is "pageInfo")).Sum(Actual),
        ArrayExecutionNode { Items: { } items } => items.Sum(Actual),
        _ => 0,
    };

    private static int Weight(IGraphType type) => type.GetNamedType().Name is var name && (Free.Contains(name) || name.EndsWith("Edge", StringComparison.Ordinal) || name.EndsWith("UserError", StringComparison.Ordinal)) ? 0 : 1;

    private static bool IsConnection(IGraphType type) => type.GetNamedType().Name.EndsWith("Connection", StringComparison.Ordinal);
}
