using System.Text;
using ControlTower.Sync.Connectors.Vendure;
using ControlTower.Tests.Support;
using GraphQL.Types;
using GraphQL.Utilities;
using GraphQL.Validation;
using GraphQLParser;
using GraphQLParser.AST;
using Xunit;

namespace ControlTower.Tests.Sync.Connectors.Vendure;

public sealed class VendureQueriesTests
{
    private static readonly Lazy<Schema> Published = new(Build);

    // The two documents about a custom field fit only a shop that has the field.
    public static TheoryData<string> Documents =>
    [
        VendureQueries.Orders, VendureQueries.Order, VendureQueries.Test, VendureQueries.Login, VendureQueries.Notes, VendureQueries.AddNote, VendureQueries.Fulfillable,
        VendureQueries.Fulfil, VendureQueries.Ship,
    ];

    [Theory]
    [MemberData(nameof(Documents))]
    public async Task Each_document_fits_the_published_schema(string document) => Assert.Empty(await ObjectionsAsync(document));

    [Fact]
    public async Task A_field_that_Vendure_lacks_is_objected_to()
        => Assert.NotEmpty(await ObjectionsAsync(VendureQueries.Order.Replace("orderPlacedQuantity", "placedQuantity", StringComparison.Ordinal)));

    private static async Task<IReadOnlyList<string>> ObjectionsAsync(string document)
    {
        var parsed = Parser.Parse(document);
        var result = await new DocumentValidator().ValidateAsync(new ValidationOptions
        {
            Schema = Published.Value, Document = parsed, Operation = parsed.Definitions.OfType<GraphQLOperationDefinition>().Single(),
            Variables = GraphQL.Inputs.Empty,
        });
        return [.. result.Errors.Where(e => e is not InvalidVariableError).Select(e => e.Message)];
    }

    private static Schema Build()
    {
        var text = Encoding.UTF8.GetString(GoldenFiles.Bytes("Vendor", "vendure-3.7", "admin-api.graphql"));
        var builder = new SchemaBuilder();
        var document = Parser.Parse(text);
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

    private sealed class AnyScalar : ScalarGraphType
    {
        public AnyScalar(string name) => Name = name;

        public override bool CanParseLiteral(GraphQLValue value) => true;

        public override object? ParseLiteral(GraphQLValue value) => value.ToString();

        public override object? ParseValue(object? value) => value;
    }
}
