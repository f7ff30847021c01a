using System.Buffers;
using System.Globalization;

namespace ControlTower.Sync.Connectors;

/// <summary>Makes foreign text fit to be stored, compared and shown: no outer spaces, no control characters, nothing invisible.</summary>
public static class VendorText
{
    private static readonly SearchValues<char> Invisible = SearchValues.Create("\u200B\u200C\u200D\u2060\uFEFF\u202A\u202B\u202C\u202D\u202E\u2066\u2067\u2068\u2069");

    /// <summary>Null if nothing is left.</summary>
    public static string? Plain(string? text, int longest = 500)
    {
        if (text is null)
        {
            return null;
        }

        var clean = text.AsSpan().ContainsAny(Invisible) || text.Any(char.IsControl)
            ? new string([.. text.Where(c => !char.IsControl(c) && !Invisible.Contains(c))])
            : text;
        clean = Cut(clean.Trim(), longest);
        return clean.Length == 0 ? null : clean;
    }

    /// <summary>The first characters, never half of a surrogate pair.</summary>
    public static string Cut(string text, int longest)
        => text.Length <= longest ? text : text[..(char.IsHighSurrogate(text[longest - 1]) ? longest - 1 : longest)];

    /// <summary>A key as the database takes it: it knows no zero bytes, and has room for so many characters.</summary>
    public static string Stored(string text, int longest) => Cut(text.Replace('\0', '\uFFFD'), longest);

    /// <summary>Digits, sign and point only: a comma or a bracket would change the value tenfold or its sign.</summary>
    public static decimal? Amount(string? text)
        => decimal.TryParse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value) ? value : null;
}
