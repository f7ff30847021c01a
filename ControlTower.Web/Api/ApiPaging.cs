using System.Globalization;
using System.Text;

namespace ControlTower.Web.Api;

/// <summary>
/// Pages of lists, by keyset: a page begins behind the last entry of the one before, so that what comes meanwhile neither moves nor repeats anything. A cursor says only where; what its reader may see is asked of
/// each page anew.
/// </summary>
internal static class ApiPaging
{
    public const int Most = 200;

    public const int Usual = 50;

    private static readonly FieldError NoCursor = new("?after", "bad-cursor", "Give the next of the page before, as it was, at the same resource.");

    /// <summary>How many entries, and the place behind which they begin; what is wrong goes to <paramref name="errors"/>.</summary>
    /// <param name="list">Name of the list: a cursor of another is refused.</param>
    public static (int Limit, string? After) Read(HttpContext http, string list, List<FieldError> errors)
    {
        var limit = Usual;
        if (http.Request.Query.ContainsKey("limit") && !(int.TryParse(One(http, "limit"), NumberStyles.None, CultureInfo.InvariantCulture, out limit) && limit is >= 1 and <= Most))
            errors.Add(new FieldError("?limit", "bad-limit", $"Give a whole number from 1 to {Most}."));
        if (!http.Request.Query.ContainsKey("after"))
            return (limit, null);
        if (Open(One(http, "after"), list) is { } after)
            return (limit, after);
        errors.Add(NoCursor);
        return (limit, null);
    }

    /// <summary>The same where places are numbers.</summary>
    public static (int Limit, long After) ReadNumber(HttpContext http, string list, List<FieldError> errors)
    {
        var (limit, text) = Read(http, list, errors);
        if (text is null)
            return (limit, 0);
        if (long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var after))
            return (limit, after);
        errors.Add(NoCursor);
        return (limit, 0);
    }

    /// <summary>The cursor of a place.</summary>
    public static string Seal(string list, string place) => Convert.ToBase64String(Encoding.UTF8.GetBytes($"{list}\n{place}")).TrimEnd('=').Replace('+', '-').Replace('/', '_');

    public static string Seal(string list, long place) => Seal(list, place.ToString(CultureInfo.InvariantCulture));

    /// <summary>The one value of a parameter; null if it is not given, or more than once.</summary>
    public static string? One(HttpContext http, string name) => http.Request.Query[name] is [{ Length: > 0 } value] ? value : null;

    /// <summary>The values of a parameter that may be given several times; others than these are refused.</summary>
    public static IReadOnlyList<string> Words(HttpContext http, string name, IReadOnlyCollection<string> among, List<FieldError> errors)
    {
        var words = http.Request.Query[name].Select(word => word ?? "").Distinct(StringComparer.Ordinal).ToList();
        if (words.Exists(word => !among.Contains(word, StringComparer.Ordinal)))
            errors.Add(new FieldError($"?{name}", "unknown-word", $"Give one of {string.Join(", ", among)}, each as its own parameter."));
        return words;
    }

    /// <summary>A moment; null if it is not given.</summary>
    public static DateTimeOffset? Time(HttpContext http, string name, List<FieldError> errors)
    {
        if (!http.Request.Query.ContainsKey(name))
            return null;
        // A plus sign in an address is a blank to its reader.
        if (One(http, name) is { Length: >= 20 and <= 40 } text && DateTimeOffset.TryParse(text.Replace(' ', '+'), CultureInfo.InvariantCulture, DateTimeStyles.None, out var at) && at.Year is > 2000 and < 2200)
            return at.ToUniversalTime();
        errors.Add(new FieldError($"?{name}", "bad-time", "Give one moment with its offset, such as 2026-11-27T06:00:00Z."));
        return null;
    }

    private static string? Open(string? cursor, string list)
    {
        if (cursor is not { Length: <= 800 })
            return null;
        var padded = cursor.Replace('-', '+').Replace('_', '/').PadRight((cursor.Length + 3) / 4 * 4, '=');
        var bytes = new byte[padded.Length];
        if (!Convert.TryFromBase64String(padded, bytes, out var length))
            return null;
        var text = Encoding.UTF8.GetString(bytes, 0, length);
        return text.StartsWith($"{list}\n", StringComparison.Ordinal) && text[(list.Length + 1)..] is { Length: > 0 } place && !place.Contains('\0', StringComparison.Ordinal) && !place.Contains('\uFFFD', StringComparison.Ordinal) ? place : null;
    }
}
