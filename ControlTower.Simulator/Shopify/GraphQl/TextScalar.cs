using System.Globalization;
using GraphQL.Types;
using GraphQLParser.AST;

namespace ControlTower.Simulator.Shopify.GraphQl;

/// <summary>The vendor's own scalars travel as text (Decimal, Money, DateTime, URL ...); Decimal and Money also take numbers.</summary>
internal sealed class TextScalar : ScalarGraphType
{
    public TextScalar(string name) => Name = name;

    public override object? ParseLiteral(GraphQLValue value) => value switch
    {
        GraphQLStringValue text => text.Value.ToString(),
        GraphQLIntValue whole => whole.Value.ToString(),
        GraphQLFloatValue number => number.Value.ToString(),
        GraphQLNullValue => null,
        _ => ThrowLiteralConversionError(value),
    };

    public override object? ParseValue(object? value) => value switch
    {
        null => null,
        string text => Checked(text),
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        _ => ThrowValueConversionError(value),
    };

    public override object? Serialize(object? value) => value switch
    {
        null or string => value,
        DateTimeOffset time => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture),
        decimal amount => Amount(amount),
        IFormattable other => other.ToString(null, CultureInfo.InvariantCulture),
        _ => ThrowSerializationError(value),
    };

    /// <summary>At least one decimal, no trailing zeros after it: 10.0, 10.5, 10.99.</summary>
    private static string Amount(decimal amount) => amount.ToString("0.0#######", CultureInfo.InvariantCulture);

    private string Checked(string text)
    {
        var fits = Name switch
        {
            "Decimal" or "Money" => decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out _),
            "URL" => Uri.TryCreate(text, UriKind.Absolute, out _),
            "DateTime" => DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out _),
            _ => true,
        };
        return fits ? text : (string)ThrowValueConversionError(text)!;
    }
}
