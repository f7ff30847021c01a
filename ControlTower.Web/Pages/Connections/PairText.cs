namespace ControlTower.Web.Pages.Connections;

/// <summary>Several settings as lines of <c>name = value</c>.</summary>
public static class PairText
{
    public static string Of(IReadOnlyDictionary<string, string> settings, string prefix) => string.Join('\n', settings
        .Where(pair => pair.Key.StartsWith(prefix, StringComparison.Ordinal)).OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => $"{pair.Key[prefix.Length..]} = {pair.Value}"));

    public static void Into(Dictionary<string, string> settings, string prefix, string text)
    {
        foreach (var (name, value) in Lines(text).Where(line => line.Name.Length > 0 && line.Value is not null))
            settings[prefix + name] = value!;
    }

    /// <summary>What is wrong with the first wrong line; null if all are right.</summary>
    public static string? Wrong(string text)
    {
        HashSet<string> seen = new(StringComparer.Ordinal);
        foreach (var (name, value) in Lines(text))
        {
            if (name.Length == 0 || string.IsNullOrEmpty(value))
                return $"\"{(name.Length > 0 ? name : value)}\" has no \"=\" with something on both sides.";
            if (!seen.Add(name))
                return $"\"{name}\" stands there twice.";
        }

        return null;
    }

    private static IEnumerable<(string Name, string? Value)> Lines(string text) =>
        from line in text.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
        let at = line.IndexOf('=', StringComparison.Ordinal)
        select at < 0 ? (line, (string?)null) : (line[..at].Trim(), line[(at + 1)..].Trim());
}
