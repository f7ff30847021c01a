using System.Globalization;

namespace ControlTower.Bench;

/// <summary>The words after the bench's name.</summary>
internal sealed class BenchOptions(string[] words)
{
    public int Rounds => Number("--rounds", 5);

    public int Seconds => Number("--seconds", 4);

    public bool Statements => words.Contains("--statements", StringComparer.Ordinal);

    /// <summary>A whole number above 0, or the usual one.</summary>
    /// <exception cref="FormatException">It is none.</exception>
    public int Number(string name, int usual)
    {
        var at = Array.IndexOf(words, name);
        return at < 0 ? usual
            : at + 1 < words.Length && int.TryParse(words[at + 1], NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value > 0 ? value
            : throw new FormatException($"{name} needs a whole number above 0.");
    }
}
