using System.Text.Json;
using GraphQL;
using GraphQL.Types;
using GraphQL.Utilities;
using GraphQL.Validation;
using GraphQLParser;
using GraphQLParser.AST;

namespace ControlTower.Tests.Support;

/// <summary>A vendor's published GraphQL schema, and what it says about a document.</summary>
internal sealed class PublishedSchema(Func<string> text)
{
    private readonly Lazy<ISchema> schema = new(() => Build(text()));

    public ISchema Schema => schema.Value;

    public static GraphQLDocument Parse(string document) => Parser.Parse(document, new ParserOptions { Ignore = IgnoreOptions.All, MaxDepth = 512 });

    /// <summary>Every objection of the schema to the document; to its variables only where they are given.</summary>
    /// <param name="variables">A JSON object.</param>
    public async Task<IReadOnlyList<string>> ObjectionsAsync(string document, string? variables = null)
    {
        var parsed = Parse(document);
        var result = await new DocumentValidator().ValidateAsync(new ValidationOptions
        {
            Schema = Schema,
            Document = parsed,
            Operation = parsed.Definitions.OfType<GraphQLOperationDefinition>().Single(),
            Variables = variables is null ? Inputs.Empty : ((Dictionary<string, object?>)Plain(JsonDocument.Parse(variables).RootElement)!).ToInputs(),
        });
        return [.. result.Errors
            .Where(e => variables is not null || e is not InvalidVariableError)
            .Select(e => e.InnerException is { } inner ? $"{e.Message}: {inner.Message}" : e.Message)];
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

    private static Schema Build(string text)
    {
        var document = Parse(text);
        var builder = new SchemaBuilder { IgnoreComments = true };
        foreach (var type in document.Definitions.OfType<GraphQLObjectTypeDefinition>())
        {
            builder.Types.For(type.Name.StringValue).IsTypeOfFunc = _ => true;
        }

        var schema = builder.Build(text);
        foreach (var scalar in document.Definitions.OfType<GraphQLScalarTypeDefinition>())
        {
            schema.RegisterType(new TextScalar(scalar.Name.StringValue));
        }

        schema.Initialize();
        return schema;
    }

    // The vendors' scalars (URL, Money, DateTime) are strings on the wire.
    private sealed class TextScalar : ScalarGraphType
    {
        public TextScalar(string name) => Name = name;

        public override bool CanParseLiteral(GraphQLValue value) => true;

        public override object? ParseLiteral(GraphQLValue value) => value.ToString();

        public override object? ParseValue(object? value) => value is string or null ? value : throw new FormatException($"{Name} is a string.");
    }
}
