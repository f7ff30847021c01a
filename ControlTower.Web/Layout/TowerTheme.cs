using System.Globalization;
using System.Reflection;
using System.Text;
using System.Text.Json;
using MudBlazor;
using MudBlazor.Utilities;

namespace ControlTower.Web.Layout;

/// <summary>
/// The design tokens of <c>theme.json</c>, read once: as MudBlazor's theme and as <c>--ct-*</c> variables. A property that MudBlazor does not have
/// throws, so a renamed token is found at start and by a test, never by a wrong colour.
/// </summary>
public static class TowerTheme
{
    private static readonly JsonDocument Tokens = Read();

    public static MudTheme Mud { get; } = Build();

    /// <summary>Variables for light on the root, for dark on screens under <c>[data-theme=dark]</c>.</summary>
    public static string Css { get; } = Variables();

    internal static JsonElement Root => Tokens.RootElement;

    private static JsonDocument Read()
    {
        using var stream = typeof(TowerTheme).Assembly.GetManifestResourceStream("theme.json")
            ?? throw new InvalidOperationException("theme.json is not embedded.");
        return JsonDocument.Parse(stream);
    }

    private static MudTheme Build()
    {
        var theme = new MudTheme { PaletteLight = new PaletteLight(), PaletteDark = new PaletteDark(), LayoutProperties = new LayoutProperties(), Typography = new Typography() };
        Fill(theme.PaletteLight, Root.GetProperty("paletteLight"));
        Fill(theme.PaletteDark, Root.GetProperty("paletteDark"));
        Fill(theme.LayoutProperties, Root.GetProperty("layout"));
        foreach (var style in Root.GetProperty("typography").EnumerateObject())
        {
            var property = Property(typeof(Typography), style.Name);
            Fill(property.GetValue(theme.Typography)!, style.Value);
        }

        return theme;
    }

    internal static void Fill(object target, JsonElement values)
    {
        foreach (var value in values.EnumerateObject())
        {
            var property = Property(target.GetType(), value.Name);
            property.SetValue(target, Convert(value.Value, property.PropertyType));
        }
    }

    private static PropertyInfo Property(Type type, string name) =>
        type.GetProperty(name) ?? throw new InvalidOperationException($"theme.json names {name}, which {type.Name} does not have.");

    private static object Convert(JsonElement value, Type type) => type switch
    {
        _ when type == typeof(MudColor) => new MudColor(value.GetString()!),
        _ when type == typeof(string[]) => value.EnumerateArray().Select(item => item.GetString()!).ToArray(),
        _ when type == typeof(double) => value.GetDouble(),
        _ when type == typeof(string) => value.GetString()!,
        _ => throw new InvalidOperationException($"theme.json cannot set a {type.Name}."),
    };

    private static string Variables()
    {
        var css = new StringBuilder();
        Block(css, ":root", "light");
        // Paper is light.
        css.Append("@media screen{\n");
        Block(css, "[data-theme=dark]", "dark");
        css.Append("}\n");
        return css.ToString();
    }

    private static void Block(StringBuilder css, string selector, string scheme)
    {
        css.Append(CultureInfo.InvariantCulture, $"{selector}{{color-scheme:{scheme};");
        foreach (var token in Root.GetProperty("tokens").GetProperty(scheme).EnumerateObject())
            css.Append(CultureInfo.InvariantCulture, $"--ct-{Kebab(token.Name)}:{token.Value.GetString()};");
        css.Append("}\n");
    }

    /// <summary><c>okFg</c> becomes <c>ok-fg</c>; a trailing digit stays attached (<c>text2</c>).</summary>
    internal static string Kebab(string name) =>
        string.Concat(name.Select(c => char.IsUpper(c) ? "-" + char.ToLowerInvariant(c) : c.ToString()));
}
