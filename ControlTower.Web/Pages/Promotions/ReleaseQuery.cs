using System.Globalization;
using ControlTower.Data.Promotions;
using ControlTower.Web.Shared;

namespace ControlTower.Web.Pages.Promotions;

/// <summary>Which prices of a release are listed, as the address says it. Any address gives a query; without a filter, what is not as intended.</summary>
/// <param name="After">The price behind which the page begins.</param>
public sealed record ReleaseQuery(long Id, string Connection, int? Stage, CellPhase? Phase, string Sku, long After)
{
    /// <summary>Anything narrows it: then all prices that fit are listed, those as intended too.</summary>
    public bool Narrows => Connection.Length > 0 || Stage is not null || Phase is not null || Sku.Length > 0;

    public CellFilter Filter => new(Connection.Length > 0 ? Connection : null, Stage, Phase, Sku.Length > 0 ? Sku : null, Trouble: !Narrows, After);

    public static ReleaseQuery Parse(long id, string uri)
    {
        var text = QueryText.Of(uri);
        var phase = Enum.GetValues<CellPhase>().Where(p => PromotionText.Of(p) == text("phase")).Select(p => (CellPhase?)p).FirstOrDefault();
        return new ReleaseQuery(
            id, text("connection"), int.TryParse(text("stage"), NumberStyles.None, CultureInfo.InvariantCulture, out var stage) ? stage : null, phase, text("sku"),
            long.TryParse(text("after"), NumberStyles.None, CultureInfo.InvariantCulture, out var after) ? after : 0);
    }

    public ReleaseQuery Without(string field) => field switch
    {
        "channel" => this with { Connection = "", After = 0 },
        "stage" => this with { Stage = null, After = 0 },
        "state" => this with { Phase = null, After = 0 },
        _ => this with { Sku = "", After = 0 },
    };

    public string Href() => QueryText.Href(
        Links.Release(Id), ("connection", Connection), ("stage", Stage?.ToString(CultureInfo.InvariantCulture)), ("phase", Phase is { } phase ? PromotionText.Of(phase) : ""), ("sku", Sku),
        ("after", After > 0 ? After.ToString(CultureInfo.InvariantCulture) : ""));
}
