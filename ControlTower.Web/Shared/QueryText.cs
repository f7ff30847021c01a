using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.WebUtilities;

namespace ControlTower.Web.Shared;

/// <summary>Parts of an address.</summary>
internal static class QueryText
{
    private const int Longest = 100;

    /// <summary>The value of a name, without signs that no text has; empty if there is none. Of a name that stands there twice, both with a comma between: no known value reads so.</summary>
    /// <param name="longest">Signs of a value that are taken at most.</param>
    /// <param name="trim">False where blanks at the ends are part of a value.</param>
    public static Func<string, string> Of(string uri, int longest = Longest, bool trim = true)
    {
        var at = uri.IndexOf('?', StringComparison.Ordinal);
        var values = at < 0 ? [] : QueryHelpers.ParseQuery(uri[at..].Split('#')[0]);
        // PostgreSQL takes no zeros in text.
        return name => values.TryGetValue(name, out var found) && found.ToString() is var text
            ? new string([.. (trim ? text.Trim() : text).Where(sign => !char.IsControl(sign) && !char.IsSurrogate(sign)).Take(longest)])
            : "";
    }

    public static int? Number(string text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0 ? number : null;

    public static long? Long(string text) => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0 ? number : null;

    /// <summary>The path with those values that are some, in their order.</summary>
    public static string Href(string path, params (string Name, string? Value)[] values)
    {
        var text = new StringBuilder(path);
        foreach (var (name, value) in values.Where(v => !string.IsNullOrEmpty(v.Value)))
        {
            text.Append(text.Length == path.Length ? '?' : '&').Append(name).Append('=').Append(Uri.EscapeDataString(value!));
        }

        return text.ToString();
    }
}
