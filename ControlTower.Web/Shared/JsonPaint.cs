namespace ControlTower.Web.Shared;

/// <summary>A piece of a payload and the class that colours it: <c>k</c> for a name, <c>v</c> for a string value, empty for the rest.</summary>
public readonly record struct PaintToken(string Css, string Text);

/// <summary>Colours names and strings of JSON by looking at quotes only, so that broken JSON is shown as it is.</summary>
public static class JsonPaint
{
    public static IEnumerable<PaintToken> Tokens(string text)
    {
        var from = 0;
        for (var at = 0; at < text.Length; at++)
        {
            if (text[at] != '"')
                continue;
            var end = Close(text, at);
            if (end < 0)
                break;
            if (at > from)
                yield return new("", text[from..at]);
            yield return new(IsName(text, end) ? "k" : "v", text[at..(end + 1)]);
            (at, from) = (end, end + 1);
        }

        if (from < text.Length)
            yield return new("", text[from..]);
    }

    private static int Close(string text, int open)
    {
        for (var at = open + 1; at < text.Length && text[at] != '\n'; at++)
        {
            if (text[at] == '\\')
                at++;
            else if (text[at] == '"')
                return at;
        }

        return -1;
    }

    private static bool IsName(string text, int close)
    {
        for (var at = close + 1; at < text.Length; at++)
        {
            if (!char.IsWhiteSpace(text[at]))
                return text[at] == ':';
        }

        return false;
    }
}
