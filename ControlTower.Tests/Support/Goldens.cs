using System.Runtime.CompilerServices;
using Xunit;

namespace ControlTower.Tests.Support;

/// <summary>Files that are reviewed: what outsiders see. CT_REWRITE_GOLDENS=1 writes them anew.</summary>
public static class Goldens
{
    public static string Path(string name) => Beside(name);

    // The sources, not the copy beside the binaries: a rewritten golden must land where it is reviewed.
    private static string Beside(string name, [CallerFilePath] string here = "") =>
        System.IO.Path.GetFullPath(System.IO.Path.Combine(System.IO.Path.GetDirectoryName(here)!, "..", "Goldens", name));

    public static async Task MatchAsync(string path, IReadOnlyList<string> lines)
    {
        if (Environment.GetEnvironmentVariable("CT_REWRITE_GOLDENS") == "1")
            await File.WriteAllLinesAsync(path, lines);
        var expected = File.Exists(path) ? await File.ReadAllLinesAsync(path) : [];
        Assert.True(expected.SequenceEqual(lines, StringComparer.Ordinal),
            $"{System.IO.Path.GetFileName(path)} differs.\nNot listed:\n{string.Join('\n', lines.Except(expected, StringComparer.Ordinal))}\n"
            + $"Listed and not found:\n{string.Join('\n', expected.Except(lines, StringComparer.Ordinal))}");
    }
}
