using System.Globalization;

namespace ControlTower.Simulator.Shopify.GraphQl;

/// <summary>One condition of the vendor's search syntax: field, comparator, value.</summary>
public sealed record SearchTerm(string Field, string Comparator, string Value)
{
    public DateTimeOffset? Time => DateTimeOffset.TryParse(Value, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? time : null;

    public bool Compares<T>(T value, T bound) where T : IComparable<T>
    {
        var order = value.CompareTo(bound);
        return Comparator switch { ">" => order > 0, ">=" => order >= 0, "<" => order < 0, "<=" => order <= 0, _ => order == 0 };
    }
}

/// <summary>
/// The part of the vendor's search syntax that a hub uses: terms joined by AND (or a space). A field that the resource does not know is
/// ignored and warned about in extensions.search, exactly the trap that the vendor sets. Terms may be joined by OR if all are; brackets and mixtures are refused: the estate does not evaluate them.
/// </summary>
public static class SearchQuery
{
    /// <summary>Alternatives, each of terms that all have to fit.</summary>
    public static IReadOnlyList<IReadOnlyList<SearchTerm>> Alternatives(string? query)
    {
        var words = Words(query ?? "").ToList();
        return !words.Contains("OR") ? [Parse(query)]
            : words.Where((_, i) => i % 2 == 1).All(w => w == "OR") ? [.. words.Where((_, i) => i % 2 == 0).Select(w => Parse(w))]
            : throw new NotModelled("search syntax", "OR beside AND");
    }

    public static IReadOnlyList<SearchTerm> Parse(string? query)
    {
        var terms = new List<SearchTerm>();
        foreach (var word in Words(query ?? ""))
        {
            if (word is "AND") continue;
            if (word is "OR" or "NOT" || word.StartsWith('(') || word.StartsWith('-')) throw new NotModelled("search syntax", word);
            var colon = word.IndexOf(':', StringComparison.Ordinal);
            if (colon <= 0)
            {
                terms.Add(new SearchTerm("", "=", word.Trim('"', '\'')));
                continue;
            }

            var rest = word[(colon + 1)..];
            var comparator = rest.StartsWith(">=", StringComparison.Ordinal) || rest.StartsWith("<=", StringComparison.Ordinal) ? rest[..2] : rest.StartsWith('>') || rest.StartsWith('<') ? rest[..1] : "=";
            terms.Add(new SearchTerm(word[..colon], comparator, (comparator == "=" ? rest : rest[comparator.Length..]).Trim('"', '\'')));
        }

        return terms;
    }

    private static IEnumerable<string> Words(string query)
    {
        var start = -1;
        var quote = '\0';
        for (var i = 0; i <= query.Length; i++)
        {
            var c = i < query.Length ? query[i] : ' ';
            if (quote != '\0')
            {
                if (c == quote) quote = '\0';
                else if (i == query.Length) yield return query[start..];
            }
            else if (c == ' ')
            {
                if (start >= 0) yield return query[start..i];
                start = -1;
            }
            else
            {
                if (c is '"' or '\'') quote = c;
                if (start < 0) start = i;
            }
        }
    }
}
