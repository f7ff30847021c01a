using System.Globalization;
using System.Text;

namespace ControlTower.Simulator.BusinessCentral;

/// <summary>
/// The part of OData $filter that a hub uses: eq ne gt ge lt le, and, or, not, brackets, contains, startswith, endswith. Anything else is refused, never ignored.
/// </summary>
public sealed class BcFilter
{
    private readonly BcEntity entity;
    private readonly List<string> tokens;
    private int at;

    private BcFilter(BcEntity entity, string text)
    {
        this.entity = entity;
        tokens = Tokens(text);
    }

    public static Func<BcRecord, bool> Parse(BcEntity entity, string text)
    {
        var filter = new BcFilter(entity, text);
        var test = filter.Or();
        return filter.at == filter.tokens.Count ? test : throw Wrong();
    }

    private static BcError Wrong() => new(400, "BadRequest_NotFound", "Bad Request - Error in query syntax.");

    private string? Peek => at < tokens.Count ? tokens[at] : null;

    private string Next() => at < tokens.Count ? tokens[at++] : throw Wrong();

    private Func<BcRecord, bool> Or()
    {
        var left = And();
        while (Peek == "or")
        {
            at++;
            var (a, b) = (left, And());
            left = r => a(r) || b(r);
        }

        return left;
    }

    private Func<BcRecord, bool> And()
    {
        var left = Term();
        while (Peek == "and")
        {
            at++;
            var (a, b) = (left, Term());
            left = r => a(r) && b(r);
        }

        return left;
    }

    private Func<BcRecord, bool> Term()
    {
        var word = Next();
        if (word == "(")
        {
            var inner = Or();
            return Next() == ")" ? inner : throw Wrong();
        }

        if (word == "not")
        {
            var inner = Term();
            return r => !inner(r);
        }

        if (word is "contains" or "startswith" or "endswith") return Function(word);
        var field = Field(word);
        var op = Next();
        var bound = Literal(field, Next());
        return op switch
        {
            "eq" => r => Compare(r[field.Name], bound) == 0,
            "ne" => r => Compare(r[field.Name], bound) != 0,
            "gt" => r => Compare(r[field.Name], bound) > 0,
            "ge" => r => Compare(r[field.Name], bound) >= 0,
            "lt" => r => Compare(r[field.Name], bound) < 0,
            "le" => r => Compare(r[field.Name], bound) <= 0,
            _ => throw Wrong(),
        };
    }

    private Func<BcRecord, bool> Function(string name)
    {
        if (Next() != "(") throw Wrong();
        var field = Field(Next());
        if (Next() != "," || field.Type != "Edm.String") throw Wrong();
        var part = (string)Literal(field, Next())!;
        if (Next() != ")") throw Wrong();
        return name switch
        {
            "contains" => r => r.Text(field.Name).Contains(part, StringComparison.OrdinalIgnoreCase),
            "startswith" => r => r.Text(field.Name).StartsWith(part, StringComparison.OrdinalIgnoreCase),
            _ => r => r.Text(field.Name).EndsWith(part, StringComparison.OrdinalIgnoreCase),
        };
    }

    private BcField Field(string name) => entity.Field(name) ?? throw BcError.Bad($"Could not find a property named '{name}' on type 'Microsoft.NAV.{entity.Name}'.");

    private object? Literal(BcField field, string token)
    {
        if (token == "null") return field.Empty;
        if (token.StartsWith('\''))
        {
            var text = token[1..^1].Replace("''", "'", StringComparison.Ordinal);
            if (field.Values is { } values) return values.FirstOrDefault(v => v == text || BcValue.Decode(v) == text) ?? throw Wrong();
            return field.Type == "Edm.String" ? text : throw Mismatch(field);
        }

        return field.Type switch
        {
            "Edm.Guid" when Guid.TryParse(token, out var id) => id,
            "Edm.Decimal" when decimal.TryParse(token, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) => number,
            "Edm.Int32" when int.TryParse(token, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var small) => small,
            "Edm.Int64" when long.TryParse(token, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var large) => large,
            "Edm.Boolean" when bool.TryParse(token, out var flag) => flag,
            "Edm.Date" when DateOnly.TryParseExact(token, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var date) => date,
            "Edm.DateTimeOffset" when DateTimeOffset.TryParse(token, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) => time.ToUniversalTime(),
            _ => throw Mismatch(field),
        };
    }

    private static BcError Mismatch(BcField field) => BcError.Bad($"A binary operator with incompatible types was detected. Found operand types '{field.Type}' and another for operator kind 'Equal'.");

    private static int Compare(object? a, object? b) => (a, b) switch
    {
        // Codes and texts compare without case, as the vendor's database collation does.
        (string x, string y) => string.Compare(x, y, StringComparison.OrdinalIgnoreCase),
        (IComparable x, not null) => x.CompareTo(b),
        _ => throw Wrong(),
    };

    private static List<string> Tokens(string text)
    {
        var tokens = new List<string>();
        for (var i = 0; i < text.Length;)
        {
            if (text[i] == ' ') i++;
            else if (text[i] is '(' or ')' or ',') tokens.Add(text[i++].ToString());
            else if (text[i] == '\'')
            {
                var quoted = new StringBuilder("'");
                for (i++; ; i++)
                {
                    if (i >= text.Length) throw Wrong();
                    if (text[i] == '\'' && !(i + 1 < text.Length && text[i + 1] == '\'')) break;
                    quoted.Append(text[i]);
                    if (text[i] == '\'') quoted.Append(text[i++]);
                }

                tokens.Add(quoted.Append('\'').ToString());
                i++;
            }
            else
            {
                var start = i;
                while (i < text.Length && text[i] is not (' ' or '(' or ')' or ',')) i++;
                tokens.Add(text[start..i]);
            }
        }

        return tokens;
    }
}
