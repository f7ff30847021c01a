using ControlTower.Data.Inventory;
using ControlTower.Web.Shared;

namespace ControlTower.Web.Pages.Inventory;

/// <summary>What the list of the stock shows, as its address says it. Any address gives a query.</summary>
/// <param name="Text">How the SKU begins.</param>
/// <param name="After">The SKU behind which the page begins.</param>
public sealed record InventoryQuery(StockView View, string Text, string After)
{
    public static InventoryQuery All { get; } = new(StockView.All, "", "");

    public bool Narrows => View is not StockView.All || Text.Length > 0;

    public static InventoryQuery Parse(string uri)
    {
        // A SKU may begin with a blank.
        var (text, whole) = (QueryText.Of(uri), QueryText.Of(uri, trim: false));
        return new InventoryQuery(text("view") switch { "sold-out" => StockView.SoldOut, "oversold" => StockView.Oversold, "counted-short" => StockView.CountedShort, _ => StockView.All }, text("q"), whole("after"));
    }

    public string Href() => QueryText.Href(
        Links.Inventory, ("view", View switch { StockView.SoldOut => "sold-out", StockView.Oversold => "oversold", StockView.CountedShort => "counted-short", _ => "" }), ("q", Text), ("after", After));
}
