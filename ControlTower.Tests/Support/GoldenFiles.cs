using System.Runtime.CompilerServices;

namespace ControlTower.Tests.Support;

/// <summary>Recorded files beside the tests, found from the source tree so that nothing needs copying.</summary>
internal static class GoldenFiles
{
    public static string Path(params string[] parts) => System.IO.Path.Combine([Root(), .. parts]);

    public static byte[] Bytes(params string[] parts) => File.ReadAllBytes(Path(parts));

    public static string[] Lines(params string[] parts) => File.ReadAllLines(Path(parts));

    private static string Root([CallerFilePath] string here = "") => System.IO.Path.GetFullPath(System.IO.Path.Combine(System.IO.Path.GetDirectoryName(here)!, "..", "Goldens"));
}
