using System.Text;
using ControlTower.Data.Inventory;
using ControlTower.Web.Shared;
using Microsoft.AspNetCore.WebUtilities;

namespace ControlTower.Web.Pages.Inventory;

/// <summary>What the list of the stock shows, as its address says it. Any address gives a query.</summary>
/// <param name="Text">How the SKU begins.</param>
/// <param name="After">The SKU behind which the page begins.</param>
public sealed record InventoryQuery(StockView View, string Text, string After)
{
    private const int Longest = 100;

    public static InventoryQuery All { get; } = new(StockView.All, "", "");

    public bool Narrows => View is not StockView.All || Text.Length > 0;

    public static InventoryQuery Parse(string uri)
    {
        var at = uri.IndexOf('?', StringComparison.Ordinal);
        var values = at < 0 ? [] : QueryHelpers.ParseQuery(uri[at..].Split('#')[0]);
        return new InventoryQuery(Text("view") switch { "sold-out" => StockView.SoldOut, "oversold" => StockView.Oversold, _ => StockView.All }, Text("q"), Text("after"));

        // PostgreSQL takes no zeros in text, and a SKU has no control characters.
        string Text(string name) => values.TryGetValue(name, out var value) && value.ToString() is var text
            ? new string([.. (name == "after" ? text : text.Trim()).Where(sign => !char.IsControl(sign) && !char.IsSurrogate(sign)).Take(Longest)])
            : "";
    }

    public string Href()
    {
        var text = new StringBuilder();
        Put("view", View switch { StockView.SoldOut => "sold-out", StockView.Oversold => "oversold", _ => "" });
        Put("q", Text);
        Put("after", After);
        return Links.Inventory + text;

        void Put(string name, string value)
        {
            if (value.Length > 0)
            {
                text.Append(text.Length == 0 ? '?' : '&').Append(name).Append('=').Append(Uri.EscapeDataString(value));
            }
        }
    }
}
