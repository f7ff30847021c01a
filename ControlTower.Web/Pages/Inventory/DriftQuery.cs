using ControlTower.Data.Inventory;
using ControlTower.Web.Shared;

namespace ControlTower.Web.Pages.Inventory;

/// <summary>What the page of drift shows, as its address says it. Any address gives a query.</summary>
public sealed record DriftQuery(DriftView View, string Connection, string Place, string Text)
{
    public static DriftQuery Start { get; } = new(DriftView.Adrift, "", "", "");

    public bool Narrows => Connection.Length > 0 || Place.Length > 0 || Text.Length > 0;

    public DriftFilter Filter => new(View, Maybe(Connection), Maybe(Place), Maybe(Text));

    public static DriftQuery Parse(string uri)
    {
        var text = QueryText.Of(uri);
        return new DriftQuery(text("view") switch { "failed" => DriftView.Failed, "all" => DriftView.All, _ => DriftView.Adrift }, text("channel"), text("place"), text("q"));
    }

    public string Href() => QueryText.Href(
        Links.Drift, ("view", View switch { DriftView.Failed => "failed", DriftView.All => "all", _ => "" }), ("channel", Connection), ("place", Place), ("q", Text));

    private static string? Maybe(string text) => text.Length == 0 ? null : text;
}
