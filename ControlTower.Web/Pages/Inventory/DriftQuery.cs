using System.Text;
using ControlTower.Data.Inventory;
using ControlTower.Web.Shared;
using Microsoft.AspNetCore.WebUtilities;

namespace ControlTower.Web.Pages.Inventory;

/// <summary>What the page of drift shows, as its address says it. Any address gives a query.</summary>
public sealed record DriftQuery(DriftView View, string Connection, string Place, string Text)
{
    private const int Longest = 100;

    public static DriftQuery Start { get; } = new(DriftView.Adrift, "", "", "");

    public bool Narrows => Connection.Length > 0 || Place.Length > 0 || Text.Length > 0;

    public DriftFilter Filter => new(View, Maybe(Connection), Maybe(Place), Maybe(Text));

    public static DriftQuery Parse(string uri)
    {
        var at = uri.IndexOf('?', StringComparison.Ordinal);
        var values = at < 0 ? [] : QueryHelpers.ParseQuery(uri[at..].Split('#')[0]);
        return new DriftQuery(Text("view") switch { "failed" => DriftView.Failed, "all" => DriftView.All, _ => DriftView.Adrift }, Text("channel"), Text("place"), Text("q"));

        // PostgreSQL takes no zeros in text.
        string Text(string name) => values.TryGetValue(name, out var value) && value.ToString() is var text
            ? new string([.. text.Trim().Where(sign => !char.IsControl(sign) && !char.IsSurrogate(sign)).Take(Longest)])
            : "";
    }

    public string Href()
    {
        var text = new StringBuilder();
        Put("view", View switch { DriftView.Failed => "failed", DriftView.All => "all", _ => "" });
        Put("channel", Connection);
        Put("place", Place);
        Put("q", Text);
        return Links.Drift + text;

        void Put(string name, string value)
        {
            if (value.Length > 0)
            {
                text.Append(text.Length == 0 ? '?' : '&').Append(name).Append('=').Append(Uri.EscapeDataString(value));
            }
        }
    }

    private static string? Maybe(string text) => text.Length == 0 ? null : text;
}
