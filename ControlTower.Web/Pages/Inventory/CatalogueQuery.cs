using System.Globalization;
using System.Text;
using ControlTower.Data.Catalog;
using ControlTower.Web.Shared;
using Microsoft.AspNetCore.WebUtilities;

namespace ControlTower.Web.Pages.Inventory;

/// <summary>What the page of catalogue differences shows, as its address says it. Any address gives a query.</summary>
/// <param name="After">The difference behind which the page begins.</param>
/// <param name="Open">The difference that is open.</param>
public sealed record CatalogueQuery(DifferenceKind? Kind, string Channel, string Text, bool Ignored, long? After, long? Open)
{
    private const int Longest = 100;

    public static CatalogueQuery Start { get; } = new(null, "", "", false, null, null);

    public bool Narrows => Channel.Length > 0 || Text.Length > 0;

    public DifferenceFilter Filter => new(Kind, Channel.Length == 0 ? null : Channel, Text.Length == 0 ? null : Text, Ignored, After);

    /// <summary>What is listed, whatever is open beside it.</summary>
    public CatalogueQuery Listed => this with { Open = null };

    public static CatalogueQuery Parse(string uri)
    {
        var at = uri.IndexOf('?', StringComparison.Ordinal);
        var values = at < 0 ? [] : QueryHelpers.ParseQuery(uri[at..].Split('#')[0]);
        return new CatalogueQuery(
            CatalogueWords.Kinds.FirstOrDefault(k => CatalogueWords.Key(k) == Text("kind")) is var kind && CatalogueWords.Key(kind) == Text("kind") ? kind : null,
            Text("channel"), Text("q"), Text("view") == "ignored", Number("after"), Number("d"));

        long? Number(string name) => long.TryParse(Text(name), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

        // PostgreSQL takes no zeros in text.
        string Text(string name) => values.TryGetValue(name, out var value) && value.ToString() is var text
            ? new string([.. text.Trim().Where(sign => !char.IsControl(sign) && !char.IsSurrogate(sign)).Take(Longest)])
            : "";
    }

    public string Href()
    {
        var text = new StringBuilder();
        Put("kind", Kind is { } kind ? CatalogueWords.Key(kind) : "");
        Put("channel", Channel);
        Put("q", Text);
        Put("view", Ignored ? "ignored" : "");
        Put("after", After?.ToString(CultureInfo.InvariantCulture) ?? "");
        Put("d", Open?.ToString(CultureInfo.InvariantCulture) ?? "");
        return Links.Catalogue + text;

        void Put(string name, string value)
        {
            if (value.Length > 0)
            {
                text.Append(text.Length == 0 ? '?' : '&').Append(name).Append('=').Append(Uri.EscapeDataString(value));
            }
        }
    }
}
