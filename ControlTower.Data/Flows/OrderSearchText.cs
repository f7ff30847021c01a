using System.Globalization;
using System.Text;

namespace ControlTower.Data.Flows;

/// <summary>
/// What a person pasted, cleaned: an order name with or without <c>#</c>, a shop's global id, an ERP number, a posting key, a tracking number, a trace id,
/// the address of an order's page here or in the shop. Pure; never throws, whatever the text.
/// </summary>
/// <param name="Terms">At most four spellings to look for, each free of control characters; empty if nothing usable was typed.</param>
/// <param name="FlowId">Set if the text is the tower's own order id, <c>ord-42</c>, or the address of its page.</param>
/// <param name="CaseId">Set if the text is a case id, <c>C-42</c>.</param>
/// <param name="TraceId">Set if the text is a W3C trace id, or a traceparent header that contains one.</param>
public sealed record OrderSearchText(IReadOnlyList<string> Terms, long? FlowId, long? CaseId, string? TraceId)
{
    /// <summary>Longer text is cut: no id is longer.</summary>
    public const int MaxLength = 200;

    private static readonly char[] Wrapping = ['"', '\'', '`', '“', '”', '‘', '’', '«', '»', '<', '>', '(', ')', '[', ']', '{', '}', ',', ';'];

    public static OrderSearchText None { get; } = new([], null, null, null);

    public bool IsEmpty => Terms.Count == 0;

    /// <summary>The terms that may be the id of a webhook event, as typed and in small letters. Shorter texts are not worth asking every topic for.</summary>
    public IReadOnlyList<string> EventIds => [.. Terms.Where(term => term.Length >= 8).SelectMany(term => new[] { term, term.ToLowerInvariant() }).Distinct(StringComparer.Ordinal)];

    /// <summary>Shorter texts match exactly only: everything begins with one or two letters.</summary>
    public static bool MayBePrefix(string term) => term.Length >= 3;

    public static OrderSearchText Parse(string? pasted)
    {
        var text = Clean(pasted);
        if (text.Length == 0)
        {
            return None;
        }

        List<string> terms = [];
        Add(terms, LastSegment(text) ?? text);
        Add(terms, text);
        if (text.StartsWith('#'))
        {
            Add(terms, text.TrimStart('#'));
        }
        else if (terms[0].All(char.IsAsciiDigit))
        {
            Add(terms, '#' + terms[0]);
        }

        return new OrderSearchText(terms, Numbered(text, "ord") ?? PageOf(text), Numbered(text, "c"), Trace(text));
    }

    public static string FlowCode(long id) => string.Create(CultureInfo.InvariantCulture, $"ord-{id}");

    public static string CaseCode(long id) => string.Create(CultureInfo.InvariantCulture, $"C-{id}");

    private static string Clean(string? pasted)
    {
        if (string.IsNullOrWhiteSpace(pasted))
        {
            return "";
        }

        Span<char> kept = stackalloc char[MaxLength];
        var length = 0;
        foreach (var rune in pasted.EnumerateRunes())
        {
            // Surrogate halves come out as U+FFFD; PostgreSQL takes no NUL; invisible characters come along from mails and sheets.
            if (rune.Value == 0xFFFD || Rune.IsControl(rune) || Rune.GetUnicodeCategory(rune) == UnicodeCategory.Format)
            {
                continue;
            }

            if (length + rune.Utf16SequenceLength > MaxLength)
            {
                break;
            }

            length += rune.EncodeToUtf16(kept[length..]);
        }

        return new string(kept[..length]).Trim().Trim(Wrapping).Trim();
    }

    /// <summary>The id at the end of an address or a global id; null if the text is neither.</summary>
    private static string? LastSegment(string text)
    {
        if (!text.Contains("://", StringComparison.Ordinal))
        {
            return null;
        }

        var path = text.Split('?', '#')[0].TrimEnd('/');
        var segment = path[(path.LastIndexOf('/') + 1)..];
        return segment.Length == 0 || path.EndsWith("://", StringComparison.Ordinal) ? null : Uri.UnescapeDataString(segment).Trim();
    }

    private static long? Numbered(string text, string prefix)
    {
        if (text.Length <= prefix.Length + 1 || !text.StartsWith(prefix, StringComparison.OrdinalIgnoreCase) || text[prefix.Length] is not ('-' or '_'))
        {
            return null;
        }

        return long.TryParse(text.AsSpan(prefix.Length + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? id : null;
    }

    /// <summary>The number in <c>…/orders/42</c> is ours or the shop's; both are looked for.</summary>
    private static long? PageOf(string text)
    {
        var at = text.IndexOf("/orders/", StringComparison.OrdinalIgnoreCase);
        if (at < 0)
        {
            return null;
        }

        var rest = text.AsSpan(at + "/orders/".Length);
        var end = rest.IndexOfAnyExceptInRange('0', '9');
        return long.TryParse(end < 0 ? rest : rest[..end], NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? id : null;
    }

    private static string? Trace(string text)
    {
        var candidate = text.Split('-') is ["00", { Length: 32 } id, ..] ? id : text;
        return candidate.Length == 32 && candidate.All(char.IsAsciiHexDigit) ? candidate.ToLowerInvariant() : null;
    }

    private static void Add(List<string> terms, string term)
    {
        var clean = Clean(term);
        if (clean.Length > 0 && !terms.Contains(clean, StringComparer.OrdinalIgnoreCase))
        {
            terms.Add(clean);
        }
    }
}
