using ControlTower.Simulator.Vendor;
using GraphQL;
using GraphQL.Resolvers;
using GraphQL.Types;
using GraphQL.Utilities;
using GraphQLParser;
using GraphQLParser.AST;

namespace ControlTower.Simulator.Shopify.GraphQl;

/// <summary>The vendor's whole published schema, built once per process. Documents that the vendor would refuse are refused here.</summary>
public static class AdminSchema
{
    private static readonly Lazy<ISchema> Built = new(Build);

    public static ISchema Shared => Built.Value;

    /// <summary>The published text.</summary>
    public static string Text() => VendorFile.ReadText(VendorFile.ShopifySchema);

    private static Schema Build()
    {
        var text = Text();
        var document = Parser.Parse(text, new ParserOptions { Ignore = IgnoreOptions.All, MaxDepth = 512 });
        var builder = new SchemaBuilder { IgnoreComments = true };
        foreach (var type in document.Definitions.OfType<GraphQLObjectTypeDefinition>())
        {
            var name = type.Name.StringValue;
            builder.Types.For(name).IsTypeOfFunc = value => value is INode node && node.TypeName == name;
        }

        var schema = builder.Build(text);
        foreach (var scalar in document.Definitions.OfType<GraphQLScalarTypeDefinition>()) schema.RegisterType(new TextScalar(scalar.Name.StringValue));
        schema.Initialize();
        var resolver = new FuncFieldResolver<object>(Resolve);
        foreach (var field in schema.AllTypes.OfType<IObjectGraphType>().Where(t => !t.Name.StartsWith("__", StringComparison.Ordinal)).SelectMany(t => t.Fields)) field.Resolver = resolver;
        return schema;
    }

    private static async ValueTask<object?> Resolve(IResolveFieldContext context)
    {
        var asked = new Asked((Shop)context.UserContext["shop"]!, context);
        var name = context.FieldDefinition.Name;
        return context.Source switch
        {
            INode node => node.Resolve(name, asked),
            _ when context.ParentType.Name == "Mutation" => await Mutations.RunAsync(name, asked),
            _ => Queries.Run(name, asked),
        };
    }
}
