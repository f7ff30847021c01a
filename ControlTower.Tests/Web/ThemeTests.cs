using System.Globalization;
using System.Text.Json;
using ControlTower.Web.Layout;
using MudBlazor;
using Xunit;

namespace ControlTower.Tests.Web;

public sealed class ThemeTests
{
    private static readonly JsonElement Root = Read();

    [Fact]
    public void Every_token_name_exists_in_the_component_library()
    {
        Assert.Equal("#3d4fd1", TowerTheme.Mud.PaletteLight.Primary.ToString(MudBlazor.Utilities.MudColorOutputFormats.Hex));
        Assert.Equal("#a3aeff", TowerTheme.Mud.PaletteDark.Primary.ToString(MudBlazor.Utilities.MudColorOutputFormats.Hex));
        Assert.Equal("208px", TowerTheme.Mud.LayoutProperties.DrawerWidthLeft);
    }

    [Fact]
    public void An_unknown_token_name_is_refused()
    {
        using var wrong = JsonDocument.Parse("""{ "Primery": "#000000" }""");
        var refused = Assert.Throws<InvalidOperationException>(() => TowerTheme.Fill(new PaletteLight(), wrong.RootElement));
        Assert.Contains("Primery", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_variable_is_written_for_light_and_dark()
    {
        foreach (var scheme in new[] { "light", "dark" })
        {
            foreach (var token in Root.GetProperty("tokens").GetProperty(scheme).EnumerateObject())
                Assert.Contains($"--ct-{TowerTheme.Kebab(token.Name)}:{token.Value.GetString()};", TowerTheme.Css, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("light")]
    [InlineData("dark")]
    public void Every_pair_of_colours_keeps_its_contrast(string scheme)
    {
        var tokens = Root.GetProperty("tokens").GetProperty(scheme);
        foreach (var pair in Root.GetProperty("pairs").EnumerateArray())
        {
            var (front, back, least) = (pair[0].GetString()!, pair[1].GetString()!, pair[2].GetDouble());
            var ratio = Contrast(tokens.GetProperty(front).GetString()!, tokens.GetProperty(back).GetString()!);
            Assert.True(ratio >= least, string.Create(CultureInfo.InvariantCulture, $"{scheme}: {front} on {back} is {ratio:0.00}, needs {least}"));
        }
    }

    [Theory]
    [InlineData("paletteLight")]
    [InlineData("paletteDark")]
    public void The_component_librarys_own_colours_carry_their_text(string palette)
    {
        var colours = Root.GetProperty(palette);
        foreach (var name in new[] { "Primary", "Secondary", "Tertiary", "Info", "Success", "Warning", "Error", "Dark" })
            Assert.True(Contrast(colours.GetProperty(name).GetString()!, colours.GetProperty(name + "ContrastText").GetString()!) >= 4.5, $"{palette} {name}");
    }

    private static JsonElement Read()
    {
        using var stream = typeof(TowerTheme).Assembly.GetManifestResourceStream("theme.json")!;
        using var document = JsonDocument.Parse(stream);
        return document.RootElement.Clone();
    }

    private static double Contrast(string one, string other)
    {
        var (a, b) = (Luminance(one), Luminance(other));
        return (Math.Max(a, b) + 0.05) / (Math.Min(a, b) + 0.05);
    }

    private static double Luminance(string hex)
    {
        var value = int.Parse(hex.AsSpan(1), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        return (0.2126 * Channel(value >> 16)) + (0.7152 * Channel((value >> 8) & 255)) + (0.0722 * Channel(value & 255));
    }

    private static double Channel(int value)
    {
        var share = value / 255.0;
        return share <= 0.04045 ? share / 12.92 : Math.Pow((share + 0.055) / 1.055, 2.4);
    }
}
