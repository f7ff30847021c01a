using System.Runtime.CompilerServices;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Xunit;

namespace ControlTower.Tests.Conformance;

/// <summary>
/// Files under Goldens, found from the source tree. <c>CT_UPDATE_GOLDENS=1</c> rewrites what is compared; the difference is then reviewed like code.
/// </summary>
internal static class Golden
{
    public static readonly JsonSerializerOptions Json = new()
    {
        WriteIndented = true,
        Converters = { new JsonStringEnumConverter() },
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public static byte[] Bytes(params string[] parts) => File.ReadAllBytes(Locate(parts));

    public static void Same(object actual, params string[] parts)
    {
        var text = JsonSerializer.Serialize(actual, Json) + "\n";
        var path = Locate(parts);
        if (Environment.GetEnvironmentVariable("CT_UPDATE_GOLDENS") == "1")
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(path, text);
        }

        Assert.True(File.Exists(path), $"There is no golden {Path.GetFileName(path)}. Run once with CT_UPDATE_GOLDENS=1 and review it.");
        Assert.Equal(File.ReadAllText(path), text);
    }

    private static string Locate(string[] parts) => Path.Combine([Root(), .. parts]);

    private static string Root([CallerFilePath] string here = "") => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "..", "Goldens"));
}
