using System.Globalization;
using ControlTower.Data.Catalog;
using ControlTower.Web.Shared;

namespace ControlTower.Web.Pages.Inventory;

/// <summary>What the page of catalogue differences shows, as its address says it. Any address gives a query.</summary>
/// <param name="After">The difference behind which the page begins.</param>
/// <param name="Open">The difference that is open.</param>
public sealed record CatalogueQuery(DifferenceKind? Kind, string Channel, string Text, bool Ignored, long? After, long? Open)
{
    public static CatalogueQuery Start { get; } = new(null, "", "", false, null, null);

    public bool Narrows => Channel.Length > 0 || Text.Length > 0;

    public DifferenceFilter Filter => new(Kind, Channel.Length == 0 ? null : Channel, Text.Length == 0 ? null : Text, Ignored, After);

    /// <summary>What is listed, whatever is open beside it.</summary>
    public CatalogueQuery Listed => this with { Open = null };

    public static CatalogueQuery Parse(string uri)
    {
        var text = QueryText.Of(uri);
        return new CatalogueQuery(
            CatalogueWords.Kinds.FirstOrDefault(k => CatalogueWords.Key(k) == text("kind")) is var kind && CatalogueWords.Key(kind) == text("kind") ? kind : null,
            text("channel"), text("q"), text("view") == "ignored", Number("after"), Number("d"));

        long? Number(string name) => long.TryParse(text(name), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
    }

    public string Href() => QueryText.Href(
        Links.Catalogue, ("kind", Kind is { } kind ? CatalogueWords.Key(kind) : ""), ("channel", Channel), ("q", Text), ("view", Ignored ? "ignored" : ""),
        ("after", After?.ToString(CultureInfo.InvariantCulture)), ("d", Open?.ToString(CultureInfo.InvariantCulture)));
}
