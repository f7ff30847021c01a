using System.Globalization;
using System.Text;
using ControlTower.Data.Promotions;
using ControlTower.Web.Shared;
using Microsoft.AspNetCore.WebUtilities;

namespace ControlTower.Web.Pages.Promotions;

/// <summary>Which prices of a release are listed, as the address says it. Any address gives a query; without a filter, what is not as intended.</summary>
/// <param name="After">The price behind which the page begins.</param>
public sealed record ReleaseQuery(long Id, string Connection, int? Stage, CellPhase? Phase, string Sku, long After)
{
    private const int Longest = 100;

    /// <summary>Anything narrows it: then all prices that fit are listed, those as intended too.</summary>
    public bool Narrows => Connection.Length > 0 || Stage is not null || Phase is not null || Sku.Length > 0;

    public CellFilter Filter => new(Connection.Length > 0 ? Connection : null, Stage, Phase, Sku.Length > 0 ? Sku : null, Trouble: !Narrows, After);

    public static ReleaseQuery Parse(long id, string uri)
    {
        var at = uri.IndexOf('?', StringComparison.Ordinal);
        var values = at < 0 ? [] : QueryHelpers.ParseQuery(uri[at..].Split('#')[0]);
        var phase = Enum.GetValues<CellPhase>().Where(p => PromotionText.Of(p) == Text("phase")).Select(p => (CellPhase?)p).FirstOrDefault();
        return new ReleaseQuery(
            id, Text("connection"), int.TryParse(Text("stage"), NumberStyles.None, CultureInfo.InvariantCulture, out var stage) ? stage : null, phase, Text("sku"),
            long.TryParse(Text("after"), NumberStyles.None, CultureInfo.InvariantCulture, out var after) ? after : 0);

        // PostgreSQL takes no zeros in text.
        string Text(string name) => values.TryGetValue(name, out var value) && value.ToString() is var text
            ? new string([.. text.Trim().Where(sign => !char.IsControl(sign) && !char.IsSurrogate(sign)).Take(Longest)])
            : "";
    }

    public ReleaseQuery Without(string field) => field switch
    {
        "channel" => this with { Connection = "", After = 0 },
        "stage" => this with { Stage = null, After = 0 },
        "state" => this with { Phase = null, After = 0 },
        _ => this with { Sku = "", After = 0 },
    };

    public string Href()
    {
        var text = new StringBuilder();
        Put("connection", Connection);
        Put("stage", Stage?.ToString(CultureInfo.InvariantCulture) ?? "");
        Put("phase", Phase is { } phase ? PromotionText.Of(phase) : "");
        Put("sku", Sku);
        Put("after", After > 0 ? After.ToString(CultureInfo.InvariantCulture) : "");
        return Links.Release(Id) + text;

        void Put(string name, string value)
        {
            if (value.Length > 0)
            {
                text.Append(text.Length == 0 ? '?' : '&').Append(name).Append('=').Append(Uri.EscapeDataString(value));
            }
        }
    }
}
