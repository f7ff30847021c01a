using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.WebUtilities;

namespace ControlTower.Web.Shared;

/// <summary>Parts of an address.</summary>
internal static class QueryText
{
    private const int Longest = 100;

    /// <summary>The first value of a name, without signs that no text has; empty if there is none.</summary>
    public static Func<string, string> Of(string uri)
    {
        var at = uri.IndexOf('?', StringComparison.Ordinal);
        var values = at < 0 ? [] : QueryHelpers.ParseQuery(uri[at..].Split('#')[0]);
        // PostgreSQL takes no zeros in text.
        return name => values.TryGetValue(name, out var found) && found is [{ } text, ..] ? new string([.. text.Trim().Where(sign => !char.IsControl(sign) && !char.IsSurrogate(sign)).Take(Longest)]) : "";
    }

    public static int? Number(string text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0 ? number : null;

    public static long? Long(string text) => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0 ? number : null;

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
